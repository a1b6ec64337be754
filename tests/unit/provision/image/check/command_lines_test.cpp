#include "provision/image/check/command_lines.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace azl::provision;

namespace {

/// "LINE TEXT" of each command line, with "?" behind one that is not complete.
std::vector<std::string> lines_of(const std::string& grub, const BootVariables& known = {}) {
  std::vector<std::string> lines;
  for (const auto& each : parse_grub_config({.path = "/grub.cfg", .text = grub}, known))
    lines.push_back(std::to_string(each.line.line) + " " + each.line.text +
                    (each.complete ? "" : "?"));
  return lines;
}
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the kernel command lines of a grub.cfg are read with their variables") {
  CHECK(lines_of("menuentry 'x' {\n\tlinux\t/boot/vmlinuz-6 root=UUID=1 ro console=ttyS0\n}\n") ==
        Lines{"2 root=UUID=1 ro console=ttyS0"});
  CHECK(lines_of("linux16 /k a=1\nlinuxefi /k b\nlinux /k\n") == Lines{"1 a=1", "2 b"});
  // Azure Linux 3
  CHECK(lines_of("set systemd_cmdline=\"console=ttyS0\"\nset x=\"$systemd_cmdline ro\"\n"
                 "linux $bootprefix/$mariner_linux root=$rootdevice $x\n",
                 {{"rootdevice", "LABEL=r"}}) == Lines{"3 root=LABEL=r console=ttyS0 ro"});
  CHECK(lines_of("linux /k ro ${kernelopts}\n") == Lines{"1 ro ?"});
  CHECK(lines_of("linux /k ro ${kernelopts} q\n", {{"kernelopts", "console=ttyS0"}}) ==
        Lines{"1 ro console=ttyS0 q"});
  CHECK(lines_of("linux /k ro $tuned_params\n") == Lines{"1 ro "});
  CHECK(lines_of("linux /k ro $ ${ $\n").size() == 1);
}

TEST_CASE("entries for rescue are left out") {
  CHECK(lines_of(
            "linux /k ro single\nlinux /k ro systemd.unit=rescue.target\nlinux /k ro singles\n") ==
        Lines{"3 ro singles"});
}

TEST_CASE("variables that refer to one another do not grow without end") {
  std::string text = "set a=xxxxxxxxxxxxxxxx\n";
  for (int i = 0; i < 64; ++i) text += "set a=$a$a\n";
  const auto lines = lines_of(text + "linux /k $a\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().size() < std::size_t{1} << 18);
}

TEST_CASE("the options of a boot entry are joined") {
  const auto entry = parse_boot_entry(
      {.path = "/e.conf",
       .text = "title x\nlinux /k\noptions root=UUID=1 $kernelopts\noptions quiet\n"},
      {{"kernelopts", "console=ttyS0"}});
  REQUIRE(entry);
  CHECK(entry->line.text == "root=UUID=1 console=ttyS0 quiet");
  CHECK(entry->line.line == 3);
  CHECK(entry->complete);
  CHECK(!parse_boot_entry({.path = "/e.conf", .text = "title x\nefi /x.efi\n"}, {}));
  CHECK(!parse_boot_entry({.path = "/e.conf", .text = "options x"}, {})->line.text.empty());
  CHECK(!parse_boot_entry({.path = "/e.conf", .text = "options $x\n"}, {})->complete);
}

TEST_CASE("the defaults of GRUB are read in the order of their files") {
  const auto line = parse_grub_defaults(
      {{.path = "/etc/default/grub",
        .text = "# x\nGRUB_CMDLINE_LINUX=\"a b\"\nGRUB_CMDLINE_LINUX_DEFAULT='quiet'\n"},
       {.path = "/etc/default/grub.d/c.cfg",
        .text = "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX console=ttyS0\"\n"}});
  REQUIRE(line);
  CHECK(line->line.text == "a b console=ttyS0 quiet");
  CHECK(line->line.path == "/etc/default/grub.d/c.cfg");
  CHECK(line->line.line == 1);
  CHECK(!parse_grub_defaults({{.path = "/etc/default/grub", .text = "GRUB_TIMEOUT=0\n"}}));
}
