#include "worker/models/autocast.h"

#include <ATen/autocast_mode.h>

namespace shoal {

Autocast::Autocast(Precision precision, c10::DeviceType device)
    : applies_(precision == Precision::kBfloat16), device_(device) {
  if (!applies_) return;
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, at::kBFloat16);
}

Autocast::~Autocast() {
  if (!applies_) return;
  at::autocast::set_autocast_enabled(device_, false);
  // It keeps the weights that it cast.
  at::autocast::clear_cache();
}

bool Autocast::OnCpu() { return at::autocast::is_autocast_enabled(at::kCPU); }

}  // namespace shoal
