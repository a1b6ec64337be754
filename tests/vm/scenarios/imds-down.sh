# shellcheck shell=bash
# The media alone is enough: IMDS refuses all connections.
about='IMDS down: provisioned from the media alone, with a warning, and Ready told'
azure() { vm '.imds.enabled = false'; }

judge() {
  judge_boot
  judge_provisioned
  check "'azl-provision status' ends with 2, warnings" is "$(<"$boot_folder/status")" 2
  check 'the only warnings in the report are about IMDS' report_holds '[.stages[].findings[] | select(.severity == "degraded") | .reason] | all(startswith("imds"))'
}
