#include "provision/custom_data/plan/apt.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.h"
#include "provision/custom_data/parse/shown_name.h"
#include "provision/custom_data/plan/apt_source_text.h"
#include "provision/custom_data/plan/map_reader.h"
#include "provision/custom_data/plan/openpgp_key.h"

namespace azl::provision::custom_data {
namespace {

constexpr std::string_view kRule = "apt";
constexpr std::string_view kSourceDirectory = "/etc/apt/sources.list.d/";
/// Keys that apt trusts for all sources.
constexpr std::string_view kTrustedKeys = "/etc/apt/trusted.gpg.d/";
/// Keys that a source names by $KEY_FILE.
constexpr std::string_view kNamedKeys = "/etc/apt/cloud-init.gpg.d/";
constexpr std::string_view kIfApt = ", if the system has apt";
constexpr std::size_t kLongestName = 128;
constexpr std::size_t kMostSources = 1000;

/// Keys of apt that are known and not carried out.
struct Ignored {
  std::string_view key;
  std::string_view advice;
};
constexpr auto kIgnored = std::to_array<Ignored>({
    {"add_apt_repo_match", "run add-apt-repository in 'runcmd'"},
    {"debconf_selections", "run debconf-set-selections in 'bootcmd'"},
    {"disable_suites", "change the files in /etc/apt in 'bootcmd'"},
    {"primary", "write /etc/apt/sources.list with 'write_files'"},
    {"security", "write /etc/apt/sources.list with 'write_files'"},
    {"sources_list", "write /etc/apt/sources.list with 'write_files'"},
});

struct Proxy {
  std::string_view key;
  std::string_view option;
};
/// In cloud-init's order; of two for http the later one counts.
constexpr auto kProxies = std::to_array<Proxy>({
    {"proxy", "Acquire::http::Proxy"},
    {"http_proxy", "Acquire::http::Proxy"},
    {"ftp_proxy", "Acquire::ftp::Proxy"},
    {"https_proxy", "Acquire::https::Proxy"},
});

constexpr auto kKeys = std::to_array<std::string_view>(
    {"add_apt_repo_match", "conf", "debconf_selections", "disable_suites", "ftp_proxy",
     "http_proxy", "https_proxy", "preserve_sources_list", "primary", "proxy", "security",
     "sources", "sources_list"});
constexpr auto kSourceKeys =
    std::to_array<std::string_view>({"append", "filename", "key", "keyid", "keyserver", "source"});

/// Whether apt reads a file of this name, and it is no hidden one.
bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && !name.starts_with('.') &&
         std::ranges::all_of(name, [](char c) {
           return is_letter_or_digit(c) || std::string_view("-_.").contains(c);
         });
}

/// The name without its last suffix.
std::string_view stem_of(std::string_view name) { return name.substr(0, name.rfind('.')); }

/// What the sources of a document write.
struct Written {
  std::map<std::string, std::string, std::less<>> keys = {};    ///< by the path of the file
  std::map<std::string, std::size_t, std::less<>> counts = {};  ///< how many, by the first one's id
};

/// Reads one source.
class SourceReader {
 public:
  /// All outlive this. `written`: by the sources before.
  SourceReader(const YamlMember& member, Written& written, ModuleOutput& out)
      : member_(member),
        written_(written),
        out_(out),
        reader_(member.value, kRule,
                is_shown_name(member.name) ? "the source '" + member.name + "'" : "this source",
                out) {}

  void read();

 private:
  /// Each returns false, with a remark, if the source cannot be used.
  [[nodiscard]] bool read_name();
  [[nodiscard]] bool read_key();
  [[nodiscard]] bool read_source();
  [[nodiscard]] bool claim_key_file();
  void warn_of_key_id();
  void add();
  [[nodiscard]] std::string make_id();
  [[nodiscard]] std::string describe() const;
  bool refuse(Place place, std::string_view why, std::string advice);
  [[nodiscard]] Place place_of(std::string_view key) const {
    const auto* node = reader_.find(key);
    return node == nullptr ? out_.place_of(member_) : out_.place_of(*node);
  }

  const YamlMember& member_;
  Written& written_;
  ModuleOutput& out_;
  MapReader reader_;
  std::string name_;  ///< of the file, as the document has it
  AddAptSource source_;
};

bool SourceReader::refuse(Place place, std::string_view why, std::string advice) {
  out_.remark(RemarkLevel::kError, kRule, std::move(place),
              reader_.subject() + " is left out: " + std::string(why), std::move(advice));
  return false;
}

void SourceReader::read() {
  if (member_.value.kind != YamlKind::kMap) {
    refuse(out_.place_of(member_),
           "it is " + std::string(to_string(member_.value.kind)) + ", and has to be a map",
           "write 'source: deb ADDRESS $RELEASE COMPONENT' below it");
    return;
  }
  reader_.remark_unknown_keys("a source of apt", kSourceKeys);
  if (!read_name() || !read_key() || !read_source() || !claim_key_file()) return;
  if (source_.file.empty() && source_.key.empty()) {
    refuse(out_.place_of(member_), "it has neither 'source' nor 'key'",
           "write 'source: deb ADDRESS $RELEASE COMPONENT'");
    return;
  }
  warn_of_key_id();
  source_.append = reader_.read_flag("append").value_or(true);
  add();
}

bool SourceReader::read_name() {
  name_ = reader_.find("filename") == nullptr ? member_.name : reader_.read_text("filename");
  if (name_.starts_with(kSourceDirectory)) name_.erase(0, kSourceDirectory.size());
  if (is_file_name(name_)) return true;
  return refuse(place_of("filename"),
                "its file name is not one that apt reads in " + std::string(kSourceDirectory),
                "write letters, digits and '-_.', such as 'shop.list'");
}

bool SourceReader::read_key() {
  const auto* node = reader_.find("key");
  if (node == nullptr) return true;
  auto key = read_openpgp_key(node->kind == YamlKind::kText ? node->text.reveal() : "");
  if (!key)
    return refuse(out_.place_of(*node), "its 'key' " + std::string(key.error()),
                  "write 'key: |' and the lines from '-----BEGIN PGP PUBLIC KEY BLOCK-----' to "
                  "'-----END PGP PUBLIC KEY BLOCK-----' below it");
  const auto* source = reader_.find("source");
  const bool named = source != nullptr && (source->text.reveal().contains("$KEY_FILE") ||
                                           source->text.reveal().contains("${KEY_FILE}"));
  source_.key = std::move(*key);
  source_.key_file =
      std::string(named ? kNamedKeys : kTrustedKeys) + std::string(stem_of(name_)) + ".gpg";
  return true;
}

bool SourceReader::claim_key_file() {
  if (source_.key.empty()) return true;
  const auto known = written_.keys.try_emplace(source_.key_file, source_.key).first;
  if (known->second == source_.key) return true;
  return refuse(place_of("key"), "another source has a different key in " + source_.key_file,
                "give it another 'filename'");
}

bool SourceReader::read_source() {
  const auto* node = reader_.find("source");
  if (node == nullptr) return true;
  if (node->kind != YamlKind::kText)
    return refuse(out_.place_of(*node), describe_wrong_kind("source", node->kind, "text"),
                  "write 'source: deb ADDRESS $RELEASE COMPONENT'");
  auto text = read_apt_source_text(node->text.reveal(), source_.key_file);
  if (!text) return refuse(out_.place_of(*node), text.error().why, std::move(text.error().advice));
  const std::string_view suffix = text->deb822 ? ".sources" : ".list";
  std::string_view base = name_;
  for (const std::string_view known : {".list", ".sources"}) {
    if (base.ends_with(known) && (text->deb822 || known == suffix))
      base.remove_suffix(known.size());
  }
  source_.file = std::string(base) + std::string(suffix);
  source_.text = Secret(std::move(text->text));
  return true;
}

void SourceReader::warn_of_key_id() {
  const auto* id = reader_.find("keyid");
  if (id == nullptr || !source_.key.empty()) return;
  reader_.warn(*id, "'keyid' is not fetched from a key server, so that apt lacks the key",
               "give the key itself in 'key', as 'gpg --armor --export KEYID' prints it");
}

std::string SourceReader::make_id() {
  auto id = "apt/" + (source_.file.empty() ? std::string(stem_of(name_)) + ".gpg" : source_.file);
  const auto count = ++written_.counts[id];
  return count == 1 ? id : id + "/" + std::to_string(count);
}

std::string SourceReader::describe() const {
  std::vector<std::string> parts;
  if (!source_.key.empty()) parts.push_back("write the key " + source_.key_file);
  if (!source_.file.empty())
    parts.push_back((source_.append ? "add the source to " : "write the source ") +
                    std::string(kSourceDirectory) + source_.file);
  return join(parts, ", and ") + std::string(kIfApt);
}

void SourceReader::add() {
  out_.add({.id = make_id(),
            .place = out_.place_of(member_),
            .phase = ItemPhase::kFinal,
            .what = describe(),
            .action = std::move(source_)});
}

void plan_sources(const MapReader& apt) {
  auto& out = apt.out();
  const auto* sources = apt.find("sources");
  if (sources == nullptr) return;
  if (sources->kind != YamlKind::kMap) {
    out.remark(RemarkLevel::kError, kRule, out.place_of(*sources),
               describe_wrong_kind("sources", sources->kind, "a map") + "; no source is added",
               "write 'NAME:' for each source, and 'source:' below it");
    return;
  }
  Written written;
  std::size_t number = 0;
  for (const auto& source : sources->members) {
    if (++number > kMostSources) {
      out.remark(RemarkLevel::kError, kRule, out.place_of(source),
                 "'sources' has more than " + std::to_string(kMostSources) +
                     " sources; this one and those after it are left out");
      return;
    }
    SourceReader(source, written, out).read();
  }
}

void add_configuration(const MapReader& apt, const YamlNode& node, const std::string& id,
                       const std::string& what, AddAptConfiguration configuration) {
  const auto file = "/etc/apt/apt.conf.d/" + configuration.file;
  apt.out().add({.id = "apt/" + id,
                 .place = apt.out().place_of(node),
                 .phase = ItemPhase::kFinal,
                 .what = "write " + what + " to " + file + std::string(kIfApt),
                 .action = std::move(configuration)});
}

void plan_conf(const MapReader& apt) {
  const auto* conf = apt.find("conf");
  if (conf == nullptr) return;
  const auto text = conf->text.reveal();
  if (conf->kind != YamlKind::kText || text.contains('\0'))
    return apt.warn(*conf, "'conf' is no text; it is ignored",
                    "write 'conf: |' and the lines of apt.conf(5) below it");
  add_configuration(
      apt, *conf, "conf", "the configuration",
      {.file = "94cloud-init-config", .text = Secret(std::string(trim(text)) + "\n")});
}

void plan_proxies(const MapReader& apt) {
  std::string text;
  const YamlNode* first = nullptr;
  for (const auto& [key, option] : kProxies) {
    const auto* node = apt.find(key);
    if (node == nullptr || (node->kind == YamlKind::kText && node->text.empty())) continue;
    const auto address = trim(node->text.reveal());
    const bool good = node->kind == YamlKind::kText && !address.empty() &&
                      std::ranges::none_of(address, [](char c) {
                        return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == 0x7f;
                      });
    if (!good) {
      apt.warn(*node, "'" + std::string(key) + "' is no address; it is ignored",
               "write it as 'http://proxy.example.org:3128'");
      continue;
    }
    if (first == nullptr) first = node;
    text += std::string(option) + " \"" + std::string(address) + "\";\n";
  }
  if (first == nullptr) return;
  add_configuration(apt, *first, "proxy", "the proxies",
                    {.file = "90cloud-init-aptproxy", .text = Secret(std::move(text))});
}

void remark_ignored_keys(const MapReader& apt) {
  for (const auto& [key, advice] : kIgnored) {
    const auto* node = apt.find(key);
    if (node == nullptr) continue;
    apt.warn(*node, "'" + std::string(key) + "' is not carried out", std::string(advice));
  }
  const auto* preserve = apt.find("preserve_sources_list");
  if (preserve == nullptr || apt.read_flag("preserve_sources_list") != false) return;
  apt.warn(*preserve, "the sources that the system has are kept all the same",
           "write /etc/apt/sources.list with 'write_files'");
}

/// Whether the item has apt read its lists.
bool updates_lists(const Item& item) {
  const auto* packages = std::get_if<InstallPackages>(&item.action);
  return packages != nullptr &&
         (packages->update || packages->upgrade ||
          std::ranges::any_of(packages->names, [](const PackageName& package) {
            return package.family != PackageFamily::kDnf;
          }));
}

}  // namespace

void plan_apt(const YamlMember& member, ModuleOutput& out) {
  const auto& value = member.value;
  if (value.kind == YamlKind::kNull) {
    out.remark(RemarkLevel::kWarning, "no-value", out.place_of(member), "'apt' has no value");
    return;
  }
  if (value.kind != YamlKind::kMap) {
    out.remark(RemarkLevel::kError, kRule, out.place_of(member),
               describe_wrong_kind(member.name, value.kind, "a map") + "; it is not carried out",
               "write 'sources:' below it");
    return;
  }
  out.remark(RemarkLevel::kWarning, "debian-only", out.place_of(member),
             "'apt' is carried out on systems with apt only, and Azure Linux has none",
             "for Azure Linux, write the repositories in 'yum_repos'");
  const MapReader apt(value, kRule, member.name, out);
  apt.remark_unknown_keys(member.name, kKeys);
  remark_ignored_keys(apt);
  plan_conf(apt);
  plan_proxies(apt);
  plan_sources(apt);
}

void add_apt_update(std::vector<Item>& items) {
  const auto source = std::ranges::find_if(
      items, [](const Item& item) { return std::holds_alternative<AddAptSource>(item.action); });
  if (source == items.end() || std::ranges::any_of(items, updates_lists)) return;
  Item update{.id = "apt/update",
              .place = source->place,
              .phase = ItemPhase::kFinal,
              .what = "update apt's package lists" + std::string(kIfApt)};
  update.action = InstallPackages{.update = true, .family = PackageFamily::kApt};
  items.push_back(std::move(update));
}

}  // namespace azl::provision::custom_data
