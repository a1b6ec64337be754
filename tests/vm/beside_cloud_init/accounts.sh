# shellcheck shell=bash
source "$lab/lib/beside.sh"
about='users, groups, passwords, keys, host name and time zone'
document=accounts.yaml
