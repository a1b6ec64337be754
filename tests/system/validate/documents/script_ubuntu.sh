#!/bin/bash
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive TOKEN=hunter2
apt-get update
sudo -E apt-get install -y nginx
snap install app
mkfs.ext4 /dev/sdc
cloud-init status --wait
sudo reboot
