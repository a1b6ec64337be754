# shellcheck shell=bash
# CD drives without media, before and after the drive with the provisioning media.
about='empty CD drives before and after the drive with the media: the media is found'
empty_drives=(0 2)
media_index=1

judge() {
  judge_boot
  judge_provisioned
  judge_agent_succeeded
  check 'the media was read' report_holds '[.stages[].steps[] | select(.name == "media" and .outcome == "done")] | length >= 1'
}
