# shellcheck shell=bash
# IMDS alone is enough: no DVD is attached.
about='no media: provisioned from IMDS alone'
azure() { vm '.ovf.enabled = false'; }

judge() {
  judge_boot
  judge_provisioned
  judge_agent_succeeded
}
