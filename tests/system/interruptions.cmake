# Runs that are killed, that find no room, or that find hostile links. strace does not work well with sanitizers, and the
# installed program is the one that has to survive.
if(AZL_SANITIZE)
  return()
endif()

function(azl_add_interruption NAME SCRIPT TIMEOUT LABELS)
  add_test(NAME ${NAME}
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/${SCRIPT} ${ARGN}
                   $<TARGET_FILE:azl-provision> $<TARGET_FILE:azl-platform>
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${NAME} PROPERTIES LABELS "${LABELS}" TIMEOUT ${TIMEOUT})
endfunction()

# Deadlines for a test that hangs. They are far away, for slow machines.
azl_add_interruption(interruptions_kill_sample interruptions_kill_test.sh 900 "system;sample" --fast)
azl_add_interruption(interruptions_kill_home interruptions_kill_test.sh 900 "system" --home)
azl_add_interruption(interruptions_tools_sample interruptions_tools_test.sh 900 "system;sample" --fast)
azl_add_interruption(interruptions_disk_sample interruptions_disk_test.sh 900 "system;sample" --fast)
azl_add_interruption(interruptions_links_sample interruptions_links_test.sh 900 "system;sample" --fast)
azl_add_interruption(interruptions_custom_data_sample interruptions_custom_data_test.sh 900 "system;sample" --fast)
azl_add_interruption(interruptions_deprovision_sample interruptions_deprovision_test.sh 900 "system;sample" --fast)
azl_add_interruption(interruptions_migrate_sample interruptions_migrate_test.sh 900 "system;sample" --fast)
azl_add_interruption(interruptions_kill interruptions_kill_test.sh 3600 "system;slow")
azl_add_interruption(interruptions_tools interruptions_tools_test.sh 3600 "system;slow")
azl_add_interruption(interruptions_disk interruptions_disk_test.sh 3600 "system;slow")
azl_add_interruption(interruptions_links interruptions_links_test.sh 3600 "system;slow")
azl_add_interruption(interruptions_custom_data interruptions_custom_data_test.sh 3600 "system;slow")
azl_add_interruption(interruptions_deprovision interruptions_deprovision_test.sh 3600 "system;slow")
azl_add_interruption(interruptions_migrate interruptions_migrate_test.sh 3600 "system;slow")
set_tests_properties(interruptions_custom_data interruptions_custom_data_sample PROPERTIES SKIP_RETURN_CODE 77)
# These start a worker for each processor.
foreach(test IN ITEMS kill tools)
  set_tests_properties(interruptions_${test} interruptions_${test}_sample PROPERTIES PROCESSORS 2)
endforeach()
