# shellcheck shell=bash
# The agent's program exits at once.
about='must fail: the agent is broken'
expects_report=false
wait_for_sshd=180

story() {
  replace_in_image /usr/bin/azl-provision <<<$'#!/bin/sh\nexit 1'
  first_boot && judge
}
