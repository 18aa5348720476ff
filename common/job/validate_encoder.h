// CheckEncoder: what is wrong with an image encoder's settings besides single values.
//
// Pure function; safe from any thread.

#pragma once

#include <string>
#include <vector>

#include "proto/job.pb.h"

namespace shoal {

// Adds a line for each mistake; for a job of another kind of objective, that it has an encoder at all.
void CheckEncoder(const job::Job& job, std::vector<std::string>* mistakes);

}  // namespace shoal
