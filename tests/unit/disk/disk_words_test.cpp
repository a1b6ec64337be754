#include "disk/disk_words.h"

#include <string>

#include <doctest/doctest.h>

using namespace azl::disk;

TEST_CASE("a mount point is an absolute path without '.' or '..', and no directory of the system") {
  for (const char* good : {"/mnt", "/a/b", "/home/data", "/var/lib/docker", "/data disk",
                           "/.hidden", "/usr/local/data"}) {
    CAPTURE(good);
    CHECK(is_mount_point(good));
  }
  for (const char* bad :
       {"",         "/",        "mnt",        "/mnt/",     "//mnt",
        "/a//b",    "/a/../b",  "/a/./b",     "/a\n",      "/..",
        "/home",    "/var",     "/etc",       "/dev/x",    "/run/x",
        "/etc/ssh", "/usr/bin", "/usr/local", "/boot/efi", "/var/lib/azl-provision"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_mount_point(bad));
  }
  CHECK_FALSE(is_mount_point("/" + std::string(200, 'a')));
}

TEST_CASE("a label is valid for every file system, and mount options are valid in fstab") {
  CHECK(is_label(""));
  CHECK(is_label("data-1_x.y"));
  CHECK_FALSE(is_label("thirteen-long"));
  CHECK_FALSE(is_label("a b"));
  CHECK_FALSE(is_label("a/b"));
  CHECK(are_mount_options(""));
  CHECK_FALSE(are_mount_options(std::string(1025, 'a')));
  CHECK(are_mount_options("noatime,x-systemd.growfs,uid=0"));
  CHECK_FALSE(are_mount_options("noatime, ro"));
  CHECK_FALSE(are_mount_options("a\\040b"));
}
