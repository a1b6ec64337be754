#!/bin/sh
note crlf
note second
