#include "worker/models/gpus.h"

#include <ATen/Context.h>

#include "gtest/gtest.h"

namespace shoal {
namespace {

// What Torch is told can be asked of it without a GPU.
TEST(GpusTest, SetUpFloat32IsNotTf32InConvolutionsNorInProducts) {
  SetUpGpus();
  const at::Context& context = at::globalContext();
  EXPECT_FALSE(context.allowTF32CuDNN(at::Float32Op::CONV));
  EXPECT_FALSE(context.allowTF32CuBLAS());
  EXPECT_EQ(context.float32Precision(at::Float32Backend::CUDA, at::Float32Op::CONV), at::Float32Precision::IEEE);
  EXPECT_EQ(context.float32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL), at::Float32Precision::IEEE);
}

}  // namespace
}  // namespace shoal
