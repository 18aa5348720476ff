#include "common/version.h"

namespace shoal {

std::string_view Version() { return SHOAL_VERSION; }

std::string_view Compiler() { return SHOAL_COMPILER; }

}  // namespace shoal
