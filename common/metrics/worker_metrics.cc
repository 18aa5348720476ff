#include "common/metrics/worker_metrics.h"

#include "common/text.h"

namespace shoal {
namespace {

prometheus::Counter& Phase(prometheus::Registry& registry, const std::string& phase) {
  return AddCounter(registry, "shoal_worker_phase_seconds_total", "Time of the worker's thread, by what it did.",
                    {{"phase", phase}});
}

}  // namespace

WorkerMetrics::WorkerMetrics(prometheus::Registry& registry, std::string_view work)
    : units(AddCounter(registry, "shoal_worker_units_total", "Units of work finished.")),
      steps(AddCounter(registry, "shoal_worker_steps_total", "Batches trained.")),
      work(AddCounter(registry, Cat("shoal_worker_", work, "_total"),
                      work == "words" ? "Words of the corpus passed, before sub-sampling." : "Pictures passed.")),
      pairs(AddCounter(registry, "shoal_worker_pairs_total",
                       "Training pairs: of centre and context, or a picture's views.")),
      loss(AddGauge(registry, "shoal_worker_loss", "Mean loss a pair since the last report.")),
      learning_rate(AddGauge(registry, "shoal_worker_learning_rate", "Learning rate of the last step.")),
      sample_seconds(Phase(registry, "sample")),
      rows_seconds(Phase(registry, "wait for rows")),
      compute_seconds(Phase(registry, "compute")),
      push_seconds(Phase(registry, "push")),
      lease_seconds(Phase(registry, "wait for lease")),
      evaluate_seconds(Phase(registry, "evaluate")) {}

}  // namespace shoal
