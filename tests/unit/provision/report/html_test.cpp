#include "provision/report/html.h"

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/provision/report/timeline_samples.h"

namespace azl::provision {
namespace {

using namespace azl::test;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string page_of(const BootRecords& boot, const HtmlExtras& extras = {}) {
  const auto inputs = inputs_with({boot});
  return to_html(inputs, {.boot = &inputs.boots.front(), .earlier = false}, extras);
}

/// A boot that has something in each part of a page.
BootRecords full_boot(const std::string& text = "usual") {
  auto boot = usual_boot();
  auto& main = boot.stages[1];
  main.vm_id = main.boot_id = main.agent = main.root = text;
  main.hostname = text;
  main.course = main.course_why = text;
  main.findings = {
      {.severity = Severity::kFatal,
       .step = text,
       .reason = text,
       .chain = {text, text},
       .advice = text},
      {.severity = Severity::kDegraded,
       .step = text,
       .reason = text,
       .chain = {text},
       .advice = text},
      {.severity = Severity::kNote, .step = text, .reason = text, .chain = {text}, .advice = text}};
  for (auto& step : main.steps) step.name = step.what = step.why = text;
  for (auto& tool : main.steps[1].tools) tool.program = text;
  for (auto& request : main.attempts) request.endpoint = request.request = request.outcome = text;
  main.links = {{.name = text,
                 .mac = text,
                 .driver = text,
                 .role = text,
                 .why = text,
                 .primary = true,
                 .addresses = {text},
                 .acceleration = {.vf = text, .driver = text, .pci = text, .why = text}}};
  main.user = {.name = text,
               .groups = {text},
               .password = text,
               .keys = {{.type = text, .fingerprint = text, .why = text}}};
  main.host_keys = {{.type = text, .fingerprint = text, .why = text}};
  main.told = {{.channel = text,
                .what = text,
                .how = text,
                .at = text,
                .delivered = false,
                .description = text}};
  auto disks = timed_stage(Stage::kDisks, 5'000'000, 10'000);
  disks.disks = {{.device = text,
                  .kind = text,
                  .why = text,
                  .number = 0,
                  .size = 1U << 30U,
                  .found = text,
                  .decisions = {text}}};
  boot.stages.push_back(disks);
  return boot;
}

TEST_CASE("a page begins with the outcome, why, and what to do") {
  const auto page = page_of(full_boot("told"));
  INFO(page);
  CHECK(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
  CHECK(has(page, "<title>FAILED: told</title>"));
  CHECK(has(page, "<strong class=\"word bad\">FAILED</strong>"));
  const std::vector<std::string> order = {
      "<h1>",           "FAILED</strong>",    "<dt>Why</dt>",      "<dt>Because</dt>",
      "<dt>Do</dt>",    "id=\"warnings\"",    "id=\"notes\"",      "id=\"picture\"",
      "<svg",           "id=\"stage-local\"", "id=\"stage-main\"", "id=\"requests\"",
      "id=\"links\"",   "id=\"disks\"",       "<dt>Before</dt>",   "<dt>After</dt>",
      "id=\"machine\"", "<dt>Host key</dt>",  "id=\"told\""};
  std::size_t at = 0;
  for (const auto& part : order) {
    const auto found = page.find(part, at);
    CHECK_MESSAGE(found != std::string::npos, part);
    if (found != std::string::npos) at = found;
  }
}

TEST_CASE("a page loads nothing and runs nothing") {
  const auto page = page_of(full_boot());
  CHECK(has(page, "default-src 'none'; style-src 'unsafe-inline'"));
  for (const std::string part :
       {"<script", "<link", "<img", "src=", "http://", "@import", "style=\"", "onload"}) {
    auto rest = page;
    // The name of SVG's namespace is no address that is loaded.
    rest = std::regex_replace(rest, std::regex("xmlns=\"http://www.w3.org/2000/svg\""), "");
    CHECK_MESSAGE(!has(rest, part), part);
  }
}

/// Checks that each element is closed where it must be, as HTML and XML have it.
void check_elements(const std::string& page) {
  static const std::regex kTag(R"(<(/?)([a-z1-6]+)((?: [a-zA-Z0-9:-]+="[^"<]*")*)(/?)>)");
  auto rest = page.substr(page.find("<html"));
  const auto style = rest.find("<style>");
  rest.erase(style, rest.find("</style>") - style + 8);
  std::vector<std::string> open;
  std::size_t end = 0;
  for (std::sregex_iterator it(rest.begin(), rest.end(), kTag), last; it != last; ++it) {
    const auto at = static_cast<std::size_t>(it->position());
    const auto between = rest.substr(end, at - end);
    CHECK_MESSAGE(between.find_first_of("<>") == std::string::npos, between);
    end = at + static_cast<std::size_t>(it->length());
    const auto name = (*it)[2].str();
    if ((*it)[4].length() > 0 || name == "meta" || name == "br") continue;
    if ((*it)[1].length() == 0) {
      open.push_back(name);
      continue;
    }
    REQUIRE_MESSAGE((!open.empty() && open.back() == name), name);
    open.pop_back();
  }
  CHECK(open.empty());
}

TEST_CASE("hostile text in any field stays text") {
  // NOLINTBEGIN(misc-misleading-bidirectional): written as escapes
  for (const std::string text :
       {"<script>alert(1)</script>", "\" onload=\"x", "' x='", "]]>", "</svg></section>",
        "&lt;&#x3c;", "\u202Egnp.exe", "\xFF\xFE\x80", "a\nb\r\n\t\x01\x7F", "-->", "</title><h1>",
        "password=Hunter2-planted"}) {
    CAPTURE(text);
    const auto page = page_of(full_boot(text));
    check_elements(page);
    CHECK_FALSE(has(page, "<script"));
    CHECK_FALSE(has(page, "\u202E"));
    // NOLINTEND(misc-misleading-bidirectional)
    CHECK_FALSE(has(page, "\xFF"));
    CHECK_FALSE(has(page, "Hunter2"));
    CHECK_FALSE(has(page, "onload=\""));
  }
}

TEST_CASE("a page of 10,000 steps is bounded, and says what it leaves out") {
  auto boot = full_boot();
  auto& main = boot.stages[1];
  main.steps.assign(10'000, main.steps[1]);
  main.attempts.assign(10'000, main.attempts[0]);
  main.links.assign(10'000, main.links[0]);
  main.told.assign(10'000, main.told[0]);
  main.findings.assign(10'000, main.findings[1]);
  main.host_keys.assign(10'000, main.host_keys[0]);
  boot.stages[2].disks.assign(10'000, boot.stages[2].disks[0]);
  for (int i = 0; i < 1'000; ++i)
    boot.stages.push_back(timed_stage(Stage::kLink, 1, 10'000, {timed_step("x", 0, 5'000)}));
  auto other = boot;
  other.boot_id = "other";
  const auto page = page_of(boot, {.system = nullptr, .no_system = "", .other = &other});
  CHECK(page.size() < 1'500'000);
  check_elements(page);
  for (const std::string part :
       {"9700 steps are left out", "9700 requests are left out", "9900 links are left out",
        "9900 messages are left out", "9900 findings are left out", "9900 keys are left out",
        "9900 disks are left out", "987 stages are left out", "rows are left out",
        "stand only in the tables"})
    CHECK_MESSAGE(has(page, part), part);
}

TEST_CASE("ids are unique, and what is referred to exists") {
  auto boot = full_boot();
  boot.stages.push_back(timed_stage(Stage::kLink, 1, 10'000, {timed_step("x", 0, 5'000)}));
  boot.stages.push_back(boot.stages.back());
  const auto page = page_of(boot);
  static const std::regex kId(" id=\"([^\"]+)\"");
  static const std::regex kReference(R"_((?:aria-labelledby="|href="#|url\(#)([^")]+))_");
  std::vector<std::string> ids;
  for (std::sregex_iterator it(page.begin(), page.end(), kId), end; it != end; ++it)
    ids.push_back((*it)[1].str());
  CHECK(ids.size() > 20);
  for (const auto& id : ids) CHECK_MESSAGE(std::ranges::count(ids, id) == 1, id);
  for (std::sregex_iterator it(page.begin(), page.end(), kReference), end; it != end; ++it)
    CHECK_MESSAGE(std::ranges::count(ids, (*it)[1].str()) == 1, (*it)[1].str());
}

TEST_CASE("the times of systemd are in the picture and in a table, or the page says why not") {
  const SystemTimes system{
      .initrd = {},
      .userspace = 1'500'000,
      .units = {{.unit = "ssh.service", .started = 4'100'000, .active = 4'300'000}}};
  const auto known = page_of(usual_boot(), {.system = &system, .no_system = "", .other = nullptr});
  CHECK(has(known,
            "sshd was ready 4.30 s after the kernel&#39;s start. On the way lie: kernel 1.50 "
            "s, local 50.0 ms, main 1.00 s, ssh.service 0.20 s; 1.55 s between them"));
  CHECK(has(known, "<th scope=\"row\">ssh.service *</th><td>4.10 s</td><td>0.20 s</td>"));
  const auto unknown =
      page_of(usual_boot(), {.system = nullptr, .no_system = "No <bus>.", .other = nullptr});
  CHECK(has(unknown, "<p class=\"dim\">No &lt;bus&gt;.</p>"));
  CHECK_FALSE(has(unknown, "id=\"system\""));
  CHECK(has(unknown, "Stage main ended 4.00 s after the kernel&#39;s start."));
}

TEST_CASE("a page shows another boot beside this one") {
  auto other = usual_boot();
  other.boot_id = "before";
  other.stages[1].steps[0].took_us = 100'000;
  const auto page = page_of(usual_boot(), {.system = nullptr, .no_system = "", .other = &other});
  CHECK(has(page, "beside boot before: 1 stage or step is slower"));
  CHECK(has(page,
            "<tr class=\"warning\"><th scope=\"row\">imds</th><td>0.60 s</td><td>0.10 "
            "s</td><td>+0.50 s slower</td></tr>"));
}

TEST_CASE("a page without a record says so") {
  const auto inputs = inputs_with({});
  const auto page = to_html(inputs, {});
  check_elements(page);
  CHECK(has(page, "NO RECORD"));
  CHECK_FALSE(has(page, "<svg"));
}

}  // namespace
}  // namespace azl::provision
