# The whole program against the simulator: real sockets, files and tools.
if(NOT AZL_TEST_PROGRAMS)
  find_package(doctest REQUIRED)
  find_package(nlohmann_json REQUIRED)
  find_package(ZLIB REQUIRED)

  add_library(azl_lab STATIC lab.cpp program.cpp snapshot.cpp)
  target_link_libraries(azl_lab PUBLIC azl_flags azl_base doctest::doctest nlohmann_json::nlohmann_json PRIVATE azl_platform_lib)
  target_compile_definitions(azl_lab PUBLIC
    AZL_PROVISION_PROGRAM="$<TARGET_FILE:azl-provision>"
    AZL_PLATFORM_PROGRAM="$<TARGET_FILE:azl-platform>")
  add_dependencies(azl_lab azl-provision azl-platform)
endif()

# azl_system_test(NAME LIBRARIES…) makes system_NAME of NAME_test.cpp, or takes it from the build AZL_TEST_PROGRAMS. It tests the
# program of this build.
function(azl_system_test NAME)
  if(AZL_TEST_PROGRAMS)
    set(test ${AZL_TEST_PROGRAMS}/tests/system/system_${NAME})
  else()
    set(test system_${NAME})
    add_executable(system_${NAME} ${NAME}_test.cpp)
    target_link_libraries(system_${NAME} PRIVATE azl_test_main azl_lab ${ARGN})
  endif()
  add_test(NAME system_${NAME} COMMAND ${test} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(system_${NAME} PROPERTIES LABELS system TIMEOUT 1800
                       ENVIRONMENT "AZL_PROVISION=$<TARGET_FILE:azl-provision>")
  set(system_${NAME} ${test} PARENT_SCOPE)
endfunction()

azl_system_test(accounts)
azl_system_test(at_once)
azl_system_test(attested)
azl_system_test(bundle)
azl_system_test(check_image ZLIB::ZLIB)
azl_system_test(closing)
azl_system_test(cloud_init)
azl_system_test(commands)
azl_system_test(courses)
azl_system_test(custom_users)
azl_system_test(deprovision azl_provision)
azl_system_test(first_boot crypt)
azl_system_test(fleet)
azl_system_test(hostile_tree)
azl_system_test(identity)
azl_system_test(migrate)
azl_system_test(network)
azl_system_test(platform_boot)
azl_system_test(preprovisioned)
# The same wait as in system_preprovisioned, for a minute.
add_test(NAME preprovisioned_minute COMMAND ${system_preprovisioned} "--test-case=while IMDS holds its answer*"
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(preprovisioned_minute PROPERTIES LABELS "system;full"
                     ENVIRONMENT "AZL_PROVISION=$<TARGET_FILE:azl-provision>;AZL_WATCHED_SECONDS=60")
azl_system_test(secrets crypt)
azl_system_test(severities)
azl_system_test(telling)
azl_system_test(terminal)
azl_system_test(trace)
azl_system_test(validate ZLIB::ZLIB)
azl_system_test(wsl)

# These run once, in the build that compiles them: the first three take minutes, and the last one tests mkfs and its kind with our
# library.
if(NOT AZL_TEST_PROGRAMS)
  azl_system_test(bad_input)
  azl_system_test(broken_boots)
  azl_system_test(sources)
  # ctest starts these first, so that no processor waits for them at the end.
  set_tests_properties(system_bad_input system_broken_boots system_sources PROPERTIES COST 200)

  add_executable(system_disks disks_test.cpp)
  target_link_libraries(system_disks PRIVATE azl_test_main azl_disk)
  add_test(NAME system_disks COMMAND system_disks WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(system_disks PROPERTIES LABELS system TIMEOUT 1800)
endif()
