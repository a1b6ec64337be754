# shellcheck shell=bash
source "$lab/lib/beside.sh"
about='a node of a cluster: a template with packed files, and a long runcmd'
document=node.yaml
