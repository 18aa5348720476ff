#include "absl/strings/str_format.h"
#include "common/json_object.h"
#include "common/status.h"
#include "launch/doctor.h"
#include "launch/image_worker.h"

namespace shoal {
namespace {

constexpr std::string_view kBringLibTorch = "launch/install --torch, then launch/build";

Finding Partly(std::string subject, std::string what, std::string_view cure) {
  return {std::move(subject), Finding::kPartly, std::move(what), std::string(cure)};
}

Finding ExaminePrecision(const JsonObject& facts) {
  if (facts.Flag("quick_bfloat16")) {
    return {"precision", Finding::kGood, "encoders train in BF16 (encoder.precision AUTO), by AMX", ""};
  }
  return {"precision", Finding::kSlower, "no AMX; encoders train in FP32 (encoder.precision AUTO)",
          "run on a processor with AMX (Intel's Xeon since 2023); in a virtual machine, pass the host's on"};
}

Finding ExamineGpus(const JsonObject& facts, bool device_is_here) {
  const uint64_t gpus = facts.Count("gpus");
  const bool sums = facts.Flag("nccl");
  if (gpus > 1 && !sums) {
    return {"GPUs", Finding::kSlower, Cat(gpus, " that encoders train on, but one for a job: this build has no NCCL"),
            "install NVIDIA's CUDA toolkit with NCCL (nvcc and nccl.h), then launch/build"};
  }
  if (gpus > 0)
    return {"GPUs", Finding::kGood, Cat(gpus, " that encoders train on", sums ? ", summed by NCCL" : ""), ""};
  if (!device_is_here) return {"GPUs", Finding::kGood, "none here; encoders train on the CPU", ""};
  if (facts.Flag("cuda")) {
    return {"GPUs", Finding::kSlower, "an NVIDIA GPU is here, but CUDA cannot use it",
            "install NVIDIA's driver for CUDA 13 (nvidia-smi tells which it is); in a container, pass the GPUs on"};
  }
  return {"GPUs", Finding::kSlower, "an NVIDIA GPU is here, but the LibTorch of this build computes on the CPU only",
          "launch/install --torch=cuda, then launch/build"};
}

}  // namespace

std::vector<Finding> ExamineImageEncoders(const Installation& installation, Clock& clock, bool device_is_here) {
  std::string missing;
  for (const char* name : {"shoal-image-worker", "shoal-evaluate-images"}) {
    if (!installation.Program(name).ok()) missing += Cat(missing.empty() ? "" : ", ", name);
  }
  const std::string subject = "encoders";
  if (!missing.empty()) {
    return {Partly(subject, Cat("words train, image encoders do not: ", missing, " not in ", installation.programs),
                   kBringLibTorch)};
  }
  const absl::Time start = clock.Now();
  const auto facts = AskImageWorker(installation, clock);
  if (!facts.ok()) {
    return {Partly(subject, Cat("words train, image encoders do not: ", ToStd(facts.status().message())),
                   Cat("where LibTorch is gone from its place: ", kBringLibTorch))};
  }
  return {{subject, Finding::kGood,
           absl::StrFormat("LibTorch %s, %s, starts in %.2f s", facts->Text("version"), facts->Text("file"),
                           absl::ToDoubleSeconds(clock.Now() - start)),
           ""},
          ExaminePrecision(*facts),
          ExamineGpus(*facts, device_is_here)};
}

}  // namespace shoal
