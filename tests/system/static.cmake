# Looks at the sources, not at the program. Once is enough: in the build with the sanitizers.
if(AZL_SANITIZE)
  add_test(NAME format COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/format)
  add_test(NAME layering COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/layering)
  add_test(NAME named COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/named ${PROJECT_BINARY_DIR})
  add_test(NAME scripts COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/scripts)
  add_test(NAME tidy COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tidy ${PROJECT_BINARY_DIR})
  add_test(NAME tidy_stamps COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tidy_test.sh)
  # Makes clang-tidy faster. Without the headers of its own version, it does without.
  find_program(AZL_LLVM_CONFIG NAMES llvm-config-19 DOC "Tells where LLVM's headers are")
  if(AZL_LLVM_CONFIG)
    execute_process(COMMAND ${AZL_LLVM_CONFIG} --includedir OUTPUT_VARIABLE llvm_headers OUTPUT_STRIP_TRAILING_WHITESPACE)
    find_path(AZL_CLANG_HEADERS clang/Frontend/FrontendPluginRegistry.h NO_DEFAULT_PATH
              PATHS ${llvm_headers} /usr/lib/llvm-19/include DOC "clang's headers")
    if(AZL_CLANG_HEADERS AND EXISTS ${llvm_headers}/llvm/ADT/StringRef.h)
      add_library(tidy_scope MODULE tidy_scope.cpp)
      target_include_directories(tidy_scope SYSTEM PRIVATE ${llvm_headers} ${AZL_CLANG_HEADERS})
    endif()
  endif()
  set_tests_properties(format layering named scripts tidy_stamps PROPERTIES LABELS static TIMEOUT 900)
  # It takes all processors itself.
  include(ProcessorCount)
  ProcessorCount(processors)
  if(processors EQUAL 0)
    set(processors 1)
  endif()
  set_tests_properties(tidy PROPERTIES LABELS "static;slow" TIMEOUT 2700 PROCESSORS ${processors} COST 1000)
  # tests/all builds the preset "fuzz" before; by hand, build it first.
  foreach(target IN ITEMS custom_data_parts custom_data_plan disks ethtool goal_state identify instance jinja key_string kvp
                           lease links merge ovf yaml_tree)
    add_test(NAME fuzz_${target} COMMAND ${PROJECT_SOURCE_DIR}/tests/fuzz/run --built --seconds 20 ${target})
    set_tests_properties(fuzz_${target} PROPERTIES LABELS "fuzz;slow" TIMEOUT 600 COST 20)
  endforeach()
endif()
