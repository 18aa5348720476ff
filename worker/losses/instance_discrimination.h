// Instance discrimination: each picture is a class of its own, whose weights are its embedding in a memory bank.
//
// With all embeddings equal the softmax's loss is ln N, N the pictures in the bank. Rows of the bank are constants: the
// gradient goes into the embeddings only, and the bank follows them by a moving average elsewhere.
//
// Thread rule: functions of their arguments.
// Source: Wu et al. 2018, "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", equations 2 and 3
// (softmax), 4 to 8 (noise-contrastive estimation).

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "worker/losses/contrastive_loss.h"

namespace shoal {

// The full softmax. `embeddings` [batch, dim], `bank` [N, dim], rows of length 1; `rows` [batch] of int64: the
// pictures' places in the bank.
ContrastiveLoss InstanceSoftmaxLoss(const at::Tensor& embeddings, const at::Tensor& bank, const at::Tensor& rows,
                                    double temperature);

// Noise-contrastive estimation, for banks too large for that: each embedding has its picture's row in `positives`
// [batch, dim], and all of them share `negatives` [m, dim], drawn evenly from the bank of `bank_rows` rows.
// `normaliser` is Z, by which exp(cosine / temperature) becomes a probability.
ContrastiveLoss InstanceNceLoss(const at::Tensor& embeddings, const at::Tensor& positives, const at::Tensor& negatives,
                                double bank_rows, double normaliser, double temperature);

// Z as this batch and its negatives see it: bank_rows times the mean of exp(cosine / temperature).
double EstimateNormaliser(const at::Tensor& embeddings, const at::Tensor& negatives, double bank_rows,
                          double temperature);

}  // namespace shoal
