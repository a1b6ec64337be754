#include "provision/config/values.h"

#include <doctest/doctest.h>

using namespace azl::provision;

TEST_CASE("a size has units that are powers of 1024, and an upper limit") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("4096") == 4096);
  CHECK(parse_size("1K") == 1024);
  CHECK(parse_size("2G") == 2ULL << 30U);
  CHECK(parse_size("16T") == 16ULL << 40U);
  for (const char* bad :
       {"", "G", "-1", "1.5G", "1 G", "1GB", "1g", "17T", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad));
  }
}

TEST_CASE("DataDisk= is parsed word by word") {
  azl::disk::DataDisk data;
  CHECK(parse_data_disk("lun=3 fs=xfs label=db mount=/srv/db options=noatime overwrite=yes", data)
            .empty());
  CHECK(data.lun == 3);
  CHECK(data.file_system == "xfs");
  CHECK(data.label == "db");
  CHECK(data.mount_point == "/srv/db");
  CHECK(data.options == "noatime");
  CHECK(data.overwrite);
  azl::disk::DataDisk plain;
  CHECK(parse_data_disk("lun=0", plain).empty());
  CHECK(plain.file_system == "ext4");
  CHECK_FALSE(plain.overwrite);
  for (const char* bad :
       {"fs=xfs", "lun=-1", "lun=x", "lun=0 fs=ntfs", "lun=0 mount=data", "lun=0 overwrite",
        "lun=0 overwrite=maybe", "lun=0 size=3", "lun=0 label=a/b"}) {
    CAPTURE(bad);
    azl::disk::DataDisk ignored;
    CHECK_FALSE(parse_data_disk(bad, ignored).empty());
  }
}
