# shellcheck shell=bash
# IMDS throttles, resets connections and truncates answers. The WireServer fails once, and its goal state changes.
about='unreliable IMDS and WireServer (429, reset, truncated answer, 503, 404, 410): provisioned without a warning'
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
  check 'IMDS was asked until it answered, and not again' is "$(count_requests '.server == "imds"')" 7
  check 'Retry-After was obeyed' retry_after_obeyed
  # Six attempts for seven requests: libcurl itself repeats a request when a kept connection turns out to be reset.
  check 'the report lists each attempt' report_is '[.stages[].attempts[] | select(.endpoint == "IMDS")] | length' 6
}

# The second request must come at least a second after the first.
retry_after_obeyed() {
  local times
  mapfile -t times < <(requests | jq -r 'select(.server == "imds") | .time' | head -n 2)
  local apart=$(($(date -d "${times[1]}" +%s%3N) - $(date -d "${times[0]}" +%s%3N)))
  ((apart >= 1000)) || { echo "retried after $apart ms"; return 1; }
}
