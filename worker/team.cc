#include "worker/team.h"

#include <algorithm>

#include "common/job/derived.h"

namespace shoal {

Team Team::Of(const wire::Welcome& welcome) {
  std::vector<const wire::Member*> workers;
  for (const wire::Member& member : welcome.member()) {
    if (member.role() == wire::WORKER) workers.push_back(&member);
  }
  std::sort(workers.begin(), workers.end(), [](const auto* a, const auto* b) { return a->index() < b->index(); });
  Team team;
  for (const wire::Member* worker : workers) {
    if (TrainsImages(welcome.job()) || worker->index() == welcome.index()) team.ranks.push_back(worker->rank());
  }
  if (!TrainsImages(welcome.job())) return team;
  if (welcome.index() > 0) {
    team.leader = team.ranks[0];
  } else {
    team.followers.assign(team.ranks.begin() + 1, team.ranks.end());
  }
  return team;
}

}  // namespace shoal
