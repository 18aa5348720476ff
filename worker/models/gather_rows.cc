#include "worker/models/gather_rows.h"

#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

namespace shoal {
namespace {

struct GatherFunction : torch::autograd::Function<GatherFunction> {
  using Context = torch::autograd::AutogradContext;
  using Tensors = torch::autograd::variable_list;

  static at::Tensor forward(Context* context, const at::Tensor& own, GroupExchange* exchange) {
    context->saved_data["exchange"] = reinterpret_cast<int64_t>(exchange);
    const at::Tensor rows = own.contiguous();
    const at::Tensor all = at::empty({exchange->size() * rows.size(0), rows.size(1)}, rows.options());
    const auto floats = static_cast<size_t>(rows.numel());
    exchange->Gather({rows.const_data_ptr<float>(), floats},
                     {all.mutable_data_ptr<float>(), floats * exchange->size()});
    return all;
  }

  static Tensors backward(Context* context, const Tensors& gradients) {
    auto& exchange = *reinterpret_cast<GroupExchange*>(context->saved_data["exchange"].toInt());
    // Summed in place, in a copy: what is handed over may be someone else's.
    const at::Tensor all = gradients[0].clone(at::MemoryFormat::Contiguous);
    exchange.BeginGradients({all.mutable_data_ptr<float>(), static_cast<size_t>(all.numel())});
    exchange.FinishGradients();
    const int64_t rows = all.size(0) / exchange.size();
    return {all.narrow(0, exchange.rank() * rows, rows), at::Tensor()};
  }
};

}  // namespace

at::Tensor GatherRows(const at::Tensor& own, GroupExchange* exchange) {
  return exchange->size() == 1 ? own : GatherFunction::apply(own, exchange);
}

}  // namespace shoal
