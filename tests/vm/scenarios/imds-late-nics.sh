# shellcheck shell=bash
# IMDS comes up only after the VM was provisioned from its media, which does not describe the NICs.
about='IMDS comes up after the main stage gave up: azl-provision-link asks it again, and the second NIC gets its address'
azure() {
  vm '.vm.interfaces = [
        {"mac": "00:0d:3a:5c:7e:10", "ipv4": ["10.0.0.4", "10.0.0.14"], "subnet": "10.0.0.0/24", "ipv6": []},
        {"mac": "00:0d:3a:5c:7e:11", "ipv4": ["10.0.1.4"], "subnet": "10.0.1.0/24", "ipv6": []}] |
      .imds.faults = [{"request": "1-10", "do": "status", "status": 503}]'
}

story() {
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<'[Imds]
TimeoutWithMedia=4s'
  first_boot || return
  judge_boot
  judge_provisioned
  check "'azl-provision status' ends with 2, warnings" is "$(<"$boot_folder/status")" 2
  check 'the main stage started azl-provision-link for the NICs' file_has journal.txt 'azl-provision-link@boot.service is started: IMDS has not said anything of them'
  check 'the primary has its addresses' nic_has 00:0d:3a:5c:7e:10 10.0.0.4 10.0.0.14
  check 'the second NIC has its address' nic_has 00:0d:3a:5c:7e:11 10.0.1.4
  check 'the second NIC answers from outside' nic_answers 10.0.1.4
}
