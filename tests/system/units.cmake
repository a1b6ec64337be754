# What is installed beside the program, and the documents.
if(NOT AZL_TEST_PROGRAMS)
  find_package(nlohmann_json REQUIRED)

  add_executable(documents_test documents_test.cpp checks_document_test.cpp disk_document_test.cpp migrating_document_test.cpp
                 network_document_test.cpp)
  target_link_libraries(documents_test PRIVATE azl_test_main azl_provision nlohmann_json::nlohmann_json)
  add_test(NAME documents COMMAND documents_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(documents PROPERTIES LABELS unit TIMEOUT 900)
endif()

# The journals of a fleet, with the real journald, systemd-journal-upload and systemd-journal-remote. It tests no program of this
# build, so one build is enough.
if(NOT AZL_TEST_PROGRAMS)
  add_executable(journal_boots journal_boots.cpp)
  target_link_libraries(journal_boots PRIVATE azl_provision)
  add_test(NAME journal_fleet COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/journal_fleet_test.sh $<TARGET_FILE:journal_boots>)
  set_tests_properties(journal_fleet PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)
endif()

add_test(NAME units COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/units_test.sh ${PROJECT_BINARY_DIR}
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(units PROPERTIES LABELS system TIMEOUT 900)

add_test(NAME completion COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/completion_test.sh $<TARGET_FILE:azl-provision>
         $<TARGET_FILE:azl-platform>)
set_tests_properties(completion PROPERTIES LABELS system TIMEOUT 900)

# What apt, dnf and systemd make of the settings for automatic updates.
add_test(NAME system_updates COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/updates_test.sh $<TARGET_FILE:azl-provision> $<TARGET_FILE:azl-platform>)
set_tests_properties(system_updates PROPERTIES LABELS system TIMEOUT 900 SKIP_RETURN_CODE 77)
# SSH keys by certificate.
add_test(NAME system_certificates COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/certificates_test.sh $<TARGET_FILE:azl-provision>
         $<TARGET_FILE:azl-platform>)
set_tests_properties(system_certificates PROPERTIES LABELS system TIMEOUT 900 SKIP_RETURN_CODE 77)
# The examples of docs/embedding.md, and the README's commands, which install to /usr as the preset release does.
if(CMAKE_INSTALL_PREFIX STREQUAL /usr)
  add_test(NAME embedding COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/embedding_test.sh ${PROJECT_BINARY_DIR})
  set_tests_properties(embedding PROPERTIES LABELS system TIMEOUT 900 SKIP_RETURN_CODE 77)
endif()

# tests/mutate, on a tiny example.
add_test(NAME mutate COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutate_test.sh)
set_tests_properties(mutate PROPERTIES LABELS system TIMEOUT 900)

# The real systemd-networkd, in network namespaces.
add_test(NAME networkd COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/networkd_test.sh $<TARGET_FILE:azl-provision>
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(networkd PROPERTIES LABELS system TIMEOUT 900 SKIP_RETURN_CODE 77)

# The report's page: its markup, and how it looks in Chromium. 'tests/all --full' installs that.
add_test(NAME html COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/html_test.sh $<TARGET_FILE:azl-provision>)
set_tests_properties(html PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)
add_test(NAME html_browser COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/html_test.sh $<TARGET_FILE:azl-provision> --browser)
set_tests_properties(html_browser PROPERTIES LABELS "system;full" TIMEOUT 900 SKIP_RETURN_CODE 77)

# The report's trace, read by OpenTelemetry's own definitions. 'tests/all --full' installs npm.
add_test(NAME otlp COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/otlp_test.sh $<TARGET_FILE:azl-provision>)
set_tests_properties(otlp PROPERTIES LABELS "system;full" TIMEOUT 600 SKIP_RETURN_CODE 77)

# 'plan' on the machine itself, watched by strace.
add_test(NAME plan_live COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/plan_live_test.sh $<TARGET_FILE:azl-provision>)
set_tests_properties(plan_live PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)

# Without /proc, AddressSanitizer does not start.
if(NOT AZL_SANITIZE)
  add_test(NAME migrate_live COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/migrate_live_test.sh $<TARGET_FILE:azl-provision>
           $<TARGET_FILE:azl-platform>)
  set_tests_properties(migrate_live PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)
endif()

add_test(NAME bundle_live COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bundle_live_test.sh $<TARGET_FILE:azl-provision>)
set_tests_properties(bundle_live PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)

add_test(NAME custom_data_live COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/custom_data_live_test.sh $<TARGET_FILE:azl-provision>)
set_tests_properties(custom_data_live PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)

add_test(NAME cloud_init_live COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/cloud_init_live_test.sh $<TARGET_FILE:azl-provision>)
set_tests_properties(cloud_init_live PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)

# The real apt, on a repository and a tree of its own.
add_test(NAME custom_data_packages
         COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/custom_data_packages_test.sh $<TARGET_FILE:azl-provision>)
set_tests_properties(custom_data_packages PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)

# The real dnf 4, on a repository of its own.
add_test(NAME custom_data_dnf COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/custom_data_dnf_test.sh $<TARGET_FILE:azl-provision>)
set_tests_properties(custom_data_dnf PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)

# The real cloud-init, in a tree that is cached with the images of the VM lab. 'tests/all --fast' leaves it out.
if(NOT AZL_SANITIZE)
  add_test(NAME custom_data_beside_cloud_init
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/custom_data_beside_cloud_init_test.sh $<TARGET_FILE:azl-provision>)
  set_tests_properties(custom_data_beside_cloud_init PROPERTIES LABELS "system;tree" TIMEOUT 1800 PROCESSORS 2
                       SKIP_RETURN_CODE 77)
endif()

# Sanitizers make system calls of their own.
if(NOT AZL_SANITIZE)
  add_test(NAME syscalls COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/syscalls_test.sh ${PROJECT_BINARY_DIR})
  set_tests_properties(syscalls PROPERTIES LABELS system TIMEOUT 900 SKIP_RETURN_CODE 77)
endif()
