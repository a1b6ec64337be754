# What writes to disks, and who decides that it may, on loop devices.
if(AZL_TEST_PROGRAMS)
  return()
endif()

add_executable(disk_writing_test disk_setup_test.cpp disk_writing_test.cpp)
target_link_libraries(disk_writing_test PRIVATE azl_test_main azl_disk azl_provision)
add_test(NAME disk_writing
         COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/disk_writing_test.sh $<TARGET_FILE:disk_writing_test>)
set_tests_properties(disk_writing PROPERTIES LABELS system TIMEOUT 1800 SKIP_RETURN_CODE 77)
