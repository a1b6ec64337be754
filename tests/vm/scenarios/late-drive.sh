# shellcheck shell=bash
# The driver of the media's drive is loaded by udev only, while the agent starts.
about='a drive whose driver comes late: the media is found all the same'
media_device=(-device "ahci,id=late" -device "ide-cd,bus=late.0,drive=dvd")
azure() { vm '.imds.enabled = false'; }

judge() {
  judge_boot
  judge_provisioned
  check 'it was read before the network came up' report_holds '[.stages[] | select(.stage == "local") | .steps[] | select(.name == "media")][0].outcome == "done"'
}
