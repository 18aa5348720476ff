#include "common/job/encoder_size.h"

#include <array>

namespace shoal {
namespace {

// Counts layers as they are passed.
class Counter {
 public:
  // A convolution of `side` x `side` without a bias, and its batch normalisation.
  void Convolution(uint64_t in, uint64_t out, uint64_t side) {
    size_.parameters += in * out * side * side;
    size_.outputs_per_pixel += static_cast<double>(out) * scale_;
    Norm(out);
  }

  // What follows has half as many rows and columns.
  void Halve() { scale_ /= 4; }

  void Norm(uint64_t channels) {
    size_.parameters += 2 * channels;
    size_.buffers += 2 * channels;
  }

  void Linear(uint64_t in, uint64_t out) { size_.parameters += in * out + out; }

  // Two convolutions of 3 x 3, and a 1 x 1 on the way past them where the form changes.
  void BasicBlock(uint64_t in, uint64_t out) {
    Convolution(in, out, 3);
    Convolution(out, out, 3);
    if (in != out) Convolution(in, out, 1);
  }

  // 1 x 1, 3 x 3, 1 x 1, and a 1 x 1 on the way past them in a stage's first block.
  void Bottleneck(uint64_t in, uint64_t width, bool first) {
    Convolution(in, width, 1);
    Convolution(width, width, 3);
    Convolution(width, 4 * width, 1);
    if (first) Convolution(in, 4 * width, 1);
  }

  EncoderSize& size() { return size_; }

 private:
  EncoderSize size_;
  double scale_ = 1;  // Places of an output for each pixel.
};

void CountSmall(Counter* counter) {
  counter->Halve();
  counter->Convolution(3, 16, 3);
  counter->BasicBlock(16, 16);
  counter->Halve();
  counter->BasicBlock(16, 32);
  counter->Halve();
  counter->BasicBlock(32, 64);
  counter->size().features = 64;
}

void CountResNet(const std::array<int, 4>& blocks, bool bottlenecks, uint64_t stem_side, Counter* counter) {
  if (stem_side > 3) counter->Halve();
  counter->Convolution(3, 64, stem_side);
  if (stem_side > 3) counter->Halve();
  uint64_t in = 64, width = 64;
  for (const int count : blocks) {
    if (width > 64) counter->Halve();
    for (int block = 0; block < count; ++block) {
      if (bottlenecks) {
        counter->Bottleneck(in, width, block == 0);
      } else {
        counter->BasicBlock(in, width);
      }
      in = bottlenecks ? 4 * width : width;
    }
    width *= 2;
  }
  counter->size().features = in;
}

void CountNet(const job::ImageEncoder& encoder, Counter* counter) {
  // The larger stem where the pictures decide: some ten thousand parameters.
  const uint64_t stem_side = encoder.stem() == job::ImageEncoder::CIFAR ? 3 : 7;
  switch (encoder.net()) {
    case job::ImageEncoder::SMALL:
      return CountSmall(counter);
    case job::ImageEncoder::RESNET18:
      return CountResNet({2, 2, 2, 2}, false, stem_side, counter);
    case job::ImageEncoder::RESNET34:
      return CountResNet({3, 4, 6, 3}, false, stem_side, counter);
    case job::ImageEncoder::RESNET50:
      return CountResNet({3, 4, 6, 3}, true, stem_side, counter);
  }
}

void CountHead(const job::ProjectionHead& head, Counter* counter) {
  const uint64_t features = counter->size().features;
  if (head.kind() == job::ProjectionHead::LINEAR) return counter->Linear(features, head.dim());
  const uint64_t hidden = head.hidden_dim() == 0 ? features : head.hidden_dim();
  counter->Linear(features, hidden);
  counter->Linear(hidden, head.dim());
  if (head.kind() == job::ProjectionHead::NORMALISED_MLP) {
    counter->Norm(hidden);
    counter->Norm(head.dim());
  }
}

}  // namespace

EncoderSize EncoderSize::Of(const job::ImageEncoder& encoder) {
  Counter counter;
  CountNet(encoder, &counter);
  CountHead(encoder.head(), &counter);
  return counter.size();
}

uint64_t TrainingStateFloats(const job::Job& job) {
  constexpr uint64_t kCounters = 4096;  // Steps, batches that each normalisation has seen.
  const EncoderSize size = EncoderSize::Of(job.encoder());
  const uint64_t moments = job.encoder().optimizer().kind() == job::DenseOptimizer::ADAMW ? 2 : 1;
  const uint64_t encoders = job.objective().has_moco() ? 2 : 1;
  return (encoders + moments) * size.parameters + encoders * size.buffers + kCounters;
}

}  // namespace shoal
