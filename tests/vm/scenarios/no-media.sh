# shellcheck shell=bash
# IMDS alone is enough: the VM has no provisioning DVD.
about='no media: provisioned from IMDS alone'
azure() { vm '.ovf.enabled = false'; }

judge() {
  judge_boot
  judge_provisioned
  judge_agent_succeeded
}
