#include "tests/simulator/invariants.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/checkpoint/checkpoint_folder.h"
#include "common/checkpoint/shard_file.h"
#include "common/job/tables.h"
#include "common/status.h"
#include "coordinator/plan.h"
#include "paramserver/row_layout.h"
#include "paramserver/table_copy.h"
#include "tests/unit/job_runs/counting_objective.h"

namespace shoal {
namespace {

constexpr uint32_t kCountingStore = 1;

// [items]: how often each is in a checkpoint, by its ledger.
absl::StatusOr<std::vector<uint32_t>> CountsByLedger(const checkpoint::Manifest& manifest, const CountedData& data) {
  ASSIGN_OR_RETURN(PreparedData prepared, ItemsOf(data.items, data.items_of_a_unit)(manifest.job(), "", nullptr));
  ASSIGN_OR_RETURN(Plan plan, Plan::Create(std::move(prepared.units), manifest.job().epochs(), manifest.job().seed()));
  std::vector<uint32_t> counts(data.items);
  const auto& ledger = manifest.ledger();
  for (uint64_t place = 0; place < ledger.next(); ++place) {
    if (std::binary_search(ledger.undone().begin(), ledger.undone().end(), place)) continue;
    const Unit range = plan.At(place).range;
    for (uint64_t item = range.begin; item < range.end; ++item) ++counts[item];
  }
  return counts;
}

// The same by its rows.
absl::StatusOr<std::vector<float>> CountsByRows(FileSystem* files, const CheckpointFolder& folder,
                                                const checkpoint::Manifest& manifest, const CountedData& data) {
  const RowLayout layout = RowLayout::Of(TablesOf(manifest.job(), data.items)[kCountingStore]);
  std::vector<float> counts(data.items, -1);
  for (const checkpoint::Shard& shard : manifest.shard()) {
    if (shard.store() != kCountingStore) continue;
    ASSIGN_OR_RETURN(const auto reader, ShardReader::Open(files, folder.PathOf(manifest.number()), shard));
    while (true) {
      ASSIGN_OR_RETURN(const auto bytes, reader->Next());
      if (!bytes) break;
      ASSIGN_OR_RETURN(const TableBlock block, TableBlock::Parse(*bytes, layout.stride));
      for (uint64_t i = 0; i < block.rows; ++i) {
        if (block.key(i) >= data.items) return DataLoss(shard.file(), " holds row ", block.key(i));
        counts[block.key(i)] = block.values[i * layout.stride];
      }
    }
  }
  return counts;
}

absl::Status CheckCheckpoint(FileSystem* files, const CheckpointFolder& folder, uint64_t number,
                             const CountedData& data) {
  const std::string name = Cat("checkpoint ", number);
  const auto read = folder.Read(number);
  RETURN_IF_ERROR(read.status()) << name << " is there and cannot be restored";
  const checkpoint::Manifest& manifest = *read;
  RETURN_IF_ERROR(folder.Verify(manifest)) << name << " is there and cannot be restored";
  ASSIGN_OR_RETURN(const std::vector<uint32_t> by_ledger, CountsByLedger(manifest, data));
  ASSIGN_OR_RETURN(const std::vector<float> by_rows, CountsByRows(files, folder, manifest, data));
  for (uint64_t item = 0; item < data.items; ++item) {
    if (by_rows[item] == static_cast<float>(by_ledger[item])) continue;
    return Internal("the ledger of ", name, " says that item ", item, " was trained ", by_ledger[item],
                    " times, and its row says ", by_rows[item]);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckCheckpoints(FileSystem* files, const std::string& output, const CountedData& data, uint64_t at_least,
                              uint64_t damaged) {
  const CheckpointFolder folder(files, output);
  ASSIGN_OR_RETURN(std::vector<uint64_t> numbers, folder.List());
  std::erase(numbers, damaged);
  const uint64_t newest = numbers.empty() ? 0 : numbers.back();
  if (newest < at_least) {
    return Internal("a committed checkpoint is lost: checkpoint ", at_least, " was announced, and the newest there is ",
                    newest);
  }
  for (const uint64_t number : numbers) {
    RETURN_IF_ERROR(CheckCheckpoint(files, folder, number, data));
  }
  return absl::OkStatus();
}

absl::Status CheckFinalRows(const std::string& rows, const CountedData& data, uint32_t epochs) {
  const std::vector<std::string> counts = absl::StrSplit(rows, ' ', absl::SkipEmpty());
  if (counts.size() != data.items) return Internal("the export has ", counts.size(), " rows, expected ", data.items);
  for (uint64_t item = 0; item < data.items; ++item) {
    if (counts[item] == Cat(epochs)) continue;
    return Internal("the job is done, and item ", item, " is in its rows ", counts[item], " times, expected ", epochs);
  }
  return absl::OkStatus();
}

std::vector<uint64_t> AnnouncedIn(std::string_view log) {
  constexpr absl::string_view kNumber = "\"number\":";
  std::vector<uint64_t> numbers;
  for (const absl::string_view line : absl::StrSplit(absl::string_view(log.data(), log.size()), '\n')) {
    if (line.find("\"event\":\"checkpoint\"") == line.npos || line.find("\"written\":true") == line.npos) continue;
    const absl::string_view digits = line.substr(line.find(kNumber) + kNumber.size());
    uint64_t number = 0;
    if (absl::SimpleAtoi(digits.substr(0, digits.find(',')), &number)) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace shoal
