#include "provision/custom_data/plan/interpreter.h"

#include <doctest/doctest.h>

using namespace azl::provision::custom_data;

TEST_CASE("the interpreter is found as the kernel finds it") {
  struct Row {
    const char* text;
    const char* path;
    const char* argument;
  };
  for (const Row& row :
       {Row{"#!/bin/sh\nx", "/bin/sh", ""}, Row{"#!/bin/sh -e x\n", "/bin/sh", "-e x"},
        Row{"#! /usr/bin/env  python3 \n", "/usr/bin/env", "python3"},
        Row{"#!/bin/sh", "/bin/sh", ""}, Row{"#!\n/bin/sh", "", ""}, Row{"echo", "", ""},
        Row{"", "", ""}}) {
    CAPTURE(row.text);
    const auto interpreter = parse_interpreter(row.text);
    CHECK(interpreter.path == row.path);
    CHECK(interpreter.argument == row.argument);
  }
}
