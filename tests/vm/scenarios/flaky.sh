# shellcheck shell=bash
# IMDS throttles, drops and cuts; the WireServer is down for a while and its goal state moves on.
about='IMDS and WireServer flaky (429, reset, half an answer, 503, 404, 410): provisioned all the same'
azure() {
  vm '.imds.faults = [
        {"request": 1, "do": "status", "status": 429, "retry_after": 1},
        {"request": "2-3", "do": "reset"},
        {"request": 4, "do": "status", "status": 404},
        {"request": 5, "do": "truncate"},
        {"request": 6, "do": "status", "status": 503},
        {"request": "7-", "do": "delay", "delay_ms": 300}] |
      .wireserver.json_health = false | .wireserver.new_incarnation_after = 3 |
      .wireserver.faults = [{"nth": 1, "match": "/machine/?comp=goalstate", "do": "status", "status": 503}]'
}

judge() {
  judge_boot
  judge_provisioned
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'IMDS was asked until it answered, and not once more' is "$(count_requests '.server == "imds"')" 7
  check 'Retry-After was obeyed' retry_after_obeyed
  # libcurl itself asks a second time when the connection that it kept turns out to be reset.
  check 'the report shows each try' report_is '[.stages[].attempts[] | select(.endpoint == "IMDS")] | length' 6
}

# The second request comes a second or more after the first.
retry_after_obeyed() {
  local times
  mapfile -t times < <(requests | jq -r 'select(.server == "imds") | .time' | head -n 2)
  local apart=$(($(date -d "${times[1]}" +%s%3N) - $(date -d "${times[0]}" +%s%3N)))
  ((apart >= 1000)) || { echo "tried again after $apart ms"; return 1; }
}
