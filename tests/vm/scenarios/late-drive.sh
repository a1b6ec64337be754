# shellcheck shell=bash
# udev loads the driver of the drive with the media only while the agent starts.
about='a media drive whose driver is loaded late: the media is found'
media_device=(-device "ahci,id=late" -device "ide-cd,bus=late.0,drive=dvd")
azure() { vm '.imds.enabled = false'; }

judge() {
  judge_boot
  judge_provisioned
  check 'the local stage, before the network, read the media' report_holds '[.stages[] | select(.stage == "local") | .steps[] | select(.name == "media")][0].outcome == "done"'
}
