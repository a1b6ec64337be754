# shellcheck shell=bash
# A host that supports only the XML protocol.
about='JSON health refused (404): Ready is told by XML'
azure() { vm '.wireserver.json_health = false'; }

judge() {
  judge_boot
  judge_provisioned
  judge_agent_succeeded 1 3
  check 'after the JSON report, the agent read the goal state and reported by XML' is "$(requests | jq -r 'select(.server == "wireserver") | "\(.method) \(.target) \(.status)"' | paste -s -d ,)" \
    'POST /provisioning/health 404,GET /machine/?comp=goalstate 200,POST /machine/?comp=health 200'
  check 'the report says that Ready was told by XML' report_is .state.reported.protocol xml
}
