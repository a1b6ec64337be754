"""Makes the records of boots in a tree: boot_records.py TREE

Two usual boots, the later one slower and with a warning; one that failed, with hostile texts of great length; and the
times that systemd has of the second one, TREE/times.json.
"""
import json
import os
import sys

root = sys.argv[1]
FIRST = "11111111-1111-4111-8111-111111111111"
SECOND = "22222222-2222-4222-8222-222222222222"
HOSTILE = "33333333-3333-4333-8333-333333333333"
VM = "4b7c0a6e-2f31-4c55-9d2a-7f0e6f6f1a11"


def save(stage, boot, started, since, took, steps, **members):
    record = {
        "schema_version": 1, "agent": "azl-provision/0.1.0", "stage": stage, "boot_id": boot, "vm_id": VM, "root": "/",
        "started": started, "since_boot_us": since, "began_us": since, "took_us": took, "outcome": "ready",
        "course": "provision", "hostname": "web-1", "exit_status": 0, "cpu_us": 24000, "children_cpu_us": 180000,
        "max_rss_kib": 15500, "steps": steps}
    record.update(members)
    folder = f"{root}/var/lib/azl-provision/boots/{boot}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/{stage}.json", "w", encoding="utf-8") as file:
        json.dump(record, file)


def step(name, start, took, why="", outcome="done", tools=()):
    return {"name": name, "what": "", "outcome": outcome, "why": why, "start_us": start, "took_us": took,
            "tools": [{"program": program, "wall_us": wall, "cpu_us": wall // 3, "ok": ok} for program, wall, ok in tools]}


def finding(severity, name, chain, advice):
    return {"severity": severity, "step": name, "reason": "sshd", "chain": chain, "advice": advice}


def request(endpoint, text, at, took, status, outcome):
    return {"endpoint": endpoint, "request": text, "at": at, "took_us": took, "status": status, "outcome": outcome}


def told(channel, how, at, delivered=True):
    return {"channel": channel, "what": "Ready", "how": how, "at": at, "delivered": delivered, "description": ""}


def disk(device, kind, number, size, found, decisions):
    return {"device": device, "kind": kind, "why": "it is at that place", "number": number, "size": size,
            "found": found, "decisions": decisions}


def usual(boot, slow, day):
    at = f"2026-01-{day:02}T03:04:"
    lease = 400000 * slow
    save("local", boot, at + "07.000000+00:00", 7000000, 210000, [
        step("identity", 1000, 2000, "DMI names the VM"),
        step("media", 4000, 150000, "ovf-env.xml was read from /dev/sr0"),
        step("host-name", 160000, 9000, "the media names web-1"),
        step("network", 170000, 30000, "no link needs a file of its own", "unchanged")], sequence=1)
    warning = finding("degraded", "sshd",
                      ["the drop-in was taken back",
                       "sshd -t: /etc/ssh/sshd_config.d/50-azl.conf line 3: Bad configuration option"],
                      "Correct the line that sshd names, then run 'azl-provision run --stage=main'")
    note = finding("note", "media", ["the drive could not be ejected", "Device or resource busy"], "")
    imds = "GET /metadata/instance?api-version=2025-04-07"
    save("main", boot, at + "08.000000+00:00", 8000000, 620000 + lease, [
        step("lease", 2000, lease, "waited for the lease of eth0"),
        step("imds", lease + 10000, 110000, "the instance document was read"),
        step("decide", lease + 120000, 3000, "provision: a new VM"),
        step("user", lease + 125000, 120000, "azureuser was made, with the group sudo",
             tools=[("/usr/sbin/useradd", 90000, True), ("/usr/bin/chpasswd", 20000, True)]),
        step("ssh-keys", lease + 250000, 9000, "1 key of the media"),
        step("sudo", lease + 260000, 30000, "azureuser can become root", tools=[("/usr/sbin/visudo", 12000, True)]),
        step("sshd", lease + 290000, 200000, "logins by password are off", "failed" if slow > 1 else "done",
             tools=[("/usr/sbin/sshd", 150000, slow == 1)]),
        step("updates", lease + 490000, 0, "the image does not ask for them", "skipped"),
        step("tell", lease + 500000, 90000, "Ready was told by json")],
         sequence=2, outcome="degraded" if slow > 1 else "ready", exit_status=2 if slow > 1 else 0,
         findings=[warning, note] if slow > 1 else [],
         attempts=[request("IMDS", imds, at + f"{8 + (lease + 12000) / 1e6:09.6f}+00:00", 30000, 0, "connecting: No route to host"),
                   request("IMDS", imds, at + f"{8 + (lease + 50000) / 1e6:09.6f}+00:00", 60000, 200, "ok"),
                   request("WireServer", "POST /provider/health", at + f"{8 + (lease + 520000) / 1e6:09.6f}+00:00", 40000, 200, "ok")],
         links=[{"name": "eth0", "mac": "00:0d:3a:5c:7e:10", "driver": "hv_netvsc", "role": "synthetic",
                 "why": "its driver is hv_netvsc", "primary": True,
                 "addresses": ["10.0.0.4/24", "fe80::20d:3aff:fe5c:7e10/64"],
                 "acceleration": {"accelerated": True, "vf": "enP1s1", "driver": "mlx5_core", "pci": "0001:00:02.0",
                                  "enslaved": True, "received": 5, "sent": 6, "why": "a virtual function carries its traffic"}}],
         user={"name": "azureuser", "groups": ["sudo"], "password": "locked",
               "keys": [{"type": "ssh-ed25519", "fingerprint": "SHA256:" + "1Q2W3E4R5T" * 4 + "abc", "why": "media"}]},
         host_keys=[{"type": "ssh-ed25519", "fingerprint": "SHA256:" + "aSdFgHjKlZ" * 4 + "abc", "why": "made"},
                    {"type": "ecdsa-sha2-nistp256", "fingerprint": "SHA256:" + "ZxCvBnMqWe" * 4 + "abc", "why": "made"}],
         told=[told("KVP", "pool 1", at + "08.900000+00:00"), told("health", "json", at + "09.100000+00:00")])
    save("disks", boot, at + "10.000000+00:00", 10000000, 3200000, [
        step("look", 0, 40000, "3 disks"),
        step("grow", 40000, 600000, "the root file system was grown to 30 GiB", tools=[("/usr/sbin/resize2fs", 500000, True)]),
        step("resource", 650000, 2500000, "the resource disk was formatted", tools=[("/usr/sbin/mkfs.ext4", 2300000, True)])],
         sequence=3,
         disks=[disk("/dev/sda", "os", 0, 30 << 30, "gpt, 2 partitions, ext4", ["grow: the disk is larger than the file system"]),
                disk("/dev/sdb", "resource", 1, 16 << 30, "gpt, NTFS, Temporary Storage, nothing but its read-me",
                     ["format: it is as Azure makes it", "mount: at /mnt/resource"]),
                disk("/dev/sdc", "data", 0, 1 << 40, "ext4", ["leave: it has data"])])


def hostile(boot):
    texts = ["<script>document.title='broken'</script>", "W" * 300, "\" onload=\"x' y='", "]]></svg><h1>", "\u202egnp.exe",
             "\u6f22\u5b57" * 40, "a\nb\tc\u0007", "password=Hunter2-planted"]
    at = "2026-01-03T03:04:08.000000+00:00"
    save("main", boot, at, 8000000, 123456789000, [
        step(text, i * 1000000, 123456789 * (i + 1), text, "interrupted", tools=[("/x/" + text, 5000 * (i + 1), False)])
        for i, text in enumerate(texts)],
         sequence=4, outcome="failed", exit_status=1, hostname=texts[0] + texts[1],
         findings=[finding("fatal", texts[1], texts, " ".join(texts))] +
                  [finding("degraded", text, [text], text) for text in texts],
         attempts=[request(text, "GET " + text, at, 10 ** 10, 500, text) for text in texts],
         links=[{"name": text, "mac": text, "driver": text, "role": text, "why": text, "primary": False,
                 "addresses": [text]} for text in texts],
         user={"name": texts[1], "groups": texts, "password": "locked", "keys": [{"type": text, "fingerprint": text} for text in texts]},
         told=[told(text, text, at, False) for text in texts])
    save("disks", boot, at, 9000000, 1000, [step("look", 0, 1000)], sequence=5,
         disks=[disk(text, text, 0, 1 << 60, text, [text]) for text in texts])


usual(FIRST, 1, 1)
usual(SECOND, 3, 2)
hostile(HOSTILE)
UNITS = {"systemd-udevd.service": (5600000, 6050000), "systemd-udev-trigger.service": (5700000, 6600000),
         "systemd-networkd.service": (7250000, 7600000), "dbus.service": (7700000, 7800000),
         "ssh.service": (10950000, 11200000), "multi-user.target": (11400000, 11400000)}
with open(f"{root}/times.json", "w", encoding="utf-8") as times:
    json.dump({"initrd_us": 1900000, "userspace_us": 4700000,
               "units": [{"unit": unit, "started_us": started, "active_us": active} for unit, (started, active) in UNITS.items()]}, times)
