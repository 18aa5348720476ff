#include "worker/step_meter.h"

#include <string_view>

namespace shoal {
namespace {

void AddPhase(wire::UnitProgress* report, std::string_view name, double seconds) {
  if (seconds <= 0) return;
  wire::Phase* phase = report->add_phase();
  phase->set_name(name.data(), name.size());
  phase->set_seconds(seconds);
}

}  // namespace

void StepMeter::AddStep(const StepReport& step) {
  ++steps_;
  sum_.cursor = step.cursor;
  sum_.learning_rate = step.learning_rate;
  sum_.work += step.work;
  sum_.pairs += step.pairs;
  sum_.loss_sum += step.loss_sum;
  sum_.loss_pairs += step.loss_pairs;
  sum_.sample_seconds += step.sample_seconds;
  sum_.rows_seconds += step.rows_seconds;
  sum_.compute_seconds += step.compute_seconds;
  sum_.push_seconds += step.push_seconds;
}

wire::UnitProgress StepMeter::Report(uint64_t lease, bool done, const ClientStats& client) {
  Publish(done, client);
  wire::UnitProgress report;
  report.set_lease(lease);
  report.set_cursor(sum_.cursor);
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
  sum_ = {.cursor = sum_.cursor, .learning_rate = sum_.learning_rate};
  steps_ = 0;
  lease_seconds_ = 0;
  return report;
}

void StepMeter::Publish(bool done, const ClientStats& client) {
  worker_.steps.Increment(static_cast<double>(steps_));
  worker_.units.Increment(done ? 1 : 0);
  worker_.words.Increment(static_cast<double>(sum_.work));
  worker_.pairs.Increment(static_cast<double>(sum_.pairs));
  if (sum_.loss_pairs > 0) worker_.loss.Set(sum_.loss_sum / static_cast<double>(sum_.loss_pairs));
  worker_.learning_rate.Set(sum_.learning_rate);
  worker_.sample_seconds.Increment(sum_.sample_seconds);
  worker_.rows_seconds.Increment(sum_.rows_seconds);
  worker_.compute_seconds.Increment(sum_.compute_seconds);
  worker_.push_seconds.Increment(sum_.push_seconds);
  worker_.lease_seconds.Increment(lease_seconds_);
  RaiseTo(client_.rows_pulled, static_cast<double>(client.rows_pulled));
  RaiseTo(client_.rows_pushed, static_cast<double>(client.rows_pushed));
  RaiseTo(client_.bytes_pulled, static_cast<double>(client.bytes_pulled));
  RaiseTo(client_.bytes_pushed, static_cast<double>(client.bytes_pushed));
  RaiseTo(client_.requests, static_cast<double>(client.requests));
  RaiseTo(client_.retries, static_cast<double>(client.retries));
}

}  // namespace shoal
