# shellcheck shell=bash
# The normal first boot: media and IMDS agree, and the platform is healthy.
about='media and IMDS: user, key, host name, host keys and Ready, with one request to each service'
agents='azl-provision cloud-init waagent none'

judge() {
  if [[ $agent == none ]]; then judge_boot; return; fi
  judge_boot
  judge_provisioned
  [[ $agent != azl-provision ]] || judge_agent_succeeded
  [[ $agent != azl-provision ]] || check 'the media was read and ejected' media_ejected
}
