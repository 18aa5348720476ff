#include "tests/unit/worker/images/value_tables.h"

#include "common/job/tables.h"
#include "gtest/gtest.h"

namespace shoal {

std::unique_ptr<MemoryTables> MakeValueTables(const job::Job& job, uint64_t pictures) {
  wire::Welcome welcome;
  for (const wire::TableSpec& table : TablesOf(job, pictures)) *welcome.add_table() = table;
  return std::make_unique<MemoryTables>(welcome, /*mapped=*/true);
}

std::vector<float> RowsOf(TableAccess& table, uint64_t rows) {
  std::vector<float> values(rows * table.layout().dim);
  EXPECT_TRUE(table.Read(0, rows, values).ok());
  return values;
}

}  // namespace shoal
