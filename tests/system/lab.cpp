#include "tests/system/lab.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <unistd.h>

#include "base/text.h"
#include "tests/platform/media.h"
#include "tests/platform/scenario.h"
#include "tests/platform/tree.h"

namespace azl::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPool = "var/lib/hyperv/.kvp_pool_1";
constexpr std::size_t kKeySize = 512;
constexpr std::size_t kRecordSize = 512 + 2048;

// Long time-outs, for slow machines. Tests whose platform stays silent shorten them.
constexpr std::string_view kQuick = R"([Imds]
Timeout=60s
TimeoutWithMedia=60s
[Ssh]
HostKeyTypes=ed25519
[Report]
InlineTimeout=60s
LateTimeout=60s
)";

void write_file(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

/// The simulator's reading of a scenario.
platform::Scenario read_scenario(const Json& json) {
  auto scenario = platform::parse_scenario(json.dump());
  if (!scenario) throw std::runtime_error("the scenario is wrong: " + scenario.error());
  return std::move(*scenario);
}

/// Splits a CSV line with the separator | and the quote ', as the host does.
Strings split_report(std::string_view line) {
  Strings fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool doubled = quoted && line.substr(i, 2) == "''";
    if (doubled) {
      fields.back() += '\'';
      ++i;
    } else if (line[i] == '\'') {
      quoted = !quoted;
    } else if (line[i] == '|' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const auto begin = text.find(from);
  if (begin == std::string::npos) return "";
  const auto start = begin + from.size();
  return text.substr(start, text.find(to, start) - start);
}

}  // namespace

doctest::skip needs_root() {
  const bool root = geteuid() == 0;
  static bool told = root;
  if (!told) std::puts("skipped: these tests need root, as azl-provision does");
  told = true;
  return doctest::skip(!root);
}

std::string public_key(unsigned number) {
  const auto field = [](const std::string& text) {
    const auto size = static_cast<char>(text.size());
    return std::string(3, '\0') + size + text;
  };
  std::string point(32, 'k');
  for (std::size_t i = 0; i < 4; ++i) point[i] = static_cast<char>(number >> (8 * i));
  return "ssh-ed25519 " + base64_encode(field("ssh-ed25519") + field(point)) + " key" +
         std::to_string(number);
}

Json instance(Json os_profile, const Strings& keys) {
  Json list = Json::array();
  for (const auto& key : keys) list.push_back({{"keyData", key}, {"path", ""}});
  return {{"compute", {{"osProfile", std::move(os_profile)}, {"publicKeys", std::move(list)}}},
          {"network", {{"interface", Json::array()}}}};
}

Lab::Lab(Json scenario) : scenario_(std::move(scenario)) {
  fs::permissions(directory_.path(), fs::perms(0755));
  write_scenario();
  make_tree();
  make_media();
  write("etc/azl-provision/azl-provision.conf", kQuick);
}

void Lab::write_scenario() const { write_file(directory_.path("scenario.json"), scenario_.dump()); }

void Lab::make_tree() {
  const auto made = platform::write_tree(read_scenario(scenario_), root());
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error()));
}

void Lab::make_media() {
  fs::remove_all(media());
  const auto ovf = scenario_.value("ovf", Json::object());
  const auto vm = scenario_.value("vm", Json::object());
  if (!ovf.value("enabled", true) || vm.value("specialized", false)) return;
  const auto made = platform::write_media(read_scenario(scenario_), media());
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error()));
}

void Lab::start_platform() {
  const auto ready = directory_.path("ready.json");
  fs::remove(ready);
  platform_ = std::make_unique<Program>(
      Strings{AZL_PLATFORM_PROGRAM, "serve", directory_.path("scenario.json"), "--log",
              directory_.path("requests.jsonl"), "--ready-file", ready, "--release-file",
              directory_.path("release"), "--authority", directory_.path("authority")},
      directory_.path(), "platform", Program::Options{});
  const bool up = wait_until([&] { return fs::exists(ready) || platform_->ended(); });
  INFO(platform_->err());
  REQUIRE(up);
  REQUIRE(fs::exists(ready));
  const auto urls = Json::parse(read_file(ready));
  imds_url_ = urls.at("imds_url");
  wireserver_url_ = urls.at("wireserver_url");
}

std::string Lab::read(const std::string& name) const { return read_file(path(name)); }

bool Lab::exists(const std::string& name) const {
  return fs::symlink_status(path(name)).type() != fs::file_type::not_found;
}

Strings Lab::list(const std::string& name) const {
  Strings names;
  if (!fs::is_directory(path(name))) return names;
  for (const auto& entry : fs::directory_iterator(path(name)))
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

Lab& Lab::write(const std::string& name, std::string_view content, mode_t mode) {
  fs::create_directories(fs::path(path(name)).parent_path());
  write_file(path(name), content);
  fs::permissions(path(name), fs::perms(mode));
  return *this;
}

Lab& Lab::symlink(const std::string& target, const std::string& name) {
  fs::create_directories(fs::path(path(name)).parent_path());
  fs::create_symlink(target, path(name));
  return *this;
}

Lab& Lab::remove(const std::string& name) {
  fs::remove_all(path(name));
  return *this;
}

Lab& Lab::obstruct(const std::string& name) {
  remove(name);
  return write(name + "/in-the-way", "");
}

Lab& Lab::configure(std::string_view text) {
  return write("etc/azl-provision/azl-provision.conf.d/" + std::to_string(drop_ins_++) + ".conf",
               text);
}

Lab& Lab::reboot() {
  for (const auto& name : list("run")) remove("run/" + name);
  return write("proc/sys/kernel/random/boot_id",
               "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + programs_++) + "\n");
}

Lab& Lab::become(Json scenario) {
  scenario_ = std::move(scenario);
  const auto vm = scenario_.value("vm", Json::object());
  write_scenario();
  write("sys/class/dmi/id/product_uuid", vm.at("vm_id").get<std::string>() + "\n", 0400);
  make_media();
  platform_.reset();
  return reboot();
}

Strings Lab::run_argv(const RunOptions& options) const {
  Strings argv = options.under;
  argv.insert(argv.end(), {program_under_test(), "run", "--root", root()});
  const auto add = [&](const char* option, const std::string& value) {
    argv.emplace_back(option);
    argv.push_back(value);
  };
  if (!options.stage.empty()) add("--stage", options.stage);
  if (!options.media_path.empty()) {
    add("--media", options.media_path);
  } else if (options.media && fs::exists(media())) {
    add("--media", media());
  }
  if (!options.links.empty()) add("--links", options.links);
  if (options.imds) add("--imds-url", imds_url_);
  if (options.wireserver) add("--wireserver-url", wireserver_url_);
  return argv;
}

std::unique_ptr<Program> Lab::start(const RunOptions& options) {
  if (!platform_) start_platform();
  if (image_.empty()) image_ = tree();
  return std::make_unique<Program>(run_argv(options), directory_.path(),
                                   "program" + std::to_string(programs_++),
                                   Program::Options{.environment = options.environment});
}

Ended Lab::run(const RunOptions& options) { return start(options)->wait(); }

Ended Lab::command(Strings arguments, uid_t user) {
  arguments.insert(arguments.begin(), program_under_test());
  arguments.insert(arguments.end(), {"--root", root()});
  Program program(arguments, directory_.path(), "program" + std::to_string(programs_++),
                  {.environment = {}, .user = user});
  return program.wait();
}

Lab& Lab::restart_platform(const Json& scenario) {
  scenario_.update(scenario);
  write_scenario();
  make_media();
  platform_.reset();
  start_platform();
  const auto enabled = [&](const char* service) {
    return scenario_.value(service, Json::object()).value("enabled", true);
  };
  if (enabled("imds")) configure("[Imds]\nTimeout=60s\nTimeoutWithMedia=60s\n");
  if (enabled("wireserver")) configure("[Report]\nInlineTimeout=60s\nLateTimeout=60s\n");
  return *this;
}

Lab& Lab::release() {
  write_file(directory_.path("release"), "");
  return *this;
}

Json Lab::report() {
  const auto output = command({"report", "--format=json"});
  INFO(output);
  REQUIRE(output.status == 0);
  return Json::parse(output.out);
}

std::string Lab::report_text() {
  const auto output = command({"report"});
  INFO(output);
  REQUIRE(output.status == 0);
  return output.out;
}

Json Lab::state() const {
  const auto text = read("var/lib/azl-provision/state.json");
  return text.empty() ? Json::object() : Json::parse(text);
}

std::map<std::string, std::string> Lab::kvp() const {
  const auto pool = read(kPool);
  std::string value;
  int reports = 0;
  for (std::size_t at = 0; at + kRecordSize <= pool.size(); at += kRecordSize) {
    if (pool.c_str() + at != std::string_view("PROVISIONING_REPORT")) continue;
    value = pool.c_str() + at + kKeySize;
    ++reports;
  }
  if (reports != 1 || pool.size() % kRecordSize != 0)
    throw std::runtime_error("the KVP pool does not have exactly one report");
  CHECK(value.size() <= 1023);  // the host reads no more
  std::map<std::string, std::string> fields;
  for (const auto& field : split_report(value)) {
    const auto equals = field.find('=');
    fields[field.substr(0, equals)] = field.substr(equals + 1);
  }
  return fields;
}

std::vector<Json> Lab::requests(std::string_view server) const {
  std::vector<Json> list;
  std::istringstream log(read_file(directory_.path("requests.jsonl")));
  for (std::string line; std::getline(log, line);) {
    auto request = Json::parse(line);
    if (server.empty() || request.at("server") == server) list.push_back(std::move(request));
  }
  return list;
}

Json Lab::stage(const std::string& name) {
  const auto whole = report();
  for (const auto& stage : whole.at("stages")) {
    if (stage.at("stage") == name) return stage;
  }
  throw std::runtime_error("the report has no stage " + name);
}

Strings Lab::findings(const std::string& stage_name) {
  Strings list;
  const auto record = stage(stage_name);
  for (const auto& finding : record.at("findings"))
    list.push_back(finding.at("severity").get<std::string>() + " " +
                   finding.at("reason").get<std::string>());
  return list;
}

std::string Lab::outcome(const std::string& step, const std::string& name) {
  const auto record = stage(name);
  for (const auto& each : record.at("steps")) {
    if (each.at("name") == step) return each.at("outcome");
  }
  return "";
}

std::string Lab::told() const {
  std::string state;
  for (const auto& request : requests("wireserver")) {
    const auto body = request.at("body").get<std::string>();
    const int status = request.at("status");
    if (request.at("method") != "POST" || status < 200 || status > 299) continue;
    state = body.starts_with('{') ? Json::parse(body).at("state").get<std::string>()
                                  : between(body, "<State>", "</State>");
  }
  return state;
}

std::string Lab::told_description() const {
  std::string text;
  for (const auto& request : requests("wireserver")) {
    const auto body = request.at("body").get<std::string>();
    if (request.at("method") != "POST") continue;
    text = body.starts_with('{')
               ? Json::parse(body).value("/details/description"_json_pointer, std::string())
               : between(body, "<Description>", "</Description>");
  }
  return text;
}

void Lab::check_failed(const Ended& run, const std::string& reason) {
  INFO(run);
  CHECK(run.status == 1);
  const auto main = stage();
  CHECK(main.at("outcome") == "failed");
  std::vector<Json> fatal;
  for (const auto& finding : main.at("findings")) {
    if (finding.at("severity") == "fatal") fatal.push_back(finding);
  }
  REQUIRE(fatal.size() == 1);
  CHECK(fatal[0].at("reason") == reason);
  const auto cause = fatal[0].at("chain").back().get<std::string>();
  const auto advice = fatal[0].at("advice").get<std::string>();
  CHECK_FALSE(advice.empty());

  CHECK(told() == "NotReady");
  const auto description = told_description();
  INFO(description);
  CHECK(description.starts_with("azl-provision: "));
  CHECK(kvp().at("result") == "error");
  CHECK(kvp().at("error").find(cause.substr(0, 40)) != std::string::npos);
  CHECK(kvp().at("documentation_url") == "https://aka.ms/linuxprovisioningerror");
  const auto text = report_text();
  INFO(text);
  CHECK(text.starts_with("FAILED at step \""));
  CHECK(text.find("Why:") != std::string::npos);
  CHECK(text.find("Do:") != std::string::npos);

  CHECK(read("etc/ssh/sshd_config.d/00-azl-provision-closed.conf")
            .ends_with("\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"));
  CHECK_FALSE(exists("var/lib/waagent/provisioned"));
  CHECK_FALSE(state().contains("provisioned"));
}

void Lab::check_refused(const Ended& run, const std::string& reason) {
  check_failed(run, reason);
  const auto now = tree();
  for (const std::string name : {"passwd", "shadow", "group", "gshadow", "machine-id"})
    CHECK_MESSAGE(now.at("etc/" + name) == image_.at("etc/" + name), name);
  // With media, the local stage sets the host name before the failure is detected.
  if (!fs::exists(media())) CHECK(now.at("etc/hostname") == image_.at("etc/hostname"));
  CHECK(list("home").empty());
  CHECK(list("etc/sudoers.d").empty());
  CHECK(read("etc/ssh/ssh_host_ed25519_key").starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
}

std::string Lab::account_field(const std::string& database, const std::string& name,
                               std::size_t field) const {
  std::istringstream lines(read("etc/" + database));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name + ":")) continue;
    for (std::size_t i = 0; i < field; ++i) line.erase(0, line.find(':') + 1);
    return line.substr(0, line.find(':'));
  }
  return "";
}

Strings Lab::files_with(const std::string& text) const {
  Strings names;
  for (const auto& [name, what] : snapshot(directory_.path(), {"scenario.json", "media"})) {
    if (what.find(text) != std::string::npos) names.push_back(name);
  }
  return names;
}

}  // namespace azl::test
