#include "common/status.h"

#include <errno.h>

#include <memory>

#include "absl/strings/cord.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

std::string Text(const absl::Status& status) { return std::string(ToStd(status.message())); }

absl::Status Inner(bool ok) {
  return ok ? absl::OkStatus() : NotFound("no row ", 7, " in ", std::string_view("input"));
}

absl::Status Outer(bool ok) {
  RETURN_IF_ERROR(Inner(ok)) << "keys of worker " << 3;
  return absl::OkStatus();
}

absl::Status Outermost(bool ok) {
  RETURN_IF_ERROR(Outer(ok)) << "unit 12";
  return absl::OkStatus();
}

absl::Status WithoutContext() {
  RETURN_IF_ERROR(Inner(false));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<int>> Make(bool ok) {
  RETURN_IF_ERROR(Inner(ok)) << "making";
  return std::make_unique<int>(5);
}

absl::StatusOr<int> Sum() {
  ASSIGN_OR_RETURN(const std::unique_ptr<int> a, Make(true));
  ASSIGN_OR_RETURN(auto b, Make(true));
  return *a + *b;
}

absl::StatusOr<int> SumOfNothing() {
  ASSIGN_OR_RETURN(const auto a, Make(false));
  return *a;
}

TEST(StatusTest, AnErrorGathersItsContextFromTheInsideOutAndKeepsItsCode) {
  const absl::Status status = Outermost(false);
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_EQ(Text(status), "unit 12: keys of worker 3: no row 7 in input");
}

TEST(StatusTest, WithoutContextTheErrorIsPassedOnAsItIs) { EXPECT_EQ(WithoutContext(), Inner(false)); }

TEST(StatusTest, SuccessPassesThrough) { EXPECT_TRUE(Outermost(true).ok()); }

TEST(StatusTest, ContextIsEvaluatedForErrorsOnly) {
  int evaluated = 0;
  const auto run = [&](bool ok) -> absl::Status {
    RETURN_IF_ERROR(Inner(ok)) << ++evaluated;
    return absl::OkStatus();
  };
  EXPECT_TRUE(run(true).ok());
  EXPECT_EQ(evaluated, 0);
  EXPECT_FALSE(run(false).ok());
  EXPECT_EQ(evaluated, 1);
}

TEST(StatusTest, AnErrorBecomesThatOfAFunctionThatReturnsAValue) {
  EXPECT_EQ(Text(Make(false).status()), "making: no row 7 in input");
}

TEST(StatusTest, AssignOrReturnTakesMoveOnlyValuesAndReturnsErrors) {
  EXPECT_EQ(*Sum(), 10);
  EXPECT_TRUE(absl::IsNotFound(SumOfNothing().status()));
}

TEST(StatusTest, ContextKeepsThePayloads) {
  absl::Status status = Unavailable("gone");
  status.SetPayload("shoal/rank", absl::Cord("4"));
  const absl::Status built = StatusContext(status) << "sending";
  EXPECT_EQ(Text(built), "sending: gone");
  EXPECT_EQ(built.GetPayload("shoal/rank"), absl::Cord("4"));
}

TEST(StatusTest, ErrnoValuesGetTheirCodeAndText) {
  const absl::Status status = ErrnoError(ENOSPC, "cannot write 5 bytes to out");
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(Text(status), "cannot write 5 bytes to out: No space left on device");
  EXPECT_TRUE(absl::IsNotFound(ErrnoError(ENOENT, "x")));
  EXPECT_TRUE(absl::IsPermissionDenied(ErrnoError(EACCES, "x")));
}

TEST(StatusTest, TheMakersGiveTheirCodes) {
  EXPECT_TRUE(absl::IsInvalidArgument(InvalidArgument("x")));
  EXPECT_TRUE(absl::IsFailedPrecondition(FailedPrecondition("x")));
  EXPECT_TRUE(absl::IsResourceExhausted(ResourceExhausted("x")));
  EXPECT_TRUE(absl::IsDeadlineExceeded(DeadlineExceeded("x")));
  EXPECT_TRUE(absl::IsUnavailable(Unavailable("x")));
  EXPECT_TRUE(absl::IsAborted(Aborted("x")));
  EXPECT_TRUE(absl::IsDataLoss(DataLoss("x")));
  EXPECT_TRUE(absl::IsInternal(Internal("x")));
}

}  // namespace
}  // namespace shoal
