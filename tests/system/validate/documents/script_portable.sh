#!/bin/sh
# Works on both.
if command -v apt-get >/dev/null; then
  apt-get install -y nginx
else
  dnf install -y nginx
fi
