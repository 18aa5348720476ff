#include "launch/mpirun_command.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/job/derived.h"
#include "common/status.h"

namespace shoal {
namespace {

void AddSetting(std::vector<std::string>* options, std::string name, std::string value) {
  options->insert(options->end(), {"--mca", std::move(name), std::move(value)});
}

void AddOneHostOptions(const Machine& machine, uint64_t ranks, std::vector<std::string>* options) {
  if (ranks > machine.cores) {
    options->push_back("--oversubscribe");
    AddSetting(options, "mpi_yield_when_idle", "1");
  } else {
    // Else mpirun counts physical cores, half of what this process may run on where cores have two threads each.
    options->push_back("--use-hwthread-cpus");
  }
  // No remote launcher: it would look for ssh, which a machine alone does not need.
  AddSetting(options, "plm", "isolated");
  AddSetting(options, "pml", "ob1");
  AddSetting(options, "btl", "self,vader");
  // Where a container forbids reading peers' memory, Open MPI would find out at the first large message, and fail.
  if (!machine.reads_peers) AddSetting(options, "btl_vader_single_copy_mechanism", "none");
}

// mpirun and its daemons on other hosts end when they have lost each other: without this they would notice after eight
// minutes that a host fell away, or never.
void AddKeepalive(std::vector<std::string>* options) {
  AddSetting(options, "oob_tcp_keepalive_time", "5");
  AddSetting(options, "oob_tcp_keepalive_intvl", "1");
  AddSetting(options, "oob_tcp_keepalive_probes", "3");
}

void AddNetworkOptions(const job::Placement& placement, std::vector<std::string>* options) {
  const bool one_host = placement.hostfile().empty();
  const std::string network = !placement.network().empty() ? placement.network() : one_host ? "lo" : "";
  if (network.empty()) return;
  AddSetting(options, "oob_tcp_if_include", network);
  if (!one_host) AddSetting(options, "btl_tcp_if_include", network);
}

std::string LineOf(const std::vector<std::string>& arguments) {
  return absl::StrJoin(arguments, " ", [](std::string* out, const std::string& argument) {
    absl::StrAppend(out, QuotedForShell(argument));
  });
}

}  // namespace

std::string QuotedForShell(const std::string& argument) {
  const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || std::strchr("-_./,:=+@%", c); };
  if (!argument.empty() && std::all_of(argument.begin(), argument.end(), plain)) return argument;
  return Cat("'", absl::StrReplaceAll(argument, {{"'", "'\\''"}}), "'");
}

std::vector<std::string> MpirunOptions(const job::Job& job, const Machine& machine) {
  std::vector<std::string> options;
  if (machine.is_root) options.push_back("--allow-run-as-root");
  if (job.placement().hostfile().empty()) {
    AddOneHostOptions(machine, uint64_t{1} + job.servers() + job.workers(), &options);
  } else {
    options.insert(options.end(), {"--hostfile", job.placement().hostfile()});
    AddKeepalive(&options);
  }
  AddNetworkOptions(job.placement(), &options);
  // The kernel moves roles better than a fixed core for each: servers of mapped tables are idle, workers are not.
  options.insert(options.end(), {"--bind-to", "none"});
  return options;
}

absl::StatusOr<MpirunCommand> MpirunCommand::Of(const job::Job& job, const std::string& job_file,
                                                const std::string& output, const Installation& installation,
                                                const Machine& machine) {
  ASSIGN_OR_RETURN(const std::string coordinator, installation.Program("shoal-coordinator"));
  ASSIGN_OR_RETURN(const std::string server, installation.Program("shoal-paramserver"));
  ASSIGN_OR_RETURN(const std::string worker,
                   installation.Program(TrainsImages(job) ? "shoal-image-worker" : "shoal-worker"));
  MpirunCommand command;
  command.options = MpirunOptions(job, machine);
  command.contexts = {{"-np", "1", coordinator, "--job", job_file, "--output", output},
                      {"-np", Cat(job.servers()), server},
                      {"-np", Cat(job.workers()), worker}};
  return command;
}

std::vector<std::string> MpirunCommand::Arguments() const {
  std::vector<std::string> arguments = {"mpirun"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  for (size_t i = 0; i < contexts.size(); ++i) {
    if (i > 0) arguments.push_back(":");
    arguments.insert(arguments.end(), contexts[i].begin(), contexts[i].end());
  }
  return arguments;
}

std::string MpirunCommand::ShellLine() const {
  std::vector<std::string> parts;
  for (const auto& context : contexts) parts.push_back(LineOf(context));
  return Cat("mpirun ", LineOf(options), " \\\n  ", absl::StrJoin(parts, " : \\\n  "));
}

std::optional<std::string> MpirunCommand::AppFile() const {
  std::string lines;
  for (const auto& context : contexts) {
    for (const std::string& word : context) {
      if (word.find_first_of(" \t\n'\"\\") != std::string::npos) return std::nullopt;
    }
    absl::StrAppend(&lines, absl::StrJoin(context, " "), "\n");
  }
  return lines;
}

}  // namespace shoal
