# shellcheck shell=bash
# The media alone is enough: IMDS refuses connections all along.
about='IMDS down all along: provisioned from the media alone, with a warning, Ready told'
azure() { vm '.imds.enabled = false'; }

judge() {
  judge_boot
  judge_provisioned
  check "'azl-provision status' ends with 2, warnings" is "$(<"$boot_folder/status")" 2
  check 'the report has IMDS as its warning' report_holds '[.stages[].findings[] | select(.severity == "degraded") | .reason] | all(startswith("imds"))'
}
