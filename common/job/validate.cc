#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/job/derived.h"
#include "common/job/field.h"
#include "common/job/job.h"
#include "common/job/validate_encoder.h"
#include "common/status.h"

namespace shoal {
namespace {

// What is wrong with a job besides single values: each function adds a line for each mistake it finds.
using Mistakes = std::vector<std::string>;

std::string KindsOf(const google::protobuf::OneofDescriptor& choice) {
  std::vector<std::string> names;
  for (int i = 0; i < choice.field_count(); ++i) names.push_back(choice.field(i)->name());
  return absl::StrJoin(names, ", ");
}

void CheckWhatAndOnWhat(const job::Job& job, Mistakes* mistakes) {
  if (job.objective().kind_case() == job::Objective::KIND_NOT_SET) {
    mistakes->push_back(
        Cat("objective: none is given; give one of ", KindsOf(*job::Objective::descriptor()->oneof_decl(0))));
  }
  if (job.data().kind_case() == job::Data::KIND_NOT_SET) {
    mistakes->push_back(Cat("data: none is given; give one of ", KindsOf(*job::Data::descriptor()->oneof_decl(0)),
                            ", as in data { corpus { path: \"text.txt\" } }"));
  } else if (job.data().has_corpus() && job.data().corpus().path().empty()) {
    mistakes->push_back("data.corpus.path is empty; give the files or folders of the text");
  }
  for (const std::string& path : job.data().corpus().path()) {
    if (path.empty()) mistakes->push_back("data.corpus.path has an empty entry; give a file or a folder");
  }
  if (job.data().has_images() && job.data().images().path().empty()) {
    mistakes->push_back("data.images.path is empty; give the files or folders of the pictures");
  }
  for (const std::string& path : job.data().images().path()) {
    if (path.empty()) mistakes->push_back("data.images.path has an empty entry; give a file or a folder");
  }
}

std::string NameOf(const job::Objective& objective) {
  const auto* choice = job::Objective::descriptor()->oneof_decl(0);
  return objective.GetReflection()->GetOneofFieldDescriptor(objective, choice)->name();
}

void CheckDataSuits(const job::Job& job, Mistakes* mistakes) {
  if (job.objective().kind_case() == job::Objective::KIND_NOT_SET ||
      job.data().kind_case() == job::Data::KIND_NOT_SET) {
    return;
  }
  const bool wants_images = TrainsImages(job);
  if (wants_images == job.data().has_images()) return;
  const std::string given = job.data().has_images() ? "images" : "corpus";
  mistakes->push_back(Cat("objective.", NameOf(job.objective()), " trains on ", wants_images ? "pictures" : "text",
                          ", and data.", given, " is given; give data { ",
                          wants_images ? "images { path: \"pictures\" }" : "corpus { path: \"text.txt\" }", " }"));
}

void CheckSkipGram(const job::SkipGram& skip_gram, Mistakes* mistakes) {
  const std::string path = "objective.skip_gram";
  if (skip_gram.final_learning_rate() > skip_gram.learning_rate()) {
    mistakes->push_back(Cat(path, ".final_learning_rate is ", ShortestDecimal(skip_gram.final_learning_rate()),
                            ", above ", path, ".learning_rate, ", ShortestDecimal(skip_gram.learning_rate()),
                            "; the rate falls, so give a lower one"));
  }
  if (skip_gram.loss() != job::SkipGram::FULL_SOFTMAX) return;
  const std::string why =
      Cat(", but ", path, ".loss FULL_SOFTMAX has no negatives to share; use NEGATIVE_SAMPLING or NCE");
  if (skip_gram.block().centres() > 1) {
    mistakes->push_back(Cat(path, ".block.centres is ", skip_gram.block().centres(), why));
  }
  if (skip_gram.block().negatives() > 0) {
    mistakes->push_back(Cat(path, ".block.negatives is ", skip_gram.block().negatives(), why));
  }
}

void CheckRowOptimizer(const job::RowOptimizer& optimizer, const std::string& path, Mistakes* mistakes) {
  if (optimizer.kind() != job::RowOptimizer::SGD || !optimizer.has_epsilon()) return;
  if (optimizer.epsilon() == job::RowOptimizer::default_instance().epsilon()) return;
  mistakes->push_back(Cat(path, ".epsilon is ", ShortestDecimal(optimizer.epsilon()), ", but ", path,
                          ".kind SGD does not use it; choose another kind or leave it out"));
}

void CheckHeartbeats(const job::Heartbeats& heartbeats, Mistakes* mistakes) {
  if (heartbeats.dead_after_seconds() > 2 * heartbeats.interval_seconds()) return;
  mistakes->push_back(Cat("heartbeats.dead_after_seconds is ", ShortestDecimal(heartbeats.dead_after_seconds()),
                          ", not above twice heartbeats.interval_seconds, ",
                          ShortestDecimal(heartbeats.interval_seconds()),
                          "; one late heartbeat would end the job: raise the one or lower the other"));
}

void CheckDeterminism(const job::Job& job, Mistakes* mistakes) {
  if (!TrainsInRounds(job) || job.parameter_server().access() != job::ParameterServer::MAPPED) return;
  mistakes->push_back(
      "parameter_server.access is MAPPED, but with determinism STRICT rows travel by messages; leave it out or use "
      "REMOTE");
}

void CheckCpuSeconds(const job::Job& job, Mistakes* mistakes) {
  if (job.max_cpu_seconds() == 0 || job.determinism() != job::Job::STRICT) return;
  mistakes->push_back(Cat("max_cpu_seconds is ", ShortestDecimal(job.max_cpu_seconds()),
                          ", but determinism STRICT must end at the same place each time; leave one out"));
}

void CheckEvaluation(const job::Job& job, Mistakes* mistakes) {
  if (!job.has_evaluation() || job.objective().kind_case() == job::Objective::KIND_NOT_SET) return;
  if (TrainsImages(job)) {
    mistakes->push_back(Cat("evaluation measures word vectors, and objective.", NameOf(job.objective()),
                            " trains an image encoder; leave it out: encoder.evaluate_every measures between epochs, "
                            "shoal evaluate images afterwards"));
  } else if (job.objective().has_cooccurrence()) {
    mistakes->push_back(
        "evaluation is heeded by jobs with workers, and objective.cooccurrence has none; leave it out: shoal evaluate "
        "words measures afterwards");
  }
}

void CheckRoles(const job::Job& job, Mistakes* mistakes) {
  if (!job.objective().has_cooccurrence()) return;
  for (const auto& [field, count] : {std::pair("workers", job.workers()), std::pair("servers", job.servers())}) {
    if (count == 1) continue;
    mistakes->push_back(Cat(field, " is ", count,
                            ", and objective.cooccurrence counts in one process; leave it out: data.corpus.threads "
                            "are what it counts with"));
  }
}

void CheckBindAddress(const std::string& address, Mistakes* mistakes) {
  in6_addr parsed;
  if (::inet_pton(AF_INET, address.c_str(), &parsed) == 1 || ::inet_pton(AF_INET6, address.c_str(), &parsed) == 1) {
    return;
  }
  mistakes->push_back(Cat("metrics.bind_address is ", address.empty() ? "empty" : address,
                          ", not an IP address; give 127.0.0.1, 0.0.0.0 for all of this host's, or one of them"));
}

void CheckPorts(const job::Job& job, Mistakes* mistakes) {
  constexpr uint64_t kLastPort = 65535;
  const uint64_t first = job.metrics().port(), last = first + job.servers() + job.workers();
  if (!job.metrics().enabled() || first == 0 || last <= kLastPort) return;
  mistakes->push_back(Cat("metrics.port is ", first, ", and with ", job.servers(), " servers and ", job.workers(),
                          " workers the last rank's would be ", last, ", above ", kLastPort,
                          "; give 0 or a lower one"));
}

}  // namespace

absl::Status ValidateJob(const job::Job& job) {
  Mistakes mistakes = RangeMistakes(job, "");
  CheckWhatAndOnWhat(job, &mistakes);
  if (job.objective().has_skip_gram()) {
    CheckSkipGram(job.objective().skip_gram(), &mistakes);
    CheckRowOptimizer(job.objective().skip_gram().optimizer(), "objective.skip_gram.optimizer", &mistakes);
  }
  CheckDataSuits(job, &mistakes);
  CheckEncoder(job, &mistakes);
  CheckHeartbeats(job.heartbeats(), &mistakes);
  CheckDeterminism(job, &mistakes);
  CheckCpuSeconds(job, &mistakes);
  CheckEvaluation(job, &mistakes);
  CheckRoles(job, &mistakes);
  CheckBindAddress(job.metrics().bind_address(), &mistakes);
  CheckPorts(job, &mistakes);
  if (mistakes.empty()) return absl::OkStatus();
  return InvalidArgument(absl::StrJoin(mistakes, "\n"));
}

}  // namespace shoal
