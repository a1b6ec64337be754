#!/bin/bash
echo hunter2
