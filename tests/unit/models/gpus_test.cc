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

TEST(GpusTest, WhoAsksForAGpuTooManyIsToldOfTheVariableThatHidesThem) {
  if (Gpus() == 0) GTEST_SKIP() << "this host has no GPU";
  EXPECT_TRUE(CheckGpu(0).ok());
  EXPECT_NE(CheckGpu(Gpus()).message().find("CUDA_VISIBLE_DEVICES"), std::string::npos) << CheckGpu(Gpus());
}

}  // namespace
}  // namespace shoal
