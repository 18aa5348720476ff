# LibTorch, which image encoders train with: the PyPI wheel that launch/install --torch unpacks into .libtorch/.
#
# The wheel's own TorchConfig.cmake insists on CUDA's toolkit, so torch::torch is made here: the CPU half, which runs
# without a GPU and without a driver. The CUDA half is loaded by who looks for GPUs (worker/models/gpus.cc); SHOAL_TORCH_CUDA
# says whether what it needs is there (launch/install --torch=cuda).
# Where the wheel is absent, SHOAL_TORCH is off and what needs it is not built: words train without it. launch/install writes
# .libtorch/wheels last: a wheel that it was kept from unpacking whole counts as absent.

file(GLOB torch_folders ${CMAKE_SOURCE_DIR}/.libtorch/lib/python3*/site-packages/torch)
if(torch_folders AND EXISTS ${CMAKE_SOURCE_DIR}/.libtorch/wheels)
  list(GET torch_folders 0 torch_folder)
endif()
if(torch_folder AND NOT SHOAL_SANITIZE STREQUAL "thread")
  set(SHOAL_TORCH ON)
else()
  set(SHOAL_TORCH OFF)
  message(STATUS "LibTorch: none that is whole in .libtorch/, so no image encoders (launch/install --torch brings it)")
  return()
endif()

cmake_path(GET torch_folder PARENT_PATH torch_site)
add_library(torch::torch INTERFACE IMPORTED)
target_include_directories(torch::torch SYSTEM INTERFACE
  ${torch_folder}/include ${torch_folder}/include/torch/csrc/api/include)
target_link_directories(torch::torch INTERFACE ${torch_folder}/lib)
# One header for each operator, where all of them cost seconds a unit; torch/torch.h costs 14.
target_compile_definitions(torch::torch INTERFACE AT_PER_OPERATOR_HEADERS)
# The wheel is built with the C++11 ABI.
target_link_libraries(torch::torch INTERFACE torch_cpu c10)
target_link_options(torch::torch INTERFACE
  -Wl,-rpath-link,${torch_folder}/lib -Wl,-rpath-link,${torch_site}/nvidia/cu13/lib)
# Where installed programs find it: CMake itself keeps no folder inside the source tree.
set(SHOAL_TORCH_RPATH ${torch_folder}/lib)

if(EXISTS ${torch_site}/nvidia/cudnn/lib)
  set(SHOAL_TORCH_CUDA ON)
else()
  set(SHOAL_TORCH_CUDA OFF)
endif()
