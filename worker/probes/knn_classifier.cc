#include "worker/probes/knn_classifier.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>

#include "common/status.h"
#include "data/parallel.h"

namespace shoal {
namespace {

// Queries that a thread takes at a time: some batches of the search.
constexpr uint64_t kQueriesAtOnce = 256;

}  // namespace

KnnClassifier::KnnClassifier(const Features& bank, double temperature)
    : bank_(bank), temperature_(temperature), search_(bank.rows, bank.dim) {
  for (const int32_t label : bank.labels) classes_ = std::max(classes_, label + 1);
}

absl::StatusOr<std::vector<std::vector<int32_t>>> KnnClassifier::Classify(std::span<const float> queries,
                                                                          std::span<const uint64_t> neighbours,
                                                                          uint32_t threads) const {
  const uint64_t all = queries.size() / bank_.dim;
  const uint64_t most = *std::max_element(neighbours.begin(), neighbours.end());
  std::vector<std::vector<int32_t>> predicted(neighbours.size(), std::vector<int32_t>(all));
  std::atomic<uint64_t> next = 0;
  RETURN_IF_ERROR(RunOnThreads(threads,
                               [&]() -> absl::Status {
                                 std::vector<int32_t> winners(neighbours.size());
                                 for (uint64_t first; (first = next.fetch_add(kQueriesAtOnce)) < all;) {
                                   const uint64_t count = std::min(kQueriesAtOnce, all - first);
                                   const auto nearest =
                                       search_.Find(queries.subspan(first * bank_.dim, count * bank_.dim), {}, most);
                                   for (uint64_t i = 0; i < count; ++i) {
                                     Vote(nearest[i], neighbours, winners);
                                     for (size_t n = 0; n < neighbours.size(); ++n)
                                       predicted[n][first + i] = winners[n];
                                   }
                                 }
                                 return absl::OkStatus();
                               }))
      << "nearest neighbours of " << all << " pictures";
  return predicted;
}

// Winners among the first neighbours[n] of `nearest`.
void KnnClassifier::Vote(std::span<const Neighbour> nearest, std::span<const uint64_t> neighbours,
                         std::span<int32_t> winners) const {
  std::vector<double> votes;
  for (size_t n = 0; n < neighbours.size(); ++n) {
    votes.assign(classes_, 0);
    for (const Neighbour& near : nearest.first(std::min<size_t>(neighbours[n], nearest.size()))) {
      // Less the greatest, so that no temperature overflows.
      votes[bank_.labels[near.row]] += std::exp((double{near.cosine} - nearest[0].cosine) / temperature_);
    }
    winners[n] = static_cast<int32_t>(std::max_element(votes.begin(), votes.end()) - votes.begin());
  }
}

absl::StatusOr<std::vector<double>> KnnAccuracy(const Features& bank, const Features& test,
                                                std::span<const uint64_t> neighbours, double temperature,
                                                uint32_t threads) {
  if (bank.size() == 0 || test.size() == 0) {
    return InvalidArgument("nearest neighbours: ", bank.size(), " pictures to compare with and ", test.size(),
                           " to classify; there must be one of each at least");
  }
  if (bank.dim != test.dim) {
    return InvalidArgument("nearest neighbours: features of ", bank.dim, " and of ", test.dim, " numbers");
  }
  std::vector<double> accuracies;
  ASSIGN_OR_RETURN(const auto all_predicted, KnnClassifier(bank, temperature).Classify(test.rows, neighbours, threads));
  for (const auto& predicted : all_predicted) {
    accuracies.push_back(Accuracy(predicted, test.labels));
  }
  return accuracies;
}

double Accuracy(std::span<const int32_t> predicted, std::span<const int32_t> labels) {
  uint64_t right = 0;
  for (size_t i = 0; i < labels.size(); ++i) right += predicted[i] == labels[i];
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

double ShareOfCommonest(std::span<const int32_t> labels) {
  std::map<int32_t, uint64_t> counts;
  uint64_t most = 0;
  for (const int32_t label : labels) most = std::max(most, ++counts[label]);
  return labels.empty() ? 0 : static_cast<double>(most) / static_cast<double>(labels.size());
}

}  // namespace shoal
