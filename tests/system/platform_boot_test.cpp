// azl-platform boot with programs in place of QEMU: what it says when the VM does not come up.
// tests/vm/platform_boot boots a real image.
#include <filesystem>

#include <unistd.h>

#include "tests/system/lab.h"

namespace azl::test {
namespace {

namespace fs = std::filesystem;

/// Skips the tests where the other programs are missing that a boot needs; 'tests/setup vm'
/// installs them. Also where no network namespace can be made.
doctest::skip needs_programs() {
  const bool there =
      std::system(  // NOLINT(cert-env33-c)
                    // A shell may look only for the first name that "command -v" gets.
          "for each in qemu-img dnsmasq genisoimage jq ip ssh; do command -v $each || exit 1; done "
          ">/dev/null 2>&1; unshare --net true 2>/dev/null && test -c /dev/net/tun") == 0;
  if (!there) std::puts("skipped: 'tests/setup vm' installs the programs that a boot needs");
  return doctest::skip(!there || geteuid() != 0);
}

TEST_SUITE_BEGIN("platform boot" * needs_programs());

/// A directory with a program in place of QEMU and with a disk image.
class Bench {
 public:
  /// `script` is called with the options of QEMU, and gets the console's path as $console.
  explicit Bench(const std::string& script) {
    work_.write("bin/qemu-system-x86_64",
                "#!/bin/bash\nfor each; do [[ $each != file:* ]] || console=${each#file:}; done\n" +
                    script);
    fs::permissions(work_.path("bin/qemu-system-x86_64"), fs::perms{0755});
    work_.write("disk.raw", std::string(1 << 20, '\0'));
  }
  TemporaryTree& work() { return work_; }
  Ended boot(Strings arguments) {
    arguments.insert(
        arguments.begin(),
        {"/usr/bin/env", "PATH=" + work_.path("bin") + ":/usr/sbin:/usr/bin:/sbin:/bin",
         AZL_PLATFORM_PROGRAM, "boot"});
    Program program(arguments, work_.path(), "boot", {});
    // env(1) and azl-platform become the script, so all have this process id.
    const auto network = "/run/netns/azl-vm-" + std::to_string(program.pid());
    auto ended = program.wait();
    CHECK_FALSE(fs::exists(network));
    return ended;
  }
  Ended boot_disk(Strings arguments) {
    arguments.insert(arguments.begin(),
                     {work_.path("disk.raw"), "--accel=tcg", "--keep", work_.path("kept")});
    return boot(arguments);
  }

 private:
  TemporaryTree work_;
};

/// Tells the platform, as the agent of a VM does.
std::string tell(const std::string& body) {
  return "body='" + body + R"('
exec 3<>/dev/tcp/168.63.129.16/80
printf 'POST /provisioning/health HTTP/1.1\r\nHost: x\r\nx-ms-guest-agent-name: a v1\r\n' >&3
printf 'Content-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' ${#body} "$body" >&3
cat <&3 >/dev/null
exec sleep 1000
)";
}

TEST_CASE("a VM that does nothing is given up after the time-out, and its files are kept") {
  Bench bench(
      "printf 'Linux version 6.12\\r\\nsystemd[1]: hello\\r\\n' >\"$console\"\nexec sleep 1000\n");
  const auto before = read_file(bench.work().path("disk.raw"));
  const auto ended = bench.boot_disk({"--timeout=3"});
  INFO(ended);
  CHECK(ended.status == 1);
  CHECK(contains(ended.out, "told Ready               no   after 3 s; see console.log\n"));
  CHECK(contains(ended.out, "SSH works                no   sshd does not answer\n"));
  CHECK(contains(ended.err, "the kernel starts\n"));
  CHECK(contains(ended.err, "systemd starts\n"));
  CHECK(contains(bench.work().read("kept/console.log"), "systemd[1]"));
  CHECK(bench.work().exists("kept/disk.qcow2"));
  CHECK(read_file(bench.work().path("disk.raw")) == before);
}

TEST_CASE("a VM that tells NotReady ends the boot at once, with its reason") {
  Bench bench(tell(R"({"state":"NotReady","details":{"subStatus":"ProvisioningFailed",)"
                   R"("description":"the user has no key"}})"));
  const auto ended = bench.boot_disk({"--timeout=600"});
  INFO(ended);
  CHECK(ended.status == 1);
  CHECK(
      contains(ended.out, "told Ready               no   it told NotReady: the user has no key\n"));
  CHECK(contains(ended.err, "wireserver: POST /provisioning/health, answered 201\n"));
}

TEST_CASE("Ready alone is not enough: a login must work") {
  Bench bench(tell(R"({"state":"Ready"})"));
  const auto ended = bench.boot_disk({"--timeout=3"});
  INFO(ended);
  CHECK(ended.status == 1);
  CHECK(contains(ended.out, "told Ready               yes  after "));
  CHECK(contains(ended.out, "SSH works                no   sshd does not answer\n"));
  CHECK(contains(ended.out, "report fetched           no   nobody can log in\n"));
}

TEST_CASE("a QEMU that refuses its options is told with its message") {
  Bench bench("echo 'qemu: no such machine' >&2\nexit 1\n");
  const auto ended = bench.boot_disk({"--timeout=600"});
  INFO(ended);
  CHECK(ended.status == 1);
  CHECK(contains(ended.out, "QEMU ended: qemu: no such machine"));
}

TEST_CASE("the VM has the scenario's identity, NICs, DVD, memory and kernel") {
  Bench bench("printf '%s\\n' \"$@\" >\"${console%/*}/arguments\"\n");
  bench.work()
      .write("vm.json", R"({"vm": {"vm_id": "91267c52-9f02-4cfe-b1f4-a4da7ebac2cf",
                                   "interfaces": [{"mac": "00:0d:3a:00:00:01"}]}})")
      .write("linux", "")
      .write("initrd", "");
  const auto ended = bench.boot_disk({"--scenario", bench.work().path("vm.json"), "--memory=512",
                                      "--kernel", bench.work().path("linux"), "--initrd",
                                      bench.work().path("initrd"), "--append", "root=/dev/vda"});
  INFO(ended);
  const auto arguments = bench.work().read("kept/arguments");
  INFO(arguments);
  // A direct start of a kernel is a VM of generation 1, whose firmware swaps bytes.
  CHECK(contains(arguments, "uuid=527c2691-029f-fe4c-b1f4-a4da7ebac2cf\n"));
  CHECK(contains(arguments, "mac=00:0d:3a:00:00:01\n"));
  CHECK(contains(arguments, "/kept/dvd.iso,format=raw,media=cdrom"));
  CHECK(contains(arguments, "\n512\n"));
  CHECK(contains(arguments, "\nconsole=ttyS0 root=/dev/vda\n"));
  CHECK(contains(arguments, "\n" + bench.work().path("linux") + "\n"));
}

TEST_CASE("KVM is taken if QEMU can start a machine with it, and emulation otherwise") {
  struct Row {
    std::string answer;
    std::string accel;
  };
  for (const auto& [answer, accel] : {Row{"exit 0", "kvm"}, {"kill -ABRT $$", "tcg,"}}) {
    CAPTURE(answer);
    Bench bench("[[ ' '$*' ' != *' -monitor '* ]] || " + answer +
                "\nprintf '%s\\n' \"$@\" >\"${console%/*}/arguments\"\n");
    const auto ended =
        bench.boot({bench.work().path("disk.raw"), "--keep", bench.work().path("kept")});
    INFO(ended);
    CHECK(contains(bench.work().read("kept/arguments"), "\n-accel\n" + accel));
    CHECK(contains(ended.err, "KVM can't be used") == (accel != "kvm"));
    CHECK_FALSE(contains(ended.err, "Aborted"));
  }
}

TEST_CASE("nothing is started if an argument cannot be used") {
  Bench bench("touch \"${console%/*}/started\"\n");
  bench.work().write("bad.qcow2", "QFI\xfb garbage").write("full/file", "").mkdir("empty");
  const auto refused = [&](const Strings& arguments) {
    const auto ended = bench.boot(arguments);
    CHECK(ended.status != 0);
    CHECK(ended.out.empty());
    return ended.err;
  };
  const auto disk = bench.work().path("disk.raw");
  CHECK(contains(refused({bench.work().path("none")}), "none: No such file or directory"));
  CHECK(contains(refused({bench.work().path("empty")}), "is a directory"));
  CHECK(contains(refused({bench.work().path("bad.qcow2")}), "bad.qcow2 can't be read: "));
  CHECK(contains(refused({disk, "--keep", bench.work().path("full")}), "--keep: "));
  CHECK(contains(refused({disk, "--scenario", "nonesuch"}), "nonesuch"));
  CHECK(contains(refused({disk, "--initrd", disk}), "need --kernel"));
  CHECK(contains(refused({disk, "--identity-file", "/nonexistent"}), "--identity-file: "));
}

TEST_CASE("missing programs are told with the packages that have them") {
  TemporaryTree work;
  work.write("disk.raw", "").mkdir("bin");
  Program program({"/usr/bin/env", "PATH=" + work.path("bin"), AZL_PLATFORM_PROGRAM, "boot",
                   work.path("disk.raw")},
                  work.path(), "boot", {});
  const auto ended = program.wait();
  INFO(ended);
  CHECK(ended.status == 1);
  CHECK(
      contains(ended.err, "dnsmasq: in the package dnsmasq-base (Debian), dnsmasq (Azure Linux)"));
}

}  // namespace
}  // namespace azl::test
