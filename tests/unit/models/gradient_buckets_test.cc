#include "worker/models/gradient_buckets.h"

#include <ATen/TensorOperators.h>

#include <vector>

#include "gmock/gmock.h"

namespace shoal {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// Three layers of 4 floats; a loss in which layer i has the gradient of its factor.
class GradientBucketsTest : public ::testing::Test {
 protected:
  static constexpr size_t kFloats = 4;

  GradientBucketsTest() {
    for (const char* name : {"first", "second", "third"}) {
      tensors_.AddParameter(name, {kFloats}, {Initialisation::Kind::kConstant, 1}, /*decays=*/true);
    }
    tensors_.Allocate(/*seed=*/1, /*learns=*/true);
  }

  const at::Tensor& Layer(int i) const { return tensors_.parameters()[i].tensor; }
  GradientBuckets Make(size_t bucket_floats) {
    return GradientBuckets(
        bucket_floats,
        [this](std::span<float> bucket) {
          offsets_.push_back(bucket.data() - tensors_.gradient_memory().data());
          sizes_.push_back(bucket.size());
          values_.push_back(bucket.front());
        },
        &tensors_);
  }

  ModelTensors tensors_;
  std::vector<size_t> offsets_, sizes_;
  std::vector<float> values_;  // The first of each bucket, when it was handed over.
};

TEST_F(GradientBucketsTest, BucketsAreHandedOverCompleteFromTheLastLayerToTheFirst) {
  GradientBuckets buckets = Make(kFloats);
  buckets.Begin();
  // A chain: the first layer's gradient comes last.
  (((Layer(0) * 2 + Layer(1)) * 3 + Layer(2)) * 5).sum().backward();
  EXPECT_THAT(offsets_, ElementsAre(8, 4, 0));
  EXPECT_THAT(values_, ElementsAre(5, 15, 30));
}

TEST_F(GradientBucketsTest, SmallParametersShareABucketOfTheLeastSize) {
  GradientBuckets buckets = Make(kFloats + 1);
  EXPECT_EQ(buckets.buckets(), 2);
  buckets.Begin();
  (Layer(0) + Layer(1) + Layer(2)).sum().backward();
  EXPECT_THAT(offsets_, ElementsAre(4, 0));
  EXPECT_THAT(sizes_, ElementsAre(8, 4));
}

TEST_F(GradientBucketsTest, ALayerWithoutAPartInTheLossIsHandedOverAtTheEnd) {
  GradientBuckets buckets = Make(kFloats);
  buckets.Begin();
  (Layer(0) + Layer(1)).sum().backward();
  EXPECT_TRUE(offsets_.empty());
  buckets.Finish();
  EXPECT_THAT(offsets_, ElementsAre(8, 4, 0));
  EXPECT_THAT(values_, ElementsAre(0, 1, 1));
}

TEST_F(GradientBucketsTest, APassBeginsWithGradientsOfZero) {
  GradientBuckets buckets = Make(kFloats);
  for (int pass = 0; pass < 2; ++pass) {
    buckets.Begin();
    (Layer(0) + Layer(1) + Layer(2)).sum().backward();
    buckets.Finish();
    EXPECT_THAT(tensors_.gradient_memory(), Each(1.0f));
  }
}

TEST_F(GradientBucketsTest, GradientsOfSeveralPassesAreSummedAndHandedOverInTheLast) {
  GradientBuckets buckets = Make(kFloats);
  buckets.Begin(/*passes=*/3);
  for (int pass = 0; pass < 3; ++pass) {
    EXPECT_TRUE(offsets_.empty()) << "after pass " << pass;
    (((Layer(0) * 2 + Layer(1)) * 3 + Layer(2)) * 5).sum().backward();
  }
  EXPECT_THAT(offsets_, ElementsAre(8, 4, 0)) << "before Finish: while the last pass goes on";
  EXPECT_THAT(values_, ElementsAre(3 * 5, 3 * 15, 3 * 30));
}

}  // namespace
}  // namespace shoal
