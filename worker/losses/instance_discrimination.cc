#include "worker/losses/instance_discrimination.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/softplus.h>

#include <algorithm>
#include <cmath>

namespace shoal {

ContrastiveLoss InstanceSoftmaxLoss(const at::Tensor& embeddings, const at::Tensor& bank, const at::Tensor& rows,
                                    double temperature) {
  const auto logits = at::mm(embeddings / temperature, bank.detach().t());  // [batch, N]
  ContrastiveLoss result{.loss = at::cross_entropy_loss(logits, rows)};

  const at::NoGradGuard no_gradient;
  const auto positive = logits.gather(1, rows.unsqueeze(1)).squeeze(1);
  result.positive_similarity = positive.mean() * temperature;
  // Of a bank of one, 0 by 1.
  const double others = static_cast<double>(std::max<int64_t>(1, bank.size(0) - 1));
  result.negative_similarity = ((logits.sum(1) - positive) / others).mean() * temperature;
  result.accuracy = logits.argmax(1).eq(rows).to(at::kFloat).mean();
  return result;
}

ContrastiveLoss InstanceNceLoss(const at::Tensor& embeddings, const at::Tensor& positives, const at::Tensor& negatives,
                                double bank_rows, double normaliser, double temperature) {
  const auto sharpened = embeddings / temperature;
  const auto positive = (sharpened * positives.detach()).sum(1);  // [batch]
  const auto noise = at::mm(sharpened, negatives.detach().t());   // [batch, m]
  // P / (P + m / N) with P = exp(logit) / Z is the sigmoid of logit - ln Z - ln(m / N).
  const double offset = std::log(normaliser) + std::log(negatives.size(0) / bank_rows);
  const auto losses = at::softplus(offset - positive) + at::softplus(noise - offset).sum(1);
  ContrastiveLoss result{.loss = losses.mean()};

  const at::NoGradGuard no_gradient;
  result.positive_similarity = positive.mean() * temperature;
  result.negative_similarity = noise.mean() * temperature;
  result.accuracy = (positive > noise.amax(1)).to(at::kFloat).mean();
  return result;
}

double EstimateNormaliser(const at::Tensor& embeddings, const at::Tensor& negatives, double bank_rows,
                          double temperature) {
  const at::NoGradGuard no_gradient;
  return bank_rows * at::mm(embeddings / temperature, negatives.t()).exp_().mean().item<double>();
}

}  // namespace shoal
