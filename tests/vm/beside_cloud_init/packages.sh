# shellcheck shell=bash
source "$lab/lib/beside.sh"
about='packages, a repository that the document adds, and a certificate'
document=packages.yaml
