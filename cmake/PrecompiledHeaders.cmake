# Headers of libraries, parsed once and not by each unit: absl's status costs a unit two seconds, what protoc makes two
# more, a tensor with autograd ten. Sources name all that they use nonetheless: the sanitizers' presets build without
# (CMAKE_DISABLE_PRECOMPILE_HEADERS), where an include that is missing shows.
#
# A folder says by SHOAL_PRECOMPILED what its targets are compiled with; libraries and tests, as GCC takes headers
# of -fPIC in no unit of -fPIE:
#   status    the standard library's common headers and absl's status: where nothing is said
#   messages  the same and proto/*.pb.h, where most units read or write messages. It costs a unit without them .3 s.
#   torch     the same as status and ATen: libraries that link torch::torch, whatever is said. Never with messages:
#             the wheel brings a protobuf of its own.
#   none      for units that include none of it, or are compiled for a processor of their own
# In tests GoogleTest too. Programs and benches have none: at -O3 some take longer with them than without.

# shoal_precompiled(name OPTION -fPIC|-fPIE LINK targets HEADERS <a> ...): what shoal_reuse_precompiled gives to targets.
function(shoal_precompiled name)
  cmake_parse_arguments(ARG "" "OPTION" "LINK;HEADERS" ${ARGN})
  set(empty ${CMAKE_CURRENT_BINARY_DIR}/precompiled_${name}.cc)
  file(TOUCH ${empty})
  add_library(shoal_precompiled_${name} OBJECT EXCLUDE_FROM_ALL ${empty})
  set_target_properties(shoal_precompiled_${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(shoal_precompiled_${name} PRIVATE ${ARG_OPTION})
  target_link_libraries(shoal_precompiled_${name} PRIVATE ${ARG_LINK})
  target_precompile_headers(shoal_precompiled_${name} PRIVATE ${ARG_HEADERS})
endfunction()

# kind: libraries or tests.
function(shoal_reuse_precompiled target kind)
  if(CMAKE_DISABLE_PRECOMPILE_HEADERS)
    return()
  endif()
  set(family ${SHOAL_PRECOMPILED})
  get_target_property(linked ${target} LINK_LIBRARIES)
  if("torch::torch" IN_LIST linked)
    set(family torch)
  elseif(NOT family)
    set(family status)
  endif()
  # Too few tests see Torch's headers to pay for them.
  if(family STREQUAL "none" OR (family STREQUAL "torch" AND kind STREQUAL "tests"))
    return()
  endif()
  target_precompile_headers(${target} REUSE_FROM shoal_precompiled_${family}_${kind})
  # ccache asks for -fpch-preprocess. Of precompiled headers GCC 12 does not know that they are the system's, and warns of
  # std::string's own code where it inlines it.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
endfunction()

set(status
  <algorithm> <array> <atomic> <chrono> <cmath> <cstdint> <cstring> <filesystem> <functional> <map> <memory> <mutex> <numeric>
  <optional> <span> <sstream> <string> <string_view> <utility> <vector>
  <absl/status/status.h> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/time/time.h>)
set(messages ${status} <proto/checkpoint.pb.h> <proto/job.pb.h> <proto/wire.pb.h>)
set(torch ${status}
  <ATen/TensorOperators.h> <ATen/core/Tensor.h> <ATen/core/grad_mode.h> <torch/csrc/autograd/custom_function.h>)
set(gtest <gmock/gmock.h> <gtest/gtest.h>)

shoal_precompiled(status_libraries OPTION -fPIC LINK absl::statusor HEADERS ${status})
shoal_precompiled(messages_libraries OPTION -fPIC LINK shoal_proto HEADERS ${messages})
if(SHOAL_TORCH)
  shoal_precompiled(torch_libraries OPTION -fPIC LINK torch::torch HEADERS ${torch})
endif()
if(SHOAL_TESTS)
  shoal_precompiled(status_tests OPTION -fPIE LINK absl::statusor GTest::gtest GTest::gmock HEADERS ${status} ${gtest})
  shoal_precompiled(messages_tests OPTION -fPIE LINK shoal_proto GTest::gtest GTest::gmock HEADERS ${messages} ${gtest})
endif()
