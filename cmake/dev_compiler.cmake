# Chooses the compiler of the sanitized build, before project().
#
# clang 19 compiles it in about half of gcc's time, and its fuzz targets are part of the same build. gcc takes over
# where no clang is installed that can do that. CMAKE_CXX_COMPILER and the environment's CXX go first.
if(NOT AZL_SANITIZE OR CMAKE_CXX_COMPILER OR DEFINED ENV{CXX})
  return()
endif()
# Debian has the version in the name, Azure Linux does not.
find_program(AZL_CLANG NAMES clang++-19 clang++ DOC "clang for the sanitized build")
if(NOT AZL_CLANG)
  return()
endif()
set(probe ${CMAKE_BINARY_DIR}/CMakeFiles/clang_probe)
file(WRITE ${probe}.cpp "#include <cstddef>\n#include <expected>\n"
     "extern \"C\" int LLVMFuzzerTestOneInput(const char*, std::size_t) { return std::expected<int, char>(0).value(); }\n")
execute_process(COMMAND ${AZL_CLANG} -std=c++2b -fsanitize=address,undefined,fuzzer ${probe}.cpp -o ${probe}
                RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(failed)
  message(STATUS "${AZL_CLANG} cannot build the fuzz targets, so the default compiler is used: ${said}")
else()
  set(CMAKE_CXX_COMPILER ${AZL_CLANG} CACHE FILEPATH "C++ compiler")
endif()
