#include "tests/simulator/scenario.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/random.h"

namespace shoal {
namespace {

using Nanos = Scheduler::Nanos;
constexpr Nanos kMillisecond = 1'000'000, kSecond = 1'000'000'000;

constexpr uint64_t kScenarioStream = 0x736365;  // "sce"

class Draw {
 public:
  explicit Draw(uint64_t seed) : random_(StreamKey(seed, kScenarioStream)) {}

  uint32_t Between(uint32_t least, uint32_t most) { return least + random_.NextBelow(most - least + 1); }
  bool OneIn(uint32_t times) { return random_.NextBelow(times) == 0; }
  double Fraction() { return random_.NextFloat(); }
  // Orders of magnitude alike.
  double Log(double least, double most) { return least * std::exp(std::log(most / least) * random_.NextFloat()); }

 private:
  CounterRandom random_;
};

NetworkConditions DrawNetwork(Draw& draw) {
  NetworkConditions network;
  network.delay = static_cast<Nanos>(draw.Log(2e3, 2e6));
  network.notices_loss = draw.OneIn(2);
  if (draw.OneIn(2)) {
    network.late_per_million = static_cast<uint32_t>(draw.Log(3000, 150'000));
    network.control_lateness = draw.OneIn(2) ? kSecond / 2 : 20 * kMillisecond;
    // Beyond the timeout of a request, which is then sent again and arrives twice.
    network.row_lateness = draw.OneIn(2) ? 800 * kMillisecond : 20 * kMillisecond;
  }
  if (draw.OneIn(4)) network.rows_lost_per_million = static_cast<uint32_t>(draw.Log(1000, 30'000));
  if (draw.OneIn(2)) network.strays_per_million = static_cast<uint32_t>(draw.Log(10'000, 500'000));
  if (draw.OneIn(8)) network.max_queued_bytes = size_t{32} << 10;
  return network;
}

// Within a life that would take `length` if nothing befell it.
void DrawMoment(Draw& draw, Nanos length, PlannedEvent* event) {
  switch (draw.Between(0, 5)) {
    case 0:
    case 1:
      event->at_change = draw.Between(0, draw.OneIn(2) ? 50 : 250);
      break;
    case 2:
      event->at_message = static_cast<uint64_t>(draw.Log(20, 3000));
      break;
    case 3:
      event->at_time = static_cast<Nanos>(draw.Log(1e6, static_cast<double>(length)));
      break;
    default:
      event->at_time = static_cast<Nanos>(draw.Fraction() * static_cast<double>(length));
  }
}

PlannedEvent DrawBlow(Draw& draw, Nanos length) {
  // Deaths are what most of recovery is for.
  constexpr std::array kBlows = {Event::kKill,      Event::kKill,    Event::kKill, Event::kPowerLoss, Event::kPowerLoss,
                                 Event::kLongPause, Event::kLongCut, Event::kStop, Event::kReadError, Event::kDamage};
  PlannedEvent blow{.event = kBlows[draw.Between(0, kBlows.size() - 1)]};
  if (blow.event != Event::kReadError && blow.event != Event::kDamage) DrawMoment(draw, length, &blow);
  blow.victim = draw.Between(0, 1000);
  blow.duration = kSecond * draw.Between(2, 8);
  blow.seen = draw.OneIn(2);
  return blow;
}

void AddMishap(Draw& draw, Nanos length, LifePlan* life) {
  PlannedEvent mishap{.event = static_cast<Event>(draw.Between(static_cast<int>(Event::kShortPause), kEvents - 1))};
  switch (mishap.event) {
    case Event::kDiskFull:
      life->disk.full_from = static_cast<Nanos>(draw.Log(1e6, 1e9));
      life->disk.full_until = life->disk.full_from + static_cast<Nanos>(draw.Log(1e6, 2e9));
      break;
    case Event::kWriteError:
      life->disk.changes_before_error = draw.Between(0, 60);
      break;
    case Event::kSyncError:
      life->disk.syncs_before_error = draw.Between(0, 30);
      break;
    default:
      DrawMoment(draw, length, &mishap);
      mishap.victim = draw.Between(0, 1000);
      mishap.duration = static_cast<Nanos>(draw.Log(1e6, 1e9));
      // One pause a life: two of a process together may be longer than it may be silent.
      if (mishap.event == Event::kShortPause &&
          std::any_of(life->events.begin(), life->events.end(),
                      [](const PlannedEvent& other) { return other.event == Event::kShortPause; })) {
        return;
      }
  }
  life->events.push_back(mishap);
}

LifePlan DrawLife(Draw& draw, double worker_seconds, bool struck) {
  LifePlan life{.servers = draw.Between(1, 3), .workers = draw.Between(1, 4), .network = DrawNetwork(draw)};
  const auto length = static_cast<Nanos>(1e9 * (worker_seconds / life.workers + 0.1));
  life.disk.latency = static_cast<Nanos>(draw.Log(1e4, draw.OneIn(4) ? 1e9 : 5e6));
  for (uint32_t mishaps = draw.Between(0, 2); mishaps > 0; --mishaps) AddMishap(draw, length, &life);
  for (uint32_t blows = struck ? draw.Between(1, 3) : 0; blows > 0; --blows) {
    const PlannedEvent blow = DrawBlow(draw, length);
    if (blow.event == Event::kReadError) life.disk.reads_before_error = draw.Between(0, 40);
    life.events.push_back(blow);
  }
  return life;
}

job::Job DrawJob(Draw& draw) {
  job::Job job;
  job.set_name("simulated");
  job.set_seed(draw.Between(1, 1'000'000));
  job.set_epochs(draw.Between(1, 3));
  job.mutable_objective()->mutable_skip_gram()->set_dim(draw.Between(1, 8));
  job.mutable_metrics()->set_enabled(false);
  job.mutable_progress()->set_quiet(true);
  job::ParameterServer& servers = *job.mutable_parameter_server();
  servers.set_access(draw.OneIn(6) ? job::ParameterServer::MAPPED : job::ParameterServer::REMOTE);
  servers.set_huge_pages(false);
  servers.set_request_timeout_seconds(0.5);
  if (draw.OneIn(4)) {
    job.set_determinism(job::Job::STRICT);
    job.set_units_per_round(draw.Between(1, 6));
    servers.set_access(job::ParameterServer::REMOTE);
  }
  // More patience than all mishaps together take.
  servers.set_max_retries(12);
  job::Checkpoint& checkpoint = *job.mutable_checkpoint();
  checkpoint.set_interval_seconds(0);
  if (draw.OneIn(4)) checkpoint.set_interval_epochs(draw.Log(0.05, 1));
  checkpoint.set_keep(draw.Between(1, 3));
  checkpoint.set_at_end(!draw.OneIn(3));
  return job;
}

}  // namespace

std::string NameOf(Event event) {
  constexpr std::array<const char*, kEvents> kNames = {
      "kill",   "power loss",  "long pause",           "long cut",  "stop",        "read error",
      "damage", "short pause", "checkpoint asked for", "full disk", "write error", "sync error"};
  return kNames[static_cast<size_t>(event)];
}

bool LifePlan::expected_to_end_well() const {
  return std::none_of(events.begin(), events.end(), [](const PlannedEvent& event) { return IsBlow(event.event); });
}

Scenario::Scenario(uint64_t seed) : seed(seed) {
  Draw draw(seed);
  items = draw.Between(20, 150);
  items_of_a_unit = draw.Between(1, 5);
  const double step_seconds = draw.Log(5e-4, 2e-2);
  step_time = absl::Seconds(step_seconds);
  job = DrawJob(draw);
  // Between a few and a few dozen checkpoints while two workers train.
  const double worker_seconds = step_seconds * static_cast<double>(items) * job.epochs();
  if (!draw.OneIn(8)) job.mutable_checkpoint()->set_interval_seconds(worker_seconds / draw.Log(6, 80));
  for (uint32_t struck = draw.Between(0, 6); struck > 0; --struck)
    lives.push_back(DrawLife(draw, worker_seconds, true));
  lives.push_back(DrawLife(draw, worker_seconds, false));
}

}  // namespace shoal
