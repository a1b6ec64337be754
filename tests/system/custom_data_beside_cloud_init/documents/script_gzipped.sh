#!/bin/sh -e
note script "$@"
[ -t 0 ] || note no-terminal
false
note after
