// A scenario: the VM that the simulator presents, and how the platform around it behaves.
//
//   auto scenario = parse_scenario(text);
//   if (!scenario) std::cerr << scenario.error();
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/platform/certificate_maker.h"
#include "tests/platform/fault.h"
#include "tests/platform/rate_limit.h"
#include "tests/platform/result.h"

namespace azl::platform {

/// A NIC as IMDS describes it.
struct Interface {
  std::string mac = "000D3A5C7E10";  ///< 12 upper-case hex digits
  std::vector<std::string> ipv4 = {"10.0.0.4"};
  std::string subnet = "10.0.0.0/24";  ///< IPv4 address/prefix length
  std::vector<std::string> ipv6;
};

/// The VM as its owner requested it. Names and keys are not validated, so that bad ones can be
/// tested.
struct Vm {
  std::string vm_id = "6b53fe79-c00b-4abe-9387-43fae70865fb";  ///< lower-case UUID
  unsigned generation = 2;                                     ///< 1 or 2
  std::string name = "azl-vm";
  std::string location = "westeurope";
  std::string zone;  ///< empty: not zonal
  std::string size = "Standard_D2s_v5";
  std::string computer_name = "azl-vm";  ///< default: `name`
  std::string admin_username = "azureuser";
  bool disable_password_authentication = true;
  std::optional<std::string> password;  ///< in the media only
  std::vector<std::string> ssh_keys;
  std::string custom_data;  ///< not encoded; in the media only
  std::string user_data;    ///< not encoded; in IMDS only
  std::string pps_type = "None";
  std::vector<Interface> interfaces = {Interface{}};
  std::vector<unsigned> data_disks;  ///< LUNs
  unsigned resource_disk_kb = 0;     ///< 0: the VM size has no resource disk
  std::vector<std::pair<std::string, std::string>> tags;
  bool provision_guest_agent = true;
  bool provision_guest_proxy_agent = false;
  bool specialized = false;  ///< no user, no keys, no media
};

struct ImdsOptions {
  bool enabled = true;                    ///< false: connections are refused
  std::vector<std::string> api_versions;  ///< newest first
  std::vector<Fault> faults;
  std::optional<std::string> vm_id;  ///< instead of the VM's: IMDS speaks for another VM
  std::vector<std::string> omit;     ///< names of the document's parts to omit, such as "network"
  std::optional<std::string> body;   ///< instead of the whole instance document
  RateLimitOptions rate_limit;       ///< what exceeds it is answered 429
};

struct WireServerOptions {
  bool enabled = true;      ///< false: connections are refused
  bool json_health = true;  ///< false: 404 on /provisioning/health
  std::string incarnation = "1";
  std::optional<unsigned> new_incarnation_after;  ///< requests until the incarnation rises by one
  std::string container_id = "c8e665de-aae5-4c7a-9952-ce552b850ab2";
  std::string role_instance_id = "7b58e1f4-19e3-4957-801d-8e67a1807438._azl-vm";
  std::vector<Fault> faults;
};

/// The provisioning media. Values given here replace those of `Vm`, so that media and IMDS can
/// differ.
struct OvfOptions {
  bool enabled = true;
  std::optional<std::string> body;  ///< instead of the whole document
  std::vector<std::string> omit;    ///< names of elements to omit, wherever they occur
  std::optional<std::string> host_name;
  std::optional<std::string> user_name;
  std::optional<std::string> password;
  std::optional<bool> disable_password_authentication;
  std::optional<std::vector<std::string>> ssh_keys;
  std::optional<std::string> custom_data;
  std::optional<std::string>
      custom_data_base64;  ///< used unchanged, so it can be binary or invalid
  std::optional<std::string> pps_type;
  std::optional<bool> provision_guest_agent;
  std::optional<bool> provision_guest_proxy_agent;
};

/// SSH keys that the media names by a certificate's fingerprint only. The WireServer has the
/// certificates.
struct CertificateOptions {
  std::vector<KeyedCertificate> list;      ///< of the member "pem"; empty: there are none
  std::optional<std::string> fingerprint;  ///< in the media, instead of those of the list
  std::string key_transport = "rsaes-pkcs1";
  std::optional<std::string> content;  ///< cipher of CMS; nullopt: the one that is asked for
  std::vector<std::string> ciphers = {"AES128_CBC", "DES_EDE3_CBC"};  ///< others are answered 400
  std::string format = "Pkcs7BlobWithPfxContents";
  PfxOptions pfx;
  bool cut = false;                ///< half of the message is missing
  bool other_recipient = false;    ///< encrypted to another certificate than the request's
  std::optional<std::string> url;  ///< in the goal state, instead of the WireServer's
};

/// The stay of a pre-provisioned VM in its pool, until it gets its user. `Vm` is the user's.
struct PpsOptions {
  bool enabled = false;              ///< the scenario has a section "pps"
  unsigned not_yet = 2;              ///< requests for reprovisiondata that get no document
  unsigned status = 404;             ///< the answer to them
  unsigned stale = 0;                ///< instance documents that still describe the pool after that
  std::optional<std::string> body;   ///< instead of the whole document of the user
  std::optional<std::string> vm_id;  ///< the VM id that IMDS gives with the user
};

/// The document by which IMDS attests which VM this is. An authority of the simulator's own signs
/// it: `azl-platform serve --authority DIR` writes its certificates.
struct AttestedOptions {
  std::string service = "metadata.azure.com";  ///< the name of the signer
  std::string subscription_id = "8d10da13-8125-4ba9-a717-bf7490507b3d";
  std::optional<std::string> vm_id;  ///< instead of the VM's
  std::optional<std::string> nonce;  ///< instead of the request's
  unsigned age_s = 0;                ///< how long ago it was signed; it is valid for six hours
  bool self_made = false;            ///< the signer's certificate is signed by itself
  bool intermediate = false;         ///< it brings its issuer's certificate, which Azure's lacks
  bool damaged = false;              ///< the signature does not match
};

struct Scenario {
  Vm vm;
  ImdsOptions imds;
  WireServerOptions wireserver;
  OvfOptions ovf;
  PpsOptions pps;
  AttestedOptions attested;
  CertificateOptions certificates;

  /// Returns true if Azure would attach a provisioning DVD.
  [[nodiscard]] bool has_media() const { return ovf.enabled && !vm.specialized; }
};

/// Returns the VM as it is in its pool: its media and IMDS name another user and host. The same
/// scenario if it has no pool.
[[nodiscard]] Scenario in_pool(Scenario scenario);
/// Returns the VM once it has its user: its PPS type is None.
[[nodiscard]] Scenario with_user(Scenario scenario);

/// Parses a scenario: JSON in which // comments are allowed. The error lists every problem, one for
/// each line.
[[nodiscard]] Result<Scenario> parse_scenario(std::string_view text);

/// Reads a scenario file; "-" is standard input.
[[nodiscard]] Result<std::string> read_scenario_file(const std::string& path);
/// Reads and parses a scenario file; "-" is standard input.
[[nodiscard]] Result<Scenario> load_scenario(const std::string& path);

}  // namespace azl::platform
