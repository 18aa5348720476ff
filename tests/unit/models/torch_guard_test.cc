#include "worker/models/torch_guard.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include "gmock/gmock.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(TorchGuardTest, TorchsErrorsBecomeAStatusThatSaysWhatWasDone) {
  const absl::Status status = TorchGuard("multiplying", []() -> absl::Status {
    at::mm(at::zeros({2, 3}), at::zeros({2, 3}));
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  const std::string message(status.message());
  EXPECT_THAT(message, StartsWith("multiplying: mat1 and mat2 shapes cannot be multiplied"));
  EXPECT_THAT(message, Not(HasSubstr("frame #")));
}

TEST(TorchGuardTest, MemoryThatIsNotThereIsExhausted) {
  const absl::Status status = TorchGuard("a step", []() -> absl::Status { throw std::bad_alloc(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), StartsWith("a step: out of memory"));
}

TEST(TorchGuardTest, WhatIsReturnedPasses) {
  const auto value = TorchGuard("counting", []() -> absl::StatusOr<int> { return 7; });
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value, 7);
}

}  // namespace
}  // namespace shoal
