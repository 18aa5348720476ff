# NCCL, over which workers on GPUs sum: nccl::nccl, with CUDA's runtime. SHOAL_NCCL is on where nvcc and nccl.h are found;
# elsewhere the collective says that this build has none, and all else is as it is.

option(SHOAL_NCCL "Sums over GPUs by NCCL, where nvcc and nccl.h are found" ON)
if(NOT SHOAL_NCCL)
  message(STATUS "NCCL: not asked for, so no sums over GPUs (-DSHOAL_NCCL=ON asks)")
  return()
endif()

# Communicators that do not block are of this version and up.
set(nccl_least 2.14)
find_package(CUDAToolkit QUIET)
find_path(NCCL_INCLUDE nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
find_library(NCCL_LIBRARY nccl HINTS ${CUDAToolkit_LIBRARY_DIR} ${CUDAToolkit_LIBRARY_ROOT}/lib)
set(nccl_version 0)
if(NCCL_INCLUDE)
  file(STRINGS ${NCCL_INCLUDE}/nccl.h nccl_lines REGEX "^#define NCCL_(MAJOR|MINOR) ")
  string(REGEX REPLACE "[^0-9]+([0-9]+)[^0-9]+([0-9]+)" "\\1.\\2" nccl_version "${nccl_lines}")
endif()
if(NOT CUDAToolkit_FOUND OR NOT NCCL_LIBRARY OR nccl_version VERSION_LESS nccl_least)
  set(SHOAL_NCCL OFF)
  message(STATUS "NCCL: no nvcc, or no nccl.h of version ${nccl_least} or above, so no sums over GPUs")
  return()
endif()

add_library(nccl::nccl INTERFACE IMPORTED)
target_include_directories(nccl::nccl SYSTEM INTERFACE ${NCCL_INCLUDE})
target_link_libraries(nccl::nccl INTERFACE ${NCCL_LIBRARY} CUDA::cudart)
