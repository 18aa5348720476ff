#include "common/job/validate_encoder.h"

#include <algorithm>

#include "common/job/augmentation_job.h"
#include "common/job/derived.h"
#include "common/job/field.h"
#include "common/status.h"

namespace shoal {
namespace {

using Mistakes = std::vector<std::string>;

// "4 or 8": what divides `number` nearest to `wanted`, which does not, from 1 to `most`.
std::string NearestDivisors(uint64_t number, uint64_t wanted, uint64_t most) {
  const auto divides = [&](uint64_t divisor) { return number % divisor == 0; };
  uint64_t below = std::min(wanted, most), above = wanted + 1;
  while (!divides(below)) --below;
  while (above <= most && !divides(above)) ++above;
  return above <= most ? Cat(below, " or ", above) : Cat(below);
}

void CheckQueue(const job::Job& job, Mistakes* mistakes) {
  const job::MoCo& moco = job.objective().moco();
  const uint64_t queue = moco.queue(), batch = job.encoder().batch(), keys = batch * (moco.symmetric() ? 2 : 1);
  if (queue % keys == 0) return;
  const uint64_t below = queue / keys * keys;
  mistakes->push_back(Cat("objective.moco.queue is ", queue, ", not a multiple of ",
                          moco.symmetric()
                              ? Cat("the ", keys, " keys of a step (objective.moco.symmetric: two of each ",
                                    "picture of encoder.batch, ", batch, ")")
                              : Cat("encoder.batch, ", batch),
                          "; the queue would be overwritten in the middle of a batch. Use ", below + keys,
                          below > 0 ? Cat(" or ", below) : ""));
}

// Where all keys of a step are normalised by the same statistics, none tells of another.
void CheckShuffle(const job::Job& job, Mistakes* mistakes) {
  if (!job.objective().moco().shuffle()) return;
  const std::string is = "objective.moco.shuffle is true, but ";
  if (job.objective().moco().symmetric()) {
    mistakes->push_back(Cat(is, "with objective.moco.symmetric each view is a query too, and would have to be made by ",
                            "two workers: twice the views of a step. Leave one out"));
  }
  const job::ImageEncoder& encoder = job.encoder();
  if (encoder.accumulation_steps() > 1 || encoder.batch_norm() == job::ImageEncoder::SPLIT) return;
  if (encoder.batch_norm() == job::ImageEncoder::SYNCHRONISED) {
    mistakes->push_back(Cat(is, "with encoder.batch_norm SYNCHRONISED all keys of a step share their statistics, in ",
                            "whatever order; leave one out"));
  } else if (job.workers() == 1) {
    mistakes->push_back(Cat(is, "with encoder.batch_norm LOCAL and one worker all keys of a step share their ",
                            "statistics, in whatever order; leave it out, or use SPLIT or more workers"));
  }
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
  if (job.encoder().batch_norm() != job::ImageEncoder::SPLIT) return;
  const std::string is = Cat("encoder.batch_norm_parts is ", parts);
  const std::string pictures =
      Cat("a worker's ", of_a_worker, " pictures (encoder.batch, ", batch, ", over ", job.workers(), " workers)");
  if (of_a_worker % parts != 0) {
    mistakes->push_back(Cat(is, ", which does not divide ", pictures));
  } else if (of_a_worker == parts) {
    mistakes->push_back(Cat(is, ", as many as ", pictures,
                            ": a part of one picture has no batch to normalise by; lower the one or raise the other"));
  }
}

void CheckAccumulation(const job::Job& job, Mistakes* mistakes) {
  const job::ImageEncoder& encoder = job.encoder();
  const uint64_t steps = encoder.accumulation_steps(), of_a_worker = encoder.batch() / job.workers();
  if (steps == 1 || encoder.batch() % job.workers() != 0 || of_a_worker < 2) return;
  const std::string is = Cat("encoder.accumulation_steps is ", steps);
  if (job.objective().has_simclr()) {
    mistakes->push_back(Cat(is, ", but the negatives of objective.simclr are the batch: parts of it would have fewer, ",
                            "and another loss. Leave it out and share the batch among more workers, or choose moco, ",
                            "whose negatives are a queue"));
    return;
  }
  // A part of one picture has no batch to normalise by.
  const uint64_t most = of_a_worker / 2;
  if (of_a_worker % steps != 0 || steps > most) {
    mistakes->push_back(Cat(is, ", which does not divide a worker's ", of_a_worker, " pictures (encoder.batch, ",
                            encoder.batch(), ", over ", job.workers(), " workers) into parts of 2 or more; use ",
                            NearestDivisors(of_a_worker, steps, most)));
    return;
  }
  const uint64_t parts = encoder.batch_norm_parts();
  if (encoder.batch_norm() == job::ImageEncoder::SPLIT && parts % steps != 0) {
    mistakes->push_back(Cat(is, ", which does not divide encoder.batch_norm_parts, ", parts,
                            "; with batch_norm SPLIT a part of the pictures is so many whole parts of the ",
                            "normalisation. Use ", NearestDivisors(parts, steps, parts)));
  }
}

void CheckAugmentation(const job::Augmentation& augmentation, Mistakes* mistakes) {
  const std::string path = "encoder.augmentation";
  // A number that is out of its own range has been told of.
  if (!RangeMistakes(augmentation, path).empty()) return;
  for (const std::string& mistake : AugmentationMistakes(augmentation, path)) mistakes->push_back(mistake);
  if (augmentation.size() > 0 && augmentation.size() < kSmallestEncodedSize) {
    mistakes->push_back(Cat(path, ".size is ", augmentation.size(), ", fewer pixels than the ", kSmallestEncodedSize,
                            " that a net can halve as often as it does; 0 takes the pictures' own"));
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
  CheckAccumulation(job, mistakes);
  if (job.objective().has_moco()) {
    CheckQueue(job, mistakes);
    CheckShuffle(job, mistakes);
  }
  CheckAugmentation(job.encoder().augmentation(), mistakes);
  CheckDenseOptimizer(job.encoder().optimizer(), mistakes);
  if (job.encoder().evaluate_every() == 0 && job.encoder().evaluate_path_size() > 0) {
    mistakes->push_back(
        "encoder.evaluate_path is given, but encoder.evaluate_every is 0, which measures never; set it to 1 or more");
  }
  for (const std::string& path : job.encoder().evaluate_path()) {
    if (path.empty()) mistakes->push_back("encoder.evaluate_path has an empty entry; give a file or a folder");
  }
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
