#include "common/metrics/coordinator_metrics.h"

#include "common/text.h"

namespace shoal {
namespace {

prometheus::Gauge& Units(prometheus::Registry& registry, const std::string& state) {
  return AddGauge(registry, "shoal_coordinator_units", "Units of the plan, by state.", {{"state", state}});
}

prometheus::Counter& Checkpoints(prometheus::Registry& registry, const std::string& result) {
  return AddCounter(registry, "shoal_coordinator_checkpoints_total", "Checkpoints, by what came of them.",
                    {{"result", result}});
}

}  // namespace

CoordinatorMetrics::CoordinatorMetrics(prometheus::Registry& registry, std::string_view work)
    : waiting_units(Units(registry, "waiting")),
      leased_units(Units(registry, "leased")),
      done_units(Units(registry, "done")),
      work(AddCounter(
          registry, Cat("shoal_coordinator_", work, "_total"),
          work == "words" ? "Words of the corpus passed, over all epochs." : "Pictures passed, over all epochs.")),
      pairs(AddCounter(registry, "shoal_coordinator_pairs_total", "Training pairs, over all epochs.")),
      work_per_second(
          AddGauge(registry, Cat("shoal_coordinator_", work, "_per_second"), "Rate over the last interval.")),
      loss(AddGauge(registry, "shoal_coordinator_loss", "Mean loss a pair over the last interval.")),
      learning_rate(AddGauge(registry, "shoal_coordinator_learning_rate", "The latest that a worker reported.")),
      epoch(AddGauge(registry, "shoal_coordinator_epoch", "The epoch that training is in, from 1.")),
      progress(AddGauge(registry, "shoal_coordinator_progress_ratio", "Part of the plan that is done, 0 to 1.")),
      eta_seconds(AddGauge(registry, "shoal_coordinator_eta_seconds", "Until the plan is done, at the present rate.")),
      alignment(AddGauge(registry, "shoal_coordinator_embedding_alignment",
                         "Mean squared distance of embeddings from their positives, over the last interval.")),
      uniformity(AddGauge(registry, "shoal_coordinator_embedding_uniformity",
                          "Log of the mean Gaussian potential of pairs of embeddings, over the last interval.")),
      spread(AddGauge(registry, "shoal_coordinator_embedding_spread",
                      "Standard deviation of embeddings over the last interval: 0 collapsed, 1 filling the sphere.")),
      knn_accuracy(AddGauge(registry, "shoal_coordinator_knn_accuracy_ratio",
                            "Held-out pictures that their nearest neighbours classified rightly when last measured.")),
      refused_messages(AddCounter(registry, "shoal_coordinator_refused_messages_total",
                                  "Control messages that do not parse or that their sender may not send.")),
      nonfinite_reports(AddCounter(registry, "shoal_coordinator_nonfinite_reports_total",
                                   "Reports of a loss that is infinite or no number.")),
      checkpoints_written(Checkpoints(registry, "written")),
      checkpoints_failed(Checkpoints(registry, "failed")),
      checkpoint_bytes(AddGauge(registry, "shoal_coordinator_checkpoint_bytes", "Of the last checkpoint written.")),
      checkpoint_pause_seconds(AddGauge(registry, "shoal_coordinator_checkpoint_pause_seconds",
                                        "How long the workers paused for the last checkpoint written.")),
      checkpoint_seconds(AddGauge(registry, "shoal_coordinator_checkpoint_duration_seconds",
                                  "From the pause to the manifest of the last checkpoint written.")),
      checkpoint_time(AddGauge(registry, "shoal_coordinator_checkpoint_timestamp_seconds",
                               "When the last checkpoint was written; 0 where none was.")),
      registry_(registry) {}

prometheus::Gauge& CoordinatorMetrics::HeartbeatAge(const std::string& role, int rank) {
  return AddGauge(registry_, "shoal_coordinator_heartbeat_age_seconds", "Since a member was last heard of.",
                  {{"role", role}, {"rank", std::to_string(rank)}});
}

prometheus::Gauge& CoordinatorMetrics::Members(const std::string& role) {
  return AddGauge(registry_, "shoal_coordinator_members", "Members of the job that have joined, by role.",
                  {{"role", role}});
}

}  // namespace shoal
