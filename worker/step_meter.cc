#include "worker/step_meter.h"

#include "common/embedding_figures.h"

namespace shoal {
namespace {

void AddPhase(wire::UnitProgress* report, std::string_view name, double seconds) {
  if (seconds <= 0) return;
  wire::Phase* phase = report->add_phase();
  phase->set_name(name.data(), name.size());
  phase->set_seconds(seconds);
}

}  // namespace

StepMeter::StepMeter(prometheus::Registry& registry, ParameterClient* client, int tables, std::string_view work)
    : client_(*client), worker_metrics_(registry, work), client_metrics_(registry) {
  int mapped = 0;
  for (int i = 0; i < tables; ++i) mapped += client_.table(i).mapped() ? 1 : 0;
  client_metrics_.mapped_tables.Set(mapped);
  client_metrics_.remote_tables.Set(tables - mapped);
}

void StepMeter::AddStep(const StepReport& step) {
  ++steps_;
  sum_.learning_rate = step.learning_rate;
  sum_.work += step.work;
  sum_.pairs += step.pairs;
  sum_.loss_sum += step.loss_sum;
  sum_.loss_pairs += step.loss_pairs;
  sum_.sample_seconds += step.sample_seconds;
  sum_.rows_seconds += step.rows_seconds;
  sum_.compute_seconds += step.compute_seconds;
  sum_.push_seconds += step.push_seconds;
  sum_.evaluate_seconds += step.evaluate_seconds;
  if (step.knn) sum_.knn = step.knn;
  if (!step.embeddings) return;
  if (!sum_.embeddings) sum_.embeddings.emplace();
  AddEmbeddingFigures(*step.embeddings, &*sum_.embeddings);
}

wire::UnitProgress StepMeter::Report(uint64_t lease, bool done) {
  ShowSteps(done);
  ShowClient();
  wire::UnitProgress report;
  report.set_lease(lease);
  report.set_done(done);
  report.set_words(sum_.work);
  report.set_pairs(sum_.pairs);
  report.set_loss_sum(sum_.loss_sum);
  report.set_loss_pairs(sum_.loss_pairs);
  report.set_learning_rate(sum_.learning_rate);
  AddPhase(&report, "sample", sum_.sample_seconds);
  AddPhase(&report, "wait for rows", sum_.rows_seconds);
  AddPhase(&report, "compute", sum_.compute_seconds);
  AddPhase(&report, "push", sum_.push_seconds);
  AddPhase(&report, "wait for lease", lease_seconds_);
  AddPhase(&report, "evaluate", sum_.evaluate_seconds);
  if (sum_.embeddings) *report.mutable_embeddings() = *sum_.embeddings;
  if (sum_.knn) *report.mutable_knn() = *sum_.knn;
  sum_ = {.learning_rate = sum_.learning_rate};
  steps_ = 0;
  lease_seconds_ = 0;
  return report;
}

void StepMeter::ShowSteps(bool done) {
  WorkerMetrics& metrics = worker_metrics_;
  metrics.steps.Increment(static_cast<double>(steps_));
  metrics.units.Increment(done ? 1 : 0);
  metrics.work.Increment(static_cast<double>(sum_.work));
  metrics.pairs.Increment(static_cast<double>(sum_.pairs));
  if (sum_.loss_pairs > 0) metrics.loss.Set(sum_.loss_sum / static_cast<double>(sum_.loss_pairs));
  metrics.learning_rate.Set(sum_.learning_rate);
  metrics.sample_seconds.Increment(sum_.sample_seconds);
  metrics.rows_seconds.Increment(sum_.rows_seconds);
  metrics.compute_seconds.Increment(sum_.compute_seconds);
  metrics.push_seconds.Increment(sum_.push_seconds);
  metrics.lease_seconds.Increment(lease_seconds_);
  metrics.evaluate_seconds.Increment(sum_.evaluate_seconds);
}

void StepMeter::ShowClient() {
  const ClientStats stats = client_.stats();
  ClientMetrics& metrics = client_metrics_;
  RaiseTo(metrics.rows_mapped, static_cast<double>(stats.rows_mapped));
  RaiseTo(metrics.nonfinite_rows, static_cast<double>(stats.nonfinite_rows));
  RaiseTo(metrics.rows_pulled, static_cast<double>(stats.rows_pulled));
  RaiseTo(metrics.rows_pushed, static_cast<double>(stats.rows_pushed));
  RaiseTo(metrics.bytes_pulled, static_cast<double>(stats.bytes_pulled));
  RaiseTo(metrics.bytes_pushed, static_cast<double>(stats.bytes_pushed));
  RaiseTo(metrics.requests, static_cast<double>(stats.requests));
  RaiseTo(metrics.retries, static_cast<double>(stats.retries));
  metrics.request_seconds.Publish(stats.request_seconds);
}

}  // namespace shoal
