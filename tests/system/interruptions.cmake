# Runs that are killed, that find no room, or that find hostile links. The program under test is that
# of build/release where it is newer than this build's (see trees.sh).
function(azl_add_interruption NAME SCRIPT TIMEOUT LABELS)
  add_test(NAME ${NAME}
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/interruptions_${SCRIPT}_test.sh ${ARGN}
                   $<TARGET_FILE:azl-provision> $<TARGET_FILE:azl-platform>
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${NAME} PROPERTIES LABELS "${LABELS}" TIMEOUT ${TIMEOUT} PROCESSORS 2)
endfunction()

# Deadlines for a test that hangs. They are far away, for slow machines.
azl_add_interruption(interruptions_kill_sample kill 900 "system" --fast)
azl_add_interruption(interruptions_kill_home kill 900 "system" --home)
azl_add_interruption(interruptions_tools_sample tools 900 "system" --fast)
azl_add_interruption(interruptions_disk_sample disk 900 "system" --fast)
azl_add_interruption(interruptions_links_sample links 900 "system" --fast)
azl_add_interruption(interruptions_custom_data_sample custom_data 900 "system" --fast)
azl_add_interruption(interruptions_kill kill 3600 "system;slow")
azl_add_interruption(interruptions_tools tools 3600 "system;slow")
azl_add_interruption(interruptions_disk disk 3600 "system;slow")
azl_add_interruption(interruptions_links links 3600 "system;slow")
azl_add_interruption(interruptions_custom_data custom_data 3600 "system;slow")
# It waits more than it computes.
set_tests_properties(interruptions_custom_data interruptions_custom_data_sample PROPERTIES SKIP_RETURN_CODE 77 PROCESSORS 1)
