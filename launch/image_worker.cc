#include "launch/image_worker.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/job/derived.h"
#include "common/status.h"
#include "launch/program.h"

namespace shoal {

absl::StatusOr<JsonObject> AskImageWorker(const Installation& installation, Clock& clock) {
  ASSIGN_OR_RETURN(const std::string program, installation.Program("shoal-image-worker"));
  const auto output = RunProgramQuietly({program, "--facts"}, clock, clock.Now() + absl::Seconds(60));
  if (output.ok() && output->exit_code == 0) {
    if (auto facts = JsonObject::Parse(output->text); facts.ok()) return facts;
  }
  const std::string said = output.ok() ? output->text : std::string(output.status().message());
  return FailedPrecondition("shoal-image-worker does not start: ",
                            std::vector<std::string>(absl::StrSplit(said, '\n'))[0]);
}

absl::Status CheckEncoderDevice(const job::Job& job, const Installation& installation, Clock& clock) {
  // Others compute on the CPU where they must, and words are asked for nothing.
  if (!TrainsImages(job) || job.encoder().device() != job::ImageEncoder::CUDA) return absl::OkStatus();
  ASSIGN_OR_RETURN(const JsonObject facts, AskImageWorker(installation, clock));
  if (!facts.Flag("cuda")) {
    return FailedPrecondition(
        "encoder.device is CUDA, but this build's LibTorch has no CUDA; use CPU or ANY, or bring ",
        "the one that has: launch/install --torch=cuda, then launch/build");
  }
  if (job.workers() > 1 && !facts.Flag("nccl")) {
    return FailedPrecondition("encoder.device is CUDA and workers is ", job.workers(), ", but this build has no NCCL ",
                              "to sum their gradients; use one worker, or encoder.device CPU or ANY, or install ",
                              "NVIDIA's CUDA toolkit with NCCL (nvcc and nccl.h), then launch/build");
  }
  const uint64_t gpus = facts.Count("gpus");
  if (job.placement().hostfile().empty() && job.workers() > gpus) {
    return FailedPrecondition(
        "encoder.device is CUDA and workers is ", job.workers(), ", each of whom takes a GPU, but ", "CUDA can use ",
        gpus, " on this host (nvidia-smi tells of them); use ",
        gpus > 0 ? Cat(gpus, gpus > 1 ? " workers, " : " worker, ") : "", "encoder.device CPU or ANY");
  }
  return absl::OkStatus();
}

namespace {

// Of a job that takes GPUs where every worker has one.
bool FindsGpus(const job::Job& job, const Installation& installation, Clock& clock) {
  if (!TrainsImages(job) || job.encoder().device() != job::ImageEncoder::ANY) return false;
  if (job.determinism() == job::Job::STRICT) return false;
  job::Job on_gpus = job;
  on_gpus.mutable_encoder()->set_device(job::ImageEncoder::CUDA);
  return CheckEncoderDevice(on_gpus, installation, clock).ok();
}

}  // namespace

absl::StatusOr<MemoryPlan> PlanMemory(const job::Job& job, uint64_t items, uint32_t picture_side,
                                      const Machine& machine, const Installation& installation, Clock& clock) {
  MemoryPlan plan = MemoryPlan::Of(job, items, picture_side, job.encoder().device() == job::ImageEncoder::CUDA);
  absl::Status fits = plan.CheckFits(job, machine);
  // To look for GPUs takes a second: only where it matters.
  if (!fits.ok() && FindsGpus(job, installation, clock)) {
    plan = MemoryPlan::Of(job, items, picture_side, /*on_gpus=*/true);
    fits = plan.CheckFits(job, machine);
  }
  RETURN_IF_ERROR(fits);
  return plan;
}

}  // namespace shoal
