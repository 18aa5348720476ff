# The only ways a target comes to be: shoal_library, shoal_binary, shoal_test, shoal_bench, shoal_fuzz.
# Includes are written from the repository root ("common/status.h"); what a module may include is what it links.

add_compile_options(-Wall -Wextra -Wno-sign-compare -Wno-missing-field-initializers)
# Where GCC 12 inlines std::string and std::function it warns of the library's own code.
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
# GCC collects garbage from 128 MiB on, which each unit with a large header reaches: not before 512 it is 8 % quicker.
add_compile_options($<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=524288>)
if(SHOAL_SANITIZE)
  # Any finding ends the program: a test that goes on after one would pass.
  add_compile_options(-fsanitize=${SHOAL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g -O1)
  add_link_options(-fsanitize=${SHOAL_SANITIZE})
  if(SHOAL_SANITIZE STREQUAL "thread")
    # Debian's libraries are not instrumented, and protobuf lays out its maps otherwise for those that are.
    add_compile_options(-U__SANITIZE_THREAD__)
  endif()
endif()
if(SHOAL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

include(PrecompiledHeaders)

# shoal_library(name SOURCES a.cc ... [PUBLIC targets] [PRIVATE targets]): static library shoal::name.
function(shoal_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(shoal_${name} STATIC ${ARG_SOURCES})
  add_library(shoal::${name} ALIAS shoal_${name})
  target_include_directories(shoal_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(shoal_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  shoal_reuse_precompiled(shoal_${name} libraries)
endfunction()

# shoal_binary(name SOURCES main.cc LINK targets): build/bin/name, installed to bin/.
function(shoal_binary name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# shoal_test(name SOURCES x_test.cc ... LINK targets): one GoogleTest program; CTest sees each of its tests. Its own units
# at -O1, which takes the compiler a quarter less: what they test is optimised in its library.
function(shoal_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  shoal_reuse_precompiled(${name} tests)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()

# shoal_bench(name SOURCES x_bench.cc LINK targets): one program, not installed.
function(shoal_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} benchmark::benchmark)
endfunction()

# shoal_fuzz(name SOURCES x_fuzz.cc LINK targets): one libFuzzer program, build-fuzz/bin/name (preset fuzz only).
function(shoal_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
