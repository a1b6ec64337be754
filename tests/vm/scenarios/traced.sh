# shellcheck shell=bash
# The image names a collector of traces, and asks for Azure's signature. Both come after Ready.
about="OtlpEndpoint= and Attested=: the whole boot's trace arrives at the collector, and the report says what Azure signed"
collector=192.0.2.1:4318

story() {
  platform_up
  replace_in_image /etc/azl-provision/azl-provision.conf 644 <<<"[Imds]
Attested=yes
[Report]
OtlpEndpoint=http://$collector"
  replace_in_image /etc/ssl/certs/ca-certificates.crt 644 <"$run/authority/root.pem"
  replace_in_image /etc/azl-provision/intermediates/issuer.pem 644 <"$run/authority/intermediate.pem"
  ip netns exec "$netns" python3 "$lab/lib/collector.py" "$collector" "$run/trace" &
  media_make
  next_boot || return
  judge_boot
  judge_provisioned
  check "'azl-provision status' ends with 0" is "$(<"$boot_folder/status")" 0
  check 'the report names the VM that Azure signed for' grep -q "signed that this is VM $(jq -r .vm.vm_id "$scenario_file")" "$boot_folder/report.txt"
  check 'the platform was told before it was asked for a signature' is "$(requests | jq -r 'select(.target | test("health|attested")) | .server' | paste -s -d ' ')" 'wireserver imds'
  check 'the trace arrived' wait_until 120 test -s "$run/trace.1"
  check 'it is that of the whole boot' trace_is_whole
  check 'the unit ended well' file_has journal.txt 'azl-provision-trace.service: Deactivated successfully'
  check 'no login waited for it' sent_after_the_boot
  again 'after a reboot: '
  check 'one trace arrived: a boot that did nothing sends none' not test -e "$run/trace.2"
}

# trace_is_whole: the trace has the spans of all stages that the report has.
trace_is_whole() {
  is "$(jq -r '.resourceSpans[].scopeSpans[].spans[].attributes[] | select(.key == "azl_provision.stage") | .value.stringValue' "$run/trace.1" | sort | paste -s -d ' ')" \
    "$(jq -r '.stages[].stage' "$boot_folder/report.json" | sort | paste -s -d ' ')"
}

sent_after_the_boot() {
  is "$(grep -o -E 'Reached target multi-user.target|Starting azl-provision-trace.service' "$boot_folder/journal.txt" | paste -s -d ,)" \
    'Reached target multi-user.target,Starting azl-provision-trace.service'
}
