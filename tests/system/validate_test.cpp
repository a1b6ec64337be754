// azl-provision validate, on the documents in tests/system/validate/documents. What it prints for
// each stands in tests/system/validate/expected, and was read against what cloud-init's documents
// say. The secrets in the documents contain "hunter2".
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/system/json_schema.h"
#include "tests/system/program.h"
#include "tests/unit/provision/custom_data/parse/packed.h"
#include "tests/unit/temporary_tree.h"

namespace azl::test {
namespace {

const std::string kDocuments = "tests/system/validate/documents/";
const std::string kExpected = "tests/system/validate/expected/";

Ended run(const Strings& words, const Strings& environment = {"LC_ALL=C.UTF-8"}) {
  const TemporaryTree directory;
  Strings argv = {program_under_test(), "validate"};
  argv.insert(argv.end(), words.begin(), words.end());
  Program program(argv, directory.path(""), "validate", {.environment = environment});
  return program.wait();
}

/// Runs a line of sh, in which "$azl" is the program.
Ended run_shell(const std::string& line) {
  const TemporaryTree directory;
  Program program({"/bin/sh", "-c", "azl=" + program_under_test() + "; " + line},
                  directory.path(""), "sh", {.environment = {"LC_ALL=C.UTF-8"}});
  return program.wait();
}

std::vector<std::string> document_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kDocuments))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

Json json_of(const std::string& name) {
  return Json::parse(run({"--format=json", kDocuments + name}).out);
}

TEST_CASE("each document gets the remarks and the plan that are expected") {
  const auto names = document_names();
  CHECK(names.size() >= 25);
  for (const auto& name : names) {
    CAPTURE(name);
    const auto ended = run({kDocuments + name});
    CHECK(ended.err.empty());
    CHECK(ended.out + "exit " + std::to_string(ended.status) + "\n" ==
          read_file(kExpected + name + ".txt"));
  }
  for (const auto& entry : std::filesystem::directory_iterator(kExpected)) {
    const auto name = entry.path().stem().string();
    CHECK_MESSAGE(std::count(names.begin(), names.end(), name) == 1, name);
  }
}

TEST_CASE("no format shows a secret of a document") {
  for (const auto& name : document_names()) {
    for (const std::string format : {"text", "json", "sarif", "github"}) {
      CAPTURE(name);
      CAPTURE(format);
      const auto ended = run({"--format=" + format, kDocuments + name});
      CHECK(!contains(ended.out, "hunter2"));
      CHECK(ended.err.empty());
    }
  }
}

TEST_CASE("the exit status is the same in each format") {
  const std::pair<std::string, int> rows[] = {
      {"script.sh", 0}, {"script_crlf.sh", 0}, {"script_ubuntu.sh", 1}, {"runcmd_map.yaml", 2}};
  for (const auto& [name, status] : rows) {
    CAPTURE(name);
    for (const std::string format : {"text", "json", "sarif", "github"})
      CHECK(run({"--format=" + format, kDocuments + name}).status == status);
  }
}

TEST_CASE("files that cannot be read, and wrong command lines, end with 64") {
  TemporaryTree directory;
  directory.write("list.json", "[]");
  directory.write("bad.json", "{");
  const auto script = kDocuments + "script.sh";
  const Strings rows[] = {{},
                          {"/no/such/file"},
                          {kDocuments},
                          {"--format=xml", script},
                          {"--variables=/no/such/file", script},
                          {"--variables=" + directory.path("list.json"), script},
                          {"--variables=" + directory.path("bad.json"), script},
                          {script, script}};
  for (const auto& words : rows) {
    CAPTURE(words);
    const auto ended = run(words);
    CHECK(ended.status == 64);
    CHECK(ended.out.empty());
    CHECK(!ended.err.empty());
  }
}

TEST_CASE("standard input is read for -") {
  const auto piped = run_shell("$azl validate - < " + kDocuments + "unknown_keys.yaml");
  CHECK(piped.status == 1);
  CHECK(piped.out.starts_with("<stdin>:2:1: warning: "));
  CHECK(run_shell("$azl validate --format=github - < " + kDocuments + "unknown_keys.yaml")
            .out.starts_with("::warning file=stdin,line=2,col=1,title=unknown-key::"));
  CHECK(run_shell("head -c 20000000 /dev/zero | $azl validate -").status == 64);
}

TEST_CASE("a file that is packed by gzip has the lines of what is packed") {
  TemporaryTree directory;
  directory.write("packed", packed("#cloud-config\nrun_cmd: []\n"));
  const auto path = directory.path("packed");
  const auto text = run({path});
  CHECK(text.status == 1);
  CHECK(text.out.starts_with(path + ":part-001:2:1: warning: "));
  CHECK(contains(text.out, "    2 | run_cmd: …\n      | ^\n"));
  const auto github = run({"--format=github", path});
  CHECK(contains(github.out, ",title=unknown-key::part-001:2:1: "));
  CHECK(!contains(github.out, "line="));
}

TEST_CASE("the JSON matches its schema") {
  const auto schema = Json::parse(read_file("docs/validate-schema.json"));
  for (const auto& name : document_names()) {
    CAPTURE(name);
    const auto json = json_of(name);
    CHECK(schema_errors(json, schema, schema) == Strings{});
    CHECK(json.at("notes").get<int>() + json.at("warnings").get<int>() +
              json.at("errors").get<int>() ==
          static_cast<int>(json.at("remarks").size()));
  }
  const auto json = json_of("parts.mime");
  CHECK(json.at("parts").size() == 4);
  CHECK(json.at("items").at(0) == Json::parse(R"({"id": "boothooks/part-004", "phase": "early",
    "repeat": "each-boot", "what": "run a script of 20 bytes with /bin/sh", "part": "part-004",
    "line": 1, "column": 1})"));
}

TEST_CASE("SARIF has the rules, and the lines of the file") {
  const auto json = Json::parse(run({"--format=sarif", kDocuments + "merge_append.mime"}).out);
  CHECK(json.at("version") == "2.1.0");
  const auto& run_json = json.at("runs").at(0);
  CHECK(run_json.at("tool").at("driver").at("name") == "azl-provision");
  std::vector<std::string> rules;
  for (const auto& rule : run_json.at("tool").at("driver").at("rules"))
    rules.push_back(rule.at("id"));
  for (const auto& result : run_json.at("results")) {
    CHECK(std::count(rules.begin(), rules.end(), result.at("ruleId").get<std::string>()) == 1);
    CHECK(!result.at("message").at("text").get<std::string>().empty());
    const auto& level = result.at("level");
    CHECK((level == "note" || level == "warning" || level == "error"));
  }
  const auto& last = run_json.at("results").back();
  CHECK(last.at("ruleId") == "relative-path");
  const auto& location = last.at("locations").at(0);
  CHECK(location.at("physicalLocation").at("artifactLocation").at("uri") ==
        kDocuments + "merge_append.mime");
  CHECK(location.at("physicalLocation").at("region") ==
        Json::parse(R"({"startLine": 18, "startColumn": 11})"));
  CHECK(location.at("logicalLocations").at(0).at("name") == "part-002");
}

TEST_CASE("workflow commands of GitHub are escaped") {
  TemporaryTree directory;
  directory.write("a,b:c%.yaml", "#cloud-config\nrun_cmd: []\n");
  const auto ended = run({"--format=github", directory.path("a,b:c%.yaml")});
  CHECK(contains(ended.out, "/a%2Cb%3Ac%25.yaml,line=2,col=1,title=unknown-key::"));
  CHECK(contains(ended.out, "%0Ahelp: did you mean"));
  CHECK(std::count(ended.out.begin(), ended.out.end(), '\n') == 1);
  CHECK(run({"--format=github", kDocuments + "script_crlf.sh"}).out.starts_with("::notice file="));
}

TEST_CASE("templates get the variables of a file, or say that they have those of a sample VM") {
  TemporaryTree directory;
  directory.write("template", "## template: jinja\n#!/bin/{{ v1.shell }}\n");
  directory.write("variables.json", R"({"v1": {"shell": "dash"}})");
  const auto path = directory.path("template");
  const auto sample = run({path});
  CHECK(contains(sample.out, "[sample-variables]"));
  CHECK(contains(sample.out, "warning: "));
  CHECK(sample.status == 1);
  const auto given = run({"--variables", directory.path("variables.json"), path});
  CHECK(given.status == 0);
  CHECK(contains(given.out, "with /bin/dash\n"));
  CHECK(!contains(given.out, "sample"));
  CHECK(!contains(run({kDocuments + "script.sh"}).out, "sample"));
}

TEST_CASE("variables may be those that cloud-init has on a VM") {
  TemporaryTree directory;
  // https://docs.cloud-init.io/en/latest/explanation/instancedata.html: v1's members are at the top
  // too, and names with hyphens have a second name with underscores.
  directory.write(
      "template",
      "## template: jinja\n#!/bin/{{ local_hostname }}/{{ ds.meta_data.local_hostname }}\n");
  directory.write(
      "variables.json",
      R"({"v1": {"local_hostname": "a"}, "ds": {"meta_data": {"local-hostname": "b"}}})");
  const auto ended =
      run({"--variables", directory.path("variables.json"), directory.path("template")});
  CHECK(ended.status == 0);
  CHECK(contains(ended.out, "with /bin/a/b\n"));
}

TEST_CASE("a file that is larger than Azure takes gets a warning") {
  TemporaryTree directory;
  const std::string start = "#!/bin/sh\n";
  directory.write("largest", start + std::string(65535 - start.size(), '#'));
  directory.write("larger", start + std::string(65536 - start.size(), '#'));
  CHECK(run({directory.path("largest")}).status == 0);
  const auto larger = run({directory.path("larger")});
  CHECK(larger.status == 1);
  CHECK(contains(larger.out, "takes at most 65535 bytes"));
}

/// The text between two lines of the README.
std::string readme_between(const std::string& from, const std::string& to) {
  const auto readme = read_file("README.md");
  const auto start = readme.find(from);
  if (start == std::string::npos) return "";
  const auto begin = start + from.size();
  return readme.substr(begin, readme.find(to, begin) - begin);
}

TEST_CASE("the README shows what is printed for its document") {
  TemporaryTree directory;
  const std::string command = "$ azl-provision validate web.yaml\n";
  directory.write("web.yaml", readme_between("$ cat web.yaml\n", command));
  const auto ended = run_shell("cd " + directory.path() + " && $azl validate web.yaml");
  CHECK(ended.out == readme_between(command, "$ az vm create"));
}

TEST_CASE("colours and the character set are those of the other commands") {
  const auto document = kDocuments + "unknown_keys.yaml";
  const auto plain = run({document});
  CHECK(!contains(plain.out, "\x1b["));
  const auto coloured = run({"--color=always", document});
  CHECK(contains(coloured.out, "\x1b[1;33mwarning:\x1b[0m"));
  const auto ascii = run({document}, {"LC_ALL=C"});
  CHECK(contains(ascii.out, "    6 | xyzzy: ...\n"));
  CHECK(std::all_of(ascii.out.begin(), ascii.out.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  CHECK(contains(plain.out, "    6 | xyzzy: …\n"));
}

TEST_CASE("any bytes are answered, and control characters are not printed") {
  TemporaryTree directory;
  directory.write("bytes", "#cloud-config\n\"\\e[31m\x01\": 1\n" + std::string("\0\xff", 2));
  const auto ended = run({directory.path("bytes")});
  CHECK(ended.status == 2);
  CHECK(std::none_of(ended.out.begin(), ended.out.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; }));
}

}  // namespace
}  // namespace azl::test
