# shellcheck shell=bash
source "$lab/lib/beside.sh"
about='the multipart form of Terraform, compressed: two parts of cloud-config that are merged, and scripts'
document=terraform_gzipped.mime
