#include "tests/unit/worker/memory_tables.h"

#include <algorithm>
#include <unordered_map>

#include "common/random.h"
#include "common/status.h"

namespace shoal {
namespace {

struct Copies final : TableAccess::Batch::State {
  std::unordered_map<uint32_t, uint32_t> number_of;
  std::vector<float> rows, before, gradients;  // [distinct keys, stride]
};

}  // namespace

MemoryTable::MemoryTable(const wire::TableSpec& spec, bool mapped)
    : TableAccess(RowLayout::Of(spec)), mapped_(mapped), optimizer_(spec), rows_(spec.rows() * layout_.stride) {
  if (spec.initializer().kind() != wire::Initializer::UNIFORM) return;
  CounterRandom random(spec.initializer().seed());
  for (uint64_t key = 0; key < spec.rows(); ++key) {
    for (uint32_t d = 0; d < layout_.dim; ++d) {
      row(key)[d] = static_cast<float>(spec.initializer().scale()) * (2 * random.NextFloat() - 1);
    }
  }
}

absl::Status MemoryTable::Request(std::span<const uint32_t> keys, Batch* batch) {
  most_open = std::max(most_open, ++open);
  auto copies = std::make_unique<Copies>();
  for (const uint32_t key : keys) {
    const auto [found, fresh] = copies->number_of.try_emplace(key, copies->number_of.size());
    if (fresh) copies->rows.insert(copies->rows.end(), row(key), row(key) + layout_.stride);
  }
  copies->before = copies->rows;
  copies->gradients.resize(copies->rows.size());
  batch->rows.clear();
  batch->gradients.clear();
  for (const uint32_t key : keys) {
    const size_t at = copies->number_of[key] * layout_.stride;
    batch->rows.push_back(mapped_ ? row(key) : copies->rows.data() + at);
    if (batch->want_gradients) batch->gradients.push_back(copies->gradients.data() + at);
  }
  batch->state = std::move(copies);
  return absl::OkStatus();
}

absl::Status MemoryTable::Request(std::span<const uint64_t>, Batch*) {
  return Internal("no test asks for 64-bit keys");
}

absl::Status MemoryTable::Commit(Batch* batch, float learning_rate) {
  --open;
  const auto& copies = static_cast<const Copies&>(*batch->state);
  for (const auto& [key, number] : copies.number_of) {
    const size_t at = number * layout_.stride;
    if (batch->want_gradients) {
      optimizer_.Apply(row(key), copies.gradients.data() + at, learning_rate);
    } else if (!mapped_) {
      for (uint32_t d = 0; d < layout_.dim; ++d) row(key)[d] += copies.rows[at + d] - copies.before[at + d];
    }
  }
  return absl::OkStatus();
}

absl::Status MemoryTable::Read(uint64_t first, uint64_t count, std::span<float> out) {
  for (uint64_t i = 0; i < count; ++i) std::copy_n(row(first + i), layout_.dim, out.data() + i * layout_.dim);
  return absl::OkStatus();
}

absl::Status MemoryTable::Read(std::span<const uint64_t> keys, std::span<float> out) {
  for (size_t i = 0; i < keys.size(); ++i) std::copy_n(row(keys[i]), layout_.dim, out.data() + i * layout_.dim);
  return absl::OkStatus();
}

absl::Status MemoryTable::PushGradients(std::span<const uint64_t> keys, std::span<const float> gradients,
                                        float learning_rate) {
  std::vector<float> gradient(layout_.padded_dim);
  for (size_t i = 0; i < keys.size(); ++i) {
    std::copy_n(gradients.data() + i * layout_.dim, layout_.dim, gradient.data());
    optimizer_.Apply(row(keys[i]), gradient.data(), learning_rate);
  }
  return absl::OkStatus();
}

MemoryTables::MemoryTables(const wire::Welcome& welcome, bool mapped) {
  for (const wire::TableSpec& spec : welcome.table()) tables_.push_back(std::make_unique<MemoryTable>(spec, mapped));
}

}  // namespace shoal
