#include <memory>

#include "common/latency_counts.h"
#include "common/metrics/families.h"
#include "common/metrics/latency_histogram.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

TEST(LatencyCountsTest, ADurationFallsIntoTheBucketWhoseUpperEndIsNotBelowIt) {
  LatencyCounts counts;
  counts.Add(0);
  counts.Add(1e-5);
  counts.Add(1.1e-5);
  counts.Add(11);
  EXPECT_EQ(counts.counts()[0], 2);
  EXPECT_EQ(counts.counts()[1], 1);
  EXPECT_EQ(counts.counts().back(), 1);
  EXPECT_DOUBLE_EQ(counts.sum_seconds(), 2.1e-5 + 11);
}

TEST(LatencyCountsTest, BoundsRise) {
  for (size_t i = 1; i < LatencyCounts::kBounds.size(); ++i) {
    EXPECT_GT(LatencyCounts::kBounds[i], LatencyCounts::kBounds[i - 1]);
  }
}

TEST(LatencyHistogramTest, PublishesEachDurationOnceAndInTheSameBucket) {
  prometheus::Registry registry;
  prometheus::Histogram& histogram = AddLatency(registry, "shoal_test_seconds", "For this test.");
  LatencyHistogram published(histogram);
  LatencyCounts counts;
  counts.Add(3e-3);
  published.Publish(counts);
  published.Publish(counts);
  counts.Add(99);
  published.Publish(counts);

  prometheus::Histogram direct({LatencyCounts::kBounds.begin(), LatencyCounts::kBounds.end()});
  direct.Observe(3e-3);
  direct.Observe(99);
  const auto got = histogram.Collect().histogram, want = direct.Collect().histogram;
  EXPECT_EQ(got.sample_count, 2);
  EXPECT_DOUBLE_EQ(got.sample_sum, want.sample_sum);
  ASSERT_EQ(got.bucket.size(), want.bucket.size());
  for (size_t i = 0; i < want.bucket.size(); ++i) {
    EXPECT_EQ(got.bucket[i].cumulative_count, want.bucket[i].cumulative_count) << "bucket " << i;
    EXPECT_EQ(got.bucket[i].upper_bound, want.bucket[i].upper_bound);
  }
}

TEST(FamiliesTest, ACounterIsRaisedToItsOwnersSumAndNeverFalls) {
  prometheus::Registry registry;
  prometheus::Counter& counter = AddCounter(registry, "shoal_test_total", "For this test.");
  RaiseTo(counter, 7);
  RaiseTo(counter, 7);
  RaiseTo(counter, 3);
  EXPECT_EQ(counter.Value(), 7);
  RaiseTo(counter, 9);
  EXPECT_EQ(counter.Value(), 9);
}

TEST(FamiliesTest, TheSameNameAndLabelsAreTheSameChild) {
  prometheus::Registry registry;
  prometheus::Gauge& a = AddGauge(registry, "shoal_test_rows", "For this test.", {{"table", "input"}});
  prometheus::Gauge& b = AddGauge(registry, "shoal_test_rows", "For this test.", {{"table", "input"}});
  prometheus::Gauge& c = AddGauge(registry, "shoal_test_rows", "For this test.", {{"table", "output"}});
  EXPECT_EQ(&a, &b);
  EXPECT_NE(&a, &c);
}

}  // namespace
}  // namespace shoal
