# shellcheck shell=bash
# A host that knows the XML protocol only.
about='JSON health refused (404): told by XML'
azure() { vm '.wireserver.json_health = false'; }

judge() {
  judge_boot
  judge_provisioned
  judge_agent_succeeded 1 3
  check 'it was told by the goal state and XML' is "$(requests | jq -r 'select(.server == "wireserver") | "\(.method) \(.target) \(.status)"' | paste -s -d ,)" \
    'POST /provisioning/health 404,GET /machine/?comp=goalstate 200,POST /machine/?comp=health 200'
  check 'the report says so' report_is .state.reported.protocol xml
}
