#include "provision/cli/cloud_init_options.h"

#include <array>
#include <string_view>

#include <CLI/CLI.hpp>

#include "provision/cloud_init/files.h"

namespace azl::provision {
namespace {

constexpr int kWrongCommandLine = 2;

/// Commands of cloud-init whose work azl-provision does at boot, or does under another name.
constexpr std::array<std::string_view, 7> kMissing = {
    "init", "modules", "single", "features", "collect-logs", "analyze", "devel"};

void add_status(CLI::App& app, CloudInitOptions& options) {
  app.add_option("--format", options.format, "tabular, json or yaml")
      ->check(CLI::IsMember({"tabular", "json", "yaml"}))
      ->type_name("FORMAT");
  app.add_flag("-l,--long", options.long_form, "Print the stage and what went wrong too");
  app.add_flag("-w,--wait", options.wait, "Wait until everything of this boot has ended");
}

void add_query(CLI::App& app, CloudInitOptions& options) {
  app.add_option("VARNAME", options.name, "A variable such as v1.local_hostname");
  app.add_flag("-a,--all", options.all, "Print all variables");
  app.add_flag("-l,--list-keys", options.list_keys, "List the names in VARNAME");
  app.add_option("-f,--format", options.text, "A text with variables: '{{ v1.region }}'")
      ->type_name("TEXT");
  app.add_option("-i,--instance-data", options.instance_data, "Read the variables from FILE")
      ->type_name("FILE");
  app.add_option("-u,--user-data", options.user_data, "The variable userdata, from FILE")
      ->type_name("FILE");
  app.add_option("-v,--vendor-data", options.vendor_data, "The variable vendordata, from FILE")
      ->type_name("FILE");
  app.add_flag("-d,--debug")->group("");
}

void add_clean(CLI::App& app, CloudInitOptions& options) {
  app.add_flag("-l,--logs", options.logs, "Remove the logs too");
  app.add_flag("-r,--reboot", options.reboot, "Reboot afterwards");
  app.add_flag("-s,--seed", options.seed, "Nothing: azl-provision has no seed directory");
  app.add_flag("--machine-id", options.machine_id,
               "Write 'uninitialized' to /etc/machine-id, for an image");
  app.add_option("-c,--configs", options.configs, "Nothing: no configuration is removed")
      ->check(CLI::IsMember({"all", "ssh_config", "network", "datasource", "fstab"}))
      ->expected(1, -1)
      ->type_name("TYPE");
}

void add_schema(CLI::App& app, CloudInitOptions& options) {
  auto* file = app.add_option("-c,--config-file", options.config_file, "The file to check")
                   ->type_name("FILE");
  app.add_flag("--system", options.system, "Check this VM's custom data")->excludes(file);
  app.add_flag("--annotate", options.annotate, "Print the file with the errors");
  app.add_option("-i,--instance-data", options.instance_data, "Read the variables from FILE")
      ->type_name("FILE");
  app.add_option("-t,--schema-type", "cloud-config")
      ->check(CLI::IsMember({"cloud-config"}))
      ->type_name("TYPE");
}

struct Parser {
  explicit Parser(CloudInitOptions& options);

  CLI::App app{"The commands of cloud-init that other programs use, answered by azl-provision.",
               "cloud-init"};
  CLI::App* status = app.add_subcommand("status", "Say whether everything of this boot has ended");
  CLI::App* query = app.add_subcommand("query", "Print what is known of this VM");
  CLI::App* clean = app.add_subcommand("clean", "Have the next boot provision this VM anew");
  CLI::App* schema = app.add_subcommand("schema", "Check a cloud-config file");
  CLI::App* finish =
      app.add_subcommand("finish", "Write that this boot has ended, for cloud-final.service");
};

Parser::Parser(CloudInitOptions& options) {
  app.set_version_flag("-v,--version", "cloud-init " + std::string(cloud_init::kVersion));
  app.add_flag("-d,--debug")->group("");
  add_status(*status, options);
  add_query(*query, options);
  add_clean(*clean, options);
  add_schema(*schema, options);
  finish->group("");
  for (const auto name : kMissing) {
    auto* missing = app.add_subcommand(std::string(name), "")->group("");
    missing->prefix_command();
    missing->callback([&options, name] { options.missing = name; });
  }
  for (auto* command : {status, query, clean, schema, finish})
    command->add_option("--root", options.root, "The tree to look at")->group("");
  app.require_subcommand(1);
}

CloudInitCommand find_command(const Parser& parser) {
  if (parser.status->parsed()) return CloudInitCommand::kStatus;
  if (parser.query->parsed()) return CloudInitCommand::kQuery;
  if (parser.clean->parsed()) return CloudInitCommand::kClean;
  if (parser.schema->parsed()) return CloudInitCommand::kSchema;
  return parser.finish->parsed() ? CloudInitCommand::kFinish : CloudInitCommand::kNotHere;
}

}  // namespace

bool is_cloud_init(std::string_view program) {
  return program.substr(program.rfind('/') + 1) == "cloud-init";
}

ParsedCloudInitOptions parse_cloud_init_options(int argc, char** argv) {
  ParsedCloudInitOptions parsed;
  Parser parser(parsed.options);
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_status = parser.app.exit(error) == 0 ? 0 : kWrongCommandLine;
    return parsed;
  }
  parsed.options.command = find_command(parser);
  return parsed;
}

}  // namespace azl::provision
