// A worker's parts that do nothing but write down what is asked of them, for tests of the loop that asks.

#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "paramserver/client.h"
#include "worker/objective.h"

namespace shoal {

// What the worker did, in order: "begin 1", "step", "flush", "export".
using Diary = std::vector<std::string>;

// A table of which nothing is asked but whether it is mapped.
class IdleTable : public TableAccess {
 public:
  explicit IdleTable(bool mapped) : TableAccess(RowLayout{}), mapped_(mapped) {}
  bool mapped() const override { return mapped_; }
  absl::Status Request(std::span<const uint32_t>, Batch*) override { return absl::OkStatus(); }
  absl::Status Request(std::span<const uint64_t>, Batch*) override { return absl::OkStatus(); }
  absl::Status Await(Batch*) override { return absl::OkStatus(); }
  absl::Status Commit(Batch*, float) override { return absl::OkStatus(); }
  absl::Status PushGradients(std::span<const uint64_t>, std::span<const float>, float) override {
    return absl::OkStatus();
  }
  absl::Status Read(uint64_t, uint64_t, std::span<float>) override { return absl::OkStatus(); }
  absl::Status Read(std::span<const uint64_t>, std::span<float>) override { return absl::OkStatus(); }
  absl::Status Flush() override { return absl::OkStatus(); }

 private:
  const bool mapped_;
};

class DiaryTable final : public IdleTable {
 public:
  explicit DiaryTable(Diary* diary) : IdleTable(/*mapped=*/true), diary_(*diary) {}
  absl::Status Flush() override {
    diary_.push_back("flush");
    return absl::OkStatus();
  }

 private:
  Diary& diary_;
};

class DiaryClient final : public ParameterClient {
 public:
  explicit DiaryClient(Diary* diary) : diary_(*diary), table_(diary) {}
  TableAccess& table(uint32_t) override { return table_; }
  ClientStats stats() const override { return {}; }
  void BeginTurn(const wire::Turn& turn) override { diary_.push_back(Cat("begin turn ", turn.number())); }
  absl::Status EndTurn() override {
    diary_.push_back("end turn");
    return absl::OkStatus();
  }
  void OnWait(std::function<absl::Status()> hook) override { hook_ = std::move(hook); }

  // Waits for a server, some milliseconds.
  absl::Status Ask() {
    diary_.push_back("ask");
    for (int i = 0; i < 5; ++i) {
      Clock::Real().SleepFor(absl::Milliseconds(2));
      RETURN_IF_ERROR(hook_());
    }
    diary_.push_back("answer");
    return absl::OkStatus();
  }

 private:
  Diary& diary_;
  DiaryTable table_;
  std::function<absl::Status()> hook_;
};

// Each step passes one item, and takes 2 ms; and asks `asked`, where there is one.
class DiaryObjective final : public Objective {
 public:
  explicit DiaryObjective(Diary* diary, DiaryClient* asked = nullptr) : diary_(*diary), asked_(asked) {}

  absl::Status Begin(const wire::Lease& lease) override {
    diary_.push_back(Cat("begin ", lease.id()));
    lease_ = lease;
    item_ = lease.begin();
    return absl::OkStatus();
  }
  absl::StatusOr<StepReport> Step() override {
    Clock::Real().SleepFor(absl::Milliseconds(2));
    if (asked_ != nullptr) {
      RETURN_IF_ERROR(asked_->Ask());
    }
    diary_.push_back("step");
    return StepReport{.unit_done = ++item_ == lease_.end(), .work = 7};
  }
  absl::Status Save() override {
    diary_.push_back("save");
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> Export(const std::string& directory) override {
    diary_.push_back("export");
    return std::vector{directory + "/vectors"};
  }

 private:
  Diary& diary_;
  DiaryClient* const asked_;
  wire::Lease lease_;
  uint64_t item_ = 0;
};

}  // namespace shoal
