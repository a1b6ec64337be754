#include "provision/custom_data/plan/yum_repos.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "provision/custom_data/parse/shown_name.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "yum-repos";
constexpr std::size_t kLongestId = 128;
constexpr std::size_t kMostRepositories = 1000;

/// cloud-init's form of the id of a repository.
std::string canonical_id(std::string_view id) {
  std::string canonical(id);
  std::replace(canonical.begin(), canonical.end(), ' ', '-');
  return canonical;
}

/// Whether dnf accepts the id, so that it is the name of a file, too.
bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId && !id.starts_with('.') &&
         std::ranges::all_of(id, [](char c) {
           return is_letter_or_digit(c) || std::string_view("-_.:").contains(c);
         });
}

/// cloud-init's form of the name of an option.
std::string option_name(std::string_view name) {
  auto option = lower(trim(name));
  std::replace(option.begin(), option.end(), '-', '_');
  return option;
}

bool is_option(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '_'; });
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20U && c != '\t' && c != '\n' && c != '\r') ||
           c == 0x7f;
  });
}

/// Reads one repository.
class RepositoryReader {
 public:
  RepositoryReader(const YamlMember& member, ModuleOutput& out)
      : member_(member),
        out_(out),
        subject_(is_shown_name(member.name) ? "the repository '" + member.name + "'"
                                            : "this repository") {}

  void read();

 private:
  void read_option(const YamlMember& option);
  /// The lines of a value. Returns nullopt, with a remark, for what cannot be one.
  [[nodiscard]] std::optional<std::vector<std::string>> read_lines(const YamlMember& option);
  [[nodiscard]] bool add_lines(const YamlNode& value, std::vector<std::string>& lines);
  void refuse(std::string_view why, std::string advice);

  const YamlMember& member_;
  ModuleOutput& out_;
  std::string subject_;
  std::string text_;
  bool has_source_ = false;  ///< where the packages are
};

void RepositoryReader::refuse(std::string_view why, std::string advice) {
  out_.remark(RemarkLevel::kError, kRule, out_.place_of(member_),
              subject_ + " is left out: " + std::string(why), std::move(advice));
}

void RepositoryReader::read() {
  const auto id = canonical_id(member_.name);
  if (!is_id(id))
    return refuse("its id is not one that dnf takes", "write letters, digits and '-_.:'");
  if (member_.value.kind != YamlKind::kMap)
    return refuse("it is " + std::string(to_string(member_.value.kind)) + ", and has to be a map",
                  "write 'baseurl: URL' below it");
  const auto item_id = "yum_repos/" + id;
  if (out_.has(item_id))
    return refuse("another one has the same file, /etc/yum.repos.d/" + id + ".repo",
                  "give it another id");
  text_ = "# Written by azl-provision for yum_repos of custom data.\n[" + id + "]\n";
  for (const auto& option : member_.value.members) read_option(option);
  if (!has_source_)
    return refuse("it has none of 'baseurl', 'metalink' and 'mirrorlist'", "write 'baseurl: URL'");
  out_.add({.id = item_id,
            .place = out_.place_of(member_),
            .phase = ItemPhase::kFinal,
            .what = "write the repository /etc/yum.repos.d/" + id + ".repo, unless it exists",
            .action = AddRepository{.id = id, .text = Secret(std::move(text_))}});
}

void RepositoryReader::read_option(const YamlMember& option) {
  const auto name = option_name(option.name);
  if (!is_option(name)) {
    out_.remark(RemarkLevel::kWarning, kRule, out_.place_of(option),
                subject_ +
                    ": the name of an option has other characters than letters, digits, "
                    "'-' and '_'; it is left out");
    return;
  }
  const auto lines = read_lines(option);
  if (!lines) return;
  // A value goes on in lines that start with white space.
  text_ += name + " = " + join(*lines, "\n\t") + "\n";
  has_source_ |= name == "baseurl" || name == "metalink" || name == "mirrorlist";
}

std::optional<std::vector<std::string>> RepositoryReader::read_lines(const YamlMember& option) {
  std::vector<std::string> lines;
  bool good = true;
  if (option.value.kind == YamlKind::kList) {
    for (const auto& item : option.value.items) good = good && add_lines(item, lines);
  } else {
    good = add_lines(option.value, lines);
  }
  if (good) return lines;
  out_.remark(RemarkLevel::kWarning, kRule, out_.place_of(option),
              subject_ + ": " + quote_name(option.name, "an option") +
                  " is neither text, a number, true, false nor a list of them; it is left out",
              "write it as text");
  return std::nullopt;
}

bool RepositoryReader::add_lines(const YamlNode& value, std::vector<std::string>& lines) {
  if (value.kind == YamlKind::kBool) {
    lines.emplace_back(value.boolean ? "1" : "0");
    return true;
  }
  const bool is_text = value.kind == YamlKind::kText || value.kind == YamlKind::kInt ||
                       value.kind == YamlKind::kFloat;
  if (!is_text || has_control_character(value.text.reveal())) return false;
  for (const auto line : split(value.text.reveal(), '\n')) {
    // An empty line would end the value.
    if (!trim(line).empty()) lines.emplace_back(trim(line));
  }
  return true;
}

}  // namespace

void plan_yum_repos(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kNull) {
    out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member),
               "'yum_repos' has no repositories");
    return;
  }
  if (value.kind != YamlKind::kMap) {
    out.remark(RemarkLevel::kError, kRule, out.place_of(member),
               describe_wrong_kind(member.name, value.kind, "a map") + "; no repository is added",
               "write 'ID:' for each repository, and its options below it");
    return;
  }
  std::size_t number = 0;
  for (const auto& repository : value.members) {
    if (++number > kMostRepositories) {
      out.remark(RemarkLevel::kError, kRule, out.place_of(repository),
                 "'yum_repos' has more than " + std::to_string(kMostRepositories) +
                     " repositories; this one and those after it are left out");
      return;
    }
    RepositoryReader(repository, out).read();
  }
}

}  // namespace azl::provision::custom_data
