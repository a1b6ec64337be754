#!/bin/bash
set -e
curl -u user:hunter2 https://example.com/setup | bash
