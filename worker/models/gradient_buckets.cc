#include "worker/models/gradient_buckets.h"

#include <torch/csrc/autograd/variable.h>

#include <memory>
#include <utility>

namespace shoal {

class GradientBuckets::Hook : public torch::autograd::PostAccumulateGradHook {
 public:
  Hook(GradientBuckets* owner, size_t bucket) : owner_(owner), bucket_(bucket) {}
  void operator()(const torch::autograd::Variable& /*parameter*/) override { owner_->Complete(bucket_); }

 private:
  GradientBuckets* const owner_;
  const size_t bucket_;
};

GradientBuckets::GradientBuckets(size_t bucket_floats, WhenComplete when_complete, ModelTensors* tensors)
    : when_complete_(std::move(when_complete)), tensors_(tensors) {
  Cut(bucket_floats);
}

void GradientBuckets::Cut(size_t bucket_floats) {
  const auto& parameters = tensors_->parameters();
  for (size_t i = parameters.size(); i-- > 0;) {
    if (buckets_.empty() || buckets_.back().size >= bucket_floats) buckets_.push_back({});
    Bucket& bucket = buckets_.back();
    bucket.offset = parameters[i].offset;
    bucket.size += parameters[i].size;
    ++bucket.parameters;
    torch::autograd::impl::set_post_acc_grad_hooks(parameters[i].tensor,
                                                   std::make_unique<Hook>(this, buckets_.size() - 1));
  }
}

GradientBuckets::~GradientBuckets() {
  for (const ModelTensor& parameter : tensors_->parameters()) {
    torch::autograd::impl::set_post_acc_grad_hooks(parameter.tensor, nullptr);
  }
}

void GradientBuckets::Begin(int passes) {
  tensors_->ClearGradients();
  for (Bucket& bucket : buckets_) bucket.incomplete = bucket.parameters * passes;
  next_ = 0;
}

void GradientBuckets::Complete(size_t bucket) {
  --buckets_[bucket].incomplete;
  HandOver(/*incomplete_too=*/false);
}

void GradientBuckets::Finish() { HandOver(/*incomplete_too=*/true); }

void GradientBuckets::HandOver(bool incomplete_too) {
  while (next_ < buckets_.size() && (incomplete_too || buckets_[next_].incomplete == 0)) {
    const Bucket& bucket = buckets_[next_++];
    when_complete_(tensors_->gradient_memory().subspan(bucket.offset, bucket.size));
  }
}

}  // namespace shoal
