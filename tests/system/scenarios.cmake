# The whole program against the simulator: real sockets, files and tools.
find_package(doctest REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)

add_library(azl_lab STATIC lab.cpp program.cpp snapshot.cpp)
target_link_libraries(azl_lab PUBLIC azl_flags azl_base doctest::doctest nlohmann_json::nlohmann_json)
target_compile_definitions(azl_lab PRIVATE
  AZL_PROVISION_PROGRAM="$<TARGET_FILE:azl-provision>"
  AZL_PLATFORM_PROGRAM="$<TARGET_FILE:azl-platform>")
add_dependencies(azl_lab azl-provision azl-platform)

# azl_system_test(NAME LIBRARIES…) makes system_NAME of NAME_test.cpp.
function(azl_system_test NAME)
  add_executable(system_${NAME} ${NAME}_test.cpp)
  target_link_libraries(system_${NAME} PRIVATE azl_test_main azl_lab ${ARGN})
  add_test(NAME system_${NAME} COMMAND system_${NAME} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(system_${NAME} PROPERTIES LABELS system TIMEOUT 1800)
endfunction()

azl_system_test(accounts)
azl_system_test(custom_users)
azl_system_test(first_boot crypt)
azl_system_test(courses)
azl_system_test(closing)
azl_system_test(sources)
azl_system_test(telling)
azl_system_test(bad_input)
azl_system_test(severities)
azl_system_test(broken_boots)
azl_system_test(secrets crypt)
azl_system_test(at_once)
azl_system_test(commands)
azl_system_test(validate ZLIB::ZLIB)
target_compile_definitions(system_validate PRIVATE AZL_PROVISION_PROGRAM="$<TARGET_FILE:azl-provision>")
azl_system_test(terminal)
target_compile_definitions(system_terminal PRIVATE AZL_PROVISION_PROGRAM="$<TARGET_FILE:azl-provision>")
azl_system_test(hostile_tree)
azl_system_test(network)
azl_system_test(bundle)
target_compile_definitions(system_bundle PRIVATE AZL_PROVISION_PROGRAM="$<TARGET_FILE:azl-provision>")
azl_system_test(identity)
target_compile_definitions(system_identity PRIVATE AZL_PLATFORM_PROGRAM="$<TARGET_FILE:azl-platform>")

# Needs no program of ours, but mkfs and its kind.
add_executable(system_disks disks_test.cpp)
target_link_libraries(system_disks PRIVATE azl_test_main azl_disk)
add_test(NAME system_disks COMMAND system_disks WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(system_disks PROPERTIES LABELS system TIMEOUT 1800)
