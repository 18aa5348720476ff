#include "common/job/validate_encoder.h"

#include "common/job/derived.h"
#include "common/job/field.h"
#include "common/status.h"

namespace shoal {
namespace {

using Mistakes = std::vector<std::string>;

void CheckMoCo(const job::Job& job, Mistakes* mistakes) {
  const uint64_t queue = job.objective().moco().queue(), batch = job.encoder().batch();
  if (queue % batch == 0) return;
  const uint64_t below = queue / batch * batch;
  mistakes->push_back(Cat("objective.moco.queue is ", queue, ", not a multiple of encoder.batch, ", batch,
                          "; the queue would be overwritten in the middle of a batch. Use ", below + batch,
                          below > 0 ? Cat(" or ", below) : ""));
}

void CheckBatch(const job::Job& job, Mistakes* mistakes) {
  const uint64_t batch = job.encoder().batch();
  if (batch % job.workers() != 0) {
    const uint64_t below = batch / job.workers() * job.workers();
    mistakes->push_back(Cat("encoder.batch is ", batch, ", which ", job.workers(), " workers cannot share evenly; use ",
                            below + job.workers(), below > 0 ? Cat(" or ", below) : ""));
    return;
  }
  const uint64_t of_a_worker = batch / job.workers(), parts = job.encoder().batch_norm_parts();
  if (of_a_worker < 2) {
    mistakes->push_back(
        Cat("encoder.batch is ", batch, " for ", job.workers(),
            " workers: one picture each has no batch to normalise by; raise the one or lower the other"));
  }
  if (job.encoder().batch_norm() == job::ImageEncoder::SPLIT && of_a_worker % parts != 0) {
    mistakes->push_back(Cat("encoder.batch_norm_parts is ", parts, ", which does not divide a worker's ", of_a_worker,
                            " pictures (encoder.batch, ", batch, ", over ", job.workers(), " workers)"));
  }
}

void CheckDenseOptimizer(const job::DenseOptimizer& optimizer, Mistakes* mistakes) {
  const std::string path = "encoder.optimizer";
  const auto& steps = optimizer.step_epochs();
  const bool step = optimizer.schedule() == job::DenseOptimizer::STEP;
  if (step && steps.empty()) {
    mistakes->push_back(Cat(path, ".schedule is STEP, but ", path, ".step_epochs is empty; say after which epochs"));
  }
  if (!step && !steps.empty()) {
    mistakes->push_back(Cat(path, ".step_epochs is given, but ", path, ".schedule is not STEP; leave one out"));
  }
  for (int i = 1; i < steps.size(); ++i) {
    if (steps[i] > steps[i - 1]) continue;
    mistakes->push_back(Cat(path, ".step_epochs has ", ShortestDecimal(steps[i]), " after ",
                            ShortestDecimal(steps[i - 1]), "; give them in rising order"));
  }
  if (optimizer.nesterov() && (optimizer.kind() != job::DenseOptimizer::SGD || optimizer.momentum() == 0)) {
    mistakes->push_back(Cat(path, ".nesterov is true, but it is of ", path, ".kind SGD with a momentum; leave it out"));
  }
}

}  // namespace

void CheckEncoder(const job::Job& job, std::vector<std::string>* mistakes) {
  if (!TrainsImages(job)) {
    if (job.has_encoder()) {
      mistakes->push_back(
          "encoder is given, but the objective trains none; leave it out, or choose simclr, moco or instance");
    }
    return;
  }
  CheckBatch(job, mistakes);
  if (job.objective().has_moco()) CheckMoCo(job, mistakes);
  CheckDenseOptimizer(job.encoder().optimizer(), mistakes);
  if (job.encoder().head().kind() == job::ProjectionHead::LINEAR && job.encoder().head().hidden_dim() > 0) {
    mistakes->push_back(
        "encoder.head.hidden_dim is given, but encoder.head.kind LINEAR has no hidden layer; leave it out");
  }
  if (job.encoder().precision() == job::ImageEncoder::BF16 && job.determinism() == job::Job::STRICT) {
    mistakes->push_back("encoder.precision is BF16, but determinism STRICT computes in 32 bits; leave one out");
  }
  if (job.encoder().device() == job::ImageEncoder::CUDA && job.determinism() == job::Job::STRICT) {
    mistakes->push_back("encoder.device is CUDA, but determinism STRICT computes on the CPU; leave one out");
  }
}

}  // namespace shoal
