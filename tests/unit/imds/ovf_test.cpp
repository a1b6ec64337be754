#include "imds/ovf.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "imds/kvp_reason.h"
#include "tests/unit/imds/repeated.h"

using namespace azl::imds;
using azl::Reason;
using azl::test::repeated;

namespace {

/// Returns a document like the platform's, with these parts of the Linux set and the settings.
std::string media(const std::string& linux_set, const std::string& settings = "") {
  return R"(<?xml version="1.0" encoding="utf-8"?>)"
         R"(<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1")"
         R"( xmlns:wa="http://schemas.microsoft.com/windowsazure">)"
         "<wa:ProvisioningSection><wa:Version>1.0</wa:Version>"
         R"(<LinuxProvisioningConfigurationSet xmlns="http://schemas.microsoft.com/windowsazure">)" +
         linux_set +
         "</LinuxProvisioningConfigurationSet></wa:ProvisioningSection>"
         "<wa:PlatformSettingsSection><wa:Version>1.0</wa:Version><wa:PlatformSettings>" +
         settings + "</wa:PlatformSettings></wa:PlatformSettingsSection></Environment>";
}

Ovf parsed(const std::string& xml) {
  auto ovf = parse_ovf(xml);
  REQUIRE_MESSAGE(ovf, ovf.error().to_string());
  return std::move(*ovf);
}

}  // namespace

TEST_CASE("a full document is parsed") {
  const auto ovf =
      parsed(media("<ConfigurationSetType>LinuxProvisioning</ConfigurationSetType>"
                   "<HostName>web-1</HostName>"
                   "<UserName> anna\n</UserName>"
                   "<UserPassword> p&lt;w&#x20AC; </UserPassword>"
                   "<DisableSshPasswordAuthentication>false"
                   "</DisableSshPasswordAuthentication>"
                   "<CustomData>I2Nsb3Vk\n LWNvbmZpZwo=\n</CustomData>"
                   "<SSH><PublicKeys>"
                   "<PublicKey><Fingerprint>AB12</Fingerprint>"
                   "<Path>/home/anna/.ssh/authorized_keys</Path>"
                   "<Value>ssh-ed25519 AAAA anna\n</Value></PublicKey>"
                   "<PublicKey><Fingerprint>CD34</Fingerprint><Path>/x</Path></PublicKey>"
                   "<PublicKey/>"
                   "</PublicKeys><KeyPairs><KeyPair><Fingerprint>EF</Fingerprint>"
                   "<Path>/y</Path></KeyPair></KeyPairs></SSH>",
                   "<wa:ProvisionGuestAgent>true</wa:ProvisionGuestAgent>"
                   "<wa:ProvisionGuestProxyAgent>true</wa:ProvisionGuestProxyAgent>"
                   "<wa:PreprovisionedVm>true</wa:PreprovisionedVm>"
                   "<wa:PreprovisionedVMType>savable</wa:PreprovisionedVMType>"));
  CHECK(ovf.host_name == "web-1");
  CHECK(ovf.user_name == "anna");
  CHECK(ovf.password.reveal() == " p<w\xE2\x82\xAC ");
  CHECK(ovf.disable_ssh_password_authentication == false);
  CHECK(ovf.custom_data.reveal() == "#cloud-config\n");
  REQUIRE(ovf.public_keys.size() == 2);
  CHECK(ovf.public_keys[0].fingerprint == "AB12");
  CHECK(ovf.public_keys[0].path == "/home/anna/.ssh/authorized_keys");
  CHECK(ovf.public_keys[0].value == "ssh-ed25519 AAAA anna");
  CHECK(ovf.public_keys[1].fingerprint == "CD34");
  CHECK(ovf.public_keys[1].value.empty());
  CHECK(ovf.provision_guest_agent == true);
  CHECK(ovf.provision_guest_proxy_agent);
  CHECK(ovf.preprovisioned_type == "Savable");
}

TEST_CASE("missing and empty elements are not errors") {
  const std::string empty =
      "<HostName/><UserName></UserName><UserPassword>\n  </UserPassword><CustomData/>"
      "<DisableSshPasswordAuthentication/><SSH><PublicKeys/></SSH>";
  const std::string documents[] = {
      media(""),
      media(empty, "<wa:ProvisionGuestAgent/><wa:PreprovisionedVm/><wa:PreprovisionedVMType/>"),
      "<Environment><ProvisioningSection><LinuxProvisioningConfigurationSet/>"
      "</ProvisioningSection></Environment>",
  };
  for (const auto& document : documents) {
    CAPTURE(document);
    const auto ovf = parsed(document);
    CHECK(ovf.host_name.empty());
    CHECK(ovf.user_name.empty());
    CHECK(ovf.password.empty());
    CHECK(ovf.custom_data.empty());
    CHECK(ovf.public_keys.empty());
    CHECK_FALSE(ovf.disable_ssh_password_authentication);
    CHECK_FALSE(ovf.provision_guest_agent);
    CHECK_FALSE(ovf.provision_guest_proxy_agent);
    CHECK(ovf.preprovisioned_type == "None");
  }
}

TEST_CASE("true, 1, on and yes are true in any case, and all other words are false") {
  struct Row {
    const char* text;
    std::optional<bool> expected;
  };
  const Row rows[] = {{"true", true},      {"TRUE", true}, {" True\n", true}, {"1", true},
                      {"On", true},        {"yes", true},  {"false", false},  {"0", false},
                      {"off", false},      {"no", false},  {"maybe", false},  {"", std::nullopt},
                      {"  ", std::nullopt}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto ovf = parsed(media("<DisableSshPasswordAuthentication>" + std::string(row.text) +
                                  "</DisableSshPasswordAuthentication>"));
    CHECK(ovf.disable_ssh_password_authentication == row.expected);
  }
}

TEST_CASE("the type of pre-provisioning follows from the type and the flag") {
  struct Row {
    const char* settings;
    const char* expected;
  };
  const Row rows[] = {
      {"", "None"},
      {"<PreprovisionedVm>false</PreprovisionedVm>", "None"},
      {"<PreprovisionedVm>true</PreprovisionedVm>", "Running"},
      {"<PreprovisionedVMType>Running</PreprovisionedVMType>", "Running"},
      {"<PreprovisionedVMType>preprovisionedosdisk</PreprovisionedVMType>", "PreprovisionedOSDisk"},
      {"<PreprovisionedVm>true</PreprovisionedVm>"
       "<PreprovisionedVMType>None</PreprovisionedVMType>",
       "None"},
      {"<PreprovisionedVMType>Hovering</PreprovisionedVMType>", "Hovering"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.settings);
    CHECK(parsed(media("", row.settings)).preprovisioned_type == row.expected);
  }
}

TEST_CASE("prefixes, a byte order mark, CDATA, comments and entities are accepted") {
  const std::string documents[] = {
      "\xEF\xBB\xBF" + media("<HostName>a&amp;b</HostName>"),
      media("<!-- <HostName>no</HostName> --><HostName>a<!-- c -->&#38;b</HostName>"),
      media("<HostName><![CDATA[a&b]]></HostName>"),
      media("<HostName>a<![CDATA[&]]>b</HostName>"),
      // Different prefixes for both namespaces.
      // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one document on several lines
      R"(<o:Environment xmlns:o="http://schemas.dmtf.org/ovf/environment/1")"
      R"( xmlns:az="http://schemas.microsoft.com/windowsazure"><az:ProvisioningSection>)"
      "<az:LinuxProvisioningConfigurationSet><az:HostName>a&amp;b</az:HostName>"
      "</az:LinuxProvisioningConfigurationSet></az:ProvisioningSection></o:Environment>",
      // Unbound prefixes.
      "<ns0:Environment><ns1:ProvisioningSection><ns1:LinuxProvisioningConfigurationSet>"
      "<ns1:HostName>a&amp;b</ns1:HostName></ns1:LinuxProvisioningConfigurationSet>"
      "</ns1:ProvisioningSection></ns0:Environment>",
      // An element of a foreign namespace is neither the value nor a duplicate.
      media(R"(<x:HostName xmlns:x="urn:other">no</x:HostName><HostName>a&amp;b</HostName>)"),
      media(R"(<HostName xmlns="urn:other">no</HostName><HostName>a&amp;b</HostName>)"),
      // An element of the same name elsewhere in the document is another element.
      media("<Other><HostName>no</HostName></Other><HostName>a&amp;b</HostName>"),
  };
  for (const auto& document : documents) {
    CAPTURE(document);
    CHECK(parsed(document).host_name == "a&b");
  }
}

TEST_CASE("a redacted secret counts as absent") {
  for (const auto* word : {"REDACTED", "*REDACTED*", " REDACTED\n"}) {
    CAPTURE(word);
    const auto ovf = parsed(media("<UserPassword>" + std::string(word) +
                                  "</UserPassword><CustomData>" + word + "</CustomData>"));
    CHECK(ovf.password.empty());
    CHECK(ovf.custom_data.empty());
  }
}

TEST_CASE("the password is UserPassword, or else AdminPassword") {
  CHECK(parsed(media("<AdminPassword>second</AdminPassword>")).password.reveal() == "second");
  CHECK(parsed(media("<UserPassword>first</UserPassword><AdminPassword>second</AdminPassword>"))
            .password.reveal() == "first");
  CHECK(parsed(media("<UserPassword/><AdminPassword>second</AdminPassword>")).password.reveal() ==
        "second");
}

TEST_CASE("custom data of the platform's largest size is accepted") {
  const std::string data(65'535, '\x80');
  const auto encoded = azl::base64_encode(data);
  CHECK(encoded.size() == 87'380);
  const auto ovf = parsed(media("<CustomData>" + encoded + "</CustomData>"));
  CHECK((ovf.custom_data.reveal() == data));
}

TEST_CASE("an invalid document is refused with its reason") {
  struct Row {
    const char* what;
    std::string xml;
    Reason reason;
    const char* detail;
  };
  const auto bomb = R"(<!DOCTYPE a [<!ENTITY b "xxxx"><!ENTITY c "&b;&b;&b;&b;">]>)" +
                    media("<HostName>&c;</HostName>");
  const Row rows[] = {
      {"nothing", "", Reason::kOvfMalformed, "No document element found at byte 0"},
      {"text", "hello", Reason::kOvfMalformed, nullptr},
      {"JSON", R"({"a": 1})", Reason::kOvfMalformed, nullptr},
      {"binary", "\xff\xfe\x01\x02\x7f", Reason::kOvfMalformed, nullptr},
      {"a NUL", media("<HostName>a") + std::string("\0b", 2), Reason::kOvfMalformed,
       "it contains a NUL byte, so it is not UTF-8"},
      {"cut short", media("<HostName>web").substr(0, 300), Reason::kOvfMalformed, nullptr},
      {"wrong end tag", "<Environment></Environmen>", Reason::kOvfMalformed, nullptr},
      {"two top elements", "<a/><b/>", Reason::kOvfMalformed,
       "it does not have exactly one top element"},
      {"over the limit", std::string(kOvfLimit + 1, ' '), Reason::kOvfMalformed,
       "it is longer than 4194304 bytes"},
      {"deep nesting", repeated("<a>", 15'000) + repeated("</a>", 4'000), Reason::kOvfMalformed,
       nullptr},
      {"deep nesting with all end tags", repeated("<a>", 9'000) + repeated("</a>", 9'000),
       Reason::kOvfMalformed, "its elements are nested too deep"},
      {"very deep nesting", repeated("<a>", 100'000) + repeated("</a>", 100'000),
       Reason::kOvfMalformed, "it has too many tags"},
      {"many attributes",
       "<a" +
           [] {
             std::string all;
             for (int i = 0; i < 65; ++i) all += " a" + std::to_string(i) + "=''";
             return all;
           }() +
           "/>",
       Reason::kOvfMalformed, "an element has too many attributes"},
      {"entity bomb", bomb, Reason::kOvfUnexpected, "it has a document type declaration"},
      {"external entity", "<!DOCTYPE a SYSTEM 'file:///etc/shadow'><Environment/>",
       Reason::kOvfUnexpected, "it has a document type declaration"},
      {"broken DTD", "<!DOCTYPE a [", Reason::kOvfUnexpected, "it has a document type declaration"},
      {"no section", "<Environment/>", Reason::kOvfUnexpected,
       "there is no ProvisioningSection, so it is not Azure's"},
      {"a foreign section",
       "<Environment><x:ProvisioningSection xmlns:x='urn:other'>"
       "<x:LinuxProvisioningConfigurationSet/></x:ProvisioningSection></Environment>",
       Reason::kOvfUnexpected, "there is no ProvisioningSection, so it is not Azure's"},
      {"no Linux set",
       "<Environment><ProvisioningSection><WindowsProvisioningConfigurationSet/>"
       "</ProvisioningSection></Environment>",
       Reason::kOvfUnexpected,
       "there is no LinuxProvisioningConfigurationSet in ProvisioningSection"},
      {"two sections", "<Environment><ProvisioningSection/><ProvisioningSection/></Environment>",
       Reason::kOvfUnexpected, "there is more than one ProvisioningSection in Environment"},
      {"custom data with a bad character", media("<CustomData>QUJ*</CustomData>"),
       Reason::kOvfMalformed, "CustomData is not base64"},
      {"custom data of a bad length", media("<CustomData>QUJDR</CustomData>"),
       Reason::kOvfMalformed, "CustomData is not base64"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto ovf = parse_ovf(row.xml);
    REQUIRE_FALSE(ovf);
    CHECK(ovf.error().reason() == row.reason);
    if (row.detail) CHECK(ovf.error().detail() == row.detail);
    CHECK(ovf.error().to_string() == "ovf-env.xml: " + ovf.error().detail());
    const auto redacted = redact_ovf(row.xml);
    REQUIRE_FALSE(redacted);
    CHECK(redacted.error().reason() == row.reason);
  }
}

TEST_CASE("an element that occurs twice is refused by its name") {
  for (const auto* name : {"HostName", "UserName", "UserPassword", "AdminPassword", "CustomData",
                           "DisableSshPasswordAuthentication", "SSH"}) {
    CAPTURE(name);
    const auto once = "<" + std::string(name) + ">x</" + name + ">";
    const auto ovf = parse_ovf(media(once + once));
    REQUIRE_FALSE(ovf);
    CHECK(ovf.error().reason() == Reason::kOvfUnexpected);
    CHECK(ovf.error().detail() ==
          "there is more than one " + std::string(name) + " in LinuxProvisioningConfigurationSet");
  }
  for (const auto* name : {"ProvisionGuestAgent", "ProvisionGuestProxyAgent", "PreprovisionedVm",
                           "PreprovisionedVMType"}) {
    CAPTURE(name);
    const auto once = "<" + std::string(name) + ">true</" + name + ">";
    const auto ovf = parse_ovf(media("", once + once));
    REQUIRE_FALSE(ovf);
    CHECK(ovf.error().detail() ==
          "there is more than one " + std::string(name) + " in PlatformSettings");
  }
  const auto keys = parse_ovf(media("<SSH><PublicKeys/><PublicKeys/></SSH>"));
  REQUIRE_FALSE(keys);
  CHECK(keys.error().detail() == "there is more than one PublicKeys in SSH");
  const auto value =
      parse_ovf(media("<SSH><PublicKeys><PublicKey><Value>a</Value><Value>b</Value></PublicKey></"
                      "PublicKeys></SSH>"));
  REQUIRE_FALSE(value);
  CHECK(value.error().detail() == "there is more than one Value in PublicKey");
}

TEST_CASE("the KVP string of an error is the same as cloud-init's") {
  const auto malformed = parse_ovf(media("<CustomData>*</CustomData>"));
  REQUIRE_FALSE(malformed);
  CHECK(kvp_reason(malformed.error()) == "error parsing ovf-env.xml: CustomData is not base64");
  const auto unexpected = parse_ovf("<Environment/>");
  REQUIRE_FALSE(unexpected);
  CHECK(kvp_reason(unexpected.error()) ==
        "unexpected metadata parsing ovf-env.xml: there is no ProvisioningSection, so it is not "
        "Azure's");
}

TEST_CASE("no error contains a secret") {
  const std::string secret = "Tr0ub4dor";
  const std::string documents[] = {
      media("<UserPassword>" + secret + "</UserPassword><UserPassword>" + secret +
            "</UserPassword>"),
      media("<UserPassword>" + secret + "</UserPassword><HostName>x"),
      media("<UserPassword>" + secret + "</UserPasswor>"),
      media("<UserPassword>" + secret),
      media("<CustomData>" + secret + "*</CustomData>"),
      secret,
  };
  for (const auto& document : documents) {
    const auto ovf = parse_ovf(document);
    REQUIRE_FALSE(ovf);
    CHECK(ovf.error().to_string().find(secret) == std::string::npos);
    CHECK(ovf.error().detail().find(secret) == std::string::npos);
    const auto redacted = redact_ovf(document);
    REQUIRE_FALSE(redacted);
    CHECK(redacted.error().to_string().find(secret) == std::string::npos);
  }
}

TEST_CASE("a redacted document is new, with the elements that the agent reads") {
  const auto redacted =
      redact_ovf(media("<HostName> web &amp; more</HostName><UserName>anna</UserName>"
                       "<UserPassword>secret</UserPassword><CustomData a=\"b\">QUJD</CustomData>"
                       "<DisableSshPasswordAuthentication>True</DisableSshPasswordAuthentication>"
                       "<SSH><PublicKeys><PublicKey><Path>/home/anna/.ssh/authorized_keys</Path>"
                       "<Value>ssh-ed25519 AAAA</Value></PublicKey></PublicKeys></SSH>",
                       "<wa:ProvisionGuestAgent>true</wa:ProvisionGuestAgent>"));
  REQUIRE(redacted);
  CHECK(*redacted ==
        R"(<?xml version="1.0" encoding="utf-8"?>)"
        R"(<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1")"
        R"( xmlns:wa="http://schemas.microsoft.com/windowsazure">)"
        "<wa:ProvisioningSection><wa:Version>1.0</wa:Version>"
        "<wa:LinuxProvisioningConfigurationSet>"
        "<wa:ConfigurationSetType>LinuxProvisioningConfiguration</wa:ConfigurationSetType>"
        "<wa:HostName>web &amp; more</wa:HostName><wa:UserName>anna</wa:UserName>"
        "<wa:UserPassword>REDACTED</wa:UserPassword><wa:CustomData>REDACTED</wa:CustomData>"
        "<wa:DisableSshPasswordAuthentication>true</wa:DisableSshPasswordAuthentication>"
        "<wa:SSH><wa:PublicKeys><wa:PublicKey><wa:Path>/home/anna/.ssh/authorized_keys</wa:Path>"
        "<wa:Value>ssh-ed25519 AAAA</wa:Value></wa:PublicKey></wa:PublicKeys></wa:SSH>"
        "</wa:LinuxProvisioningConfigurationSet></wa:ProvisioningSection>"
        "<wa:PlatformSettingsSection><wa:Version>1.0</wa:Version><wa:PlatformSettings>"
        "<wa:ProvisionGuestAgent>true</wa:ProvisionGuestAgent>"
        "<wa:ProvisionGuestProxyAgent>false</wa:ProvisionGuestProxyAgent>"
        "<wa:PreprovisionedVMType>None</wa:PreprovisionedVMType>"
        "</wa:PlatformSettings></wa:PlatformSettingsSection></Environment>\n");
  CHECK(redact_ovf(*redacted).value() == *redacted);
}

TEST_CASE("custom data can be kept in a redacted document, passwords cannot") {
  const auto kept = redact_ovf(media("<UserPassword>secret</UserPassword>"
                                     "<CustomData a=\"b\">\n QUJD </CustomData>"),
                               OvfCustomData::kKeep);
  REQUIRE(kept);
  CHECK(kept->find("<wa:UserPassword>REDACTED</wa:UserPassword>"
                   "<wa:CustomData>QUJD</wa:CustomData>") != std::string::npos);
  CHECK(parse_ovf(*kept).value().custom_data.reveal() == "ABC");
  CHECK(redact_ovf(*kept, OvfCustomData::kKeep).value() == *kept);
  const auto nothing = redact_ovf(media("<CustomData/>"), OvfCustomData::kKeep);
  REQUIRE(nothing);
  CHECK(nothing->find("CustomData") == std::string::npos);
}

TEST_CASE(
    "a secret in a comment, an unknown element, an attribute or anywhere else does not stay") {
  const auto inside = [](const std::string& planted) { return media(planted); };
  for (const auto& xml :
       {inside("<!-- s3cret -->"), inside("<?php s3cret ?>"), inside("<Old>s3cret</Old>"),
        inside("<HostName x='s3cret'>web</HostName>"), inside("<HostName><b>s3cret</b></HostName>"),
        inside("<HostName xmlns:s3cret='http://schemas.microsoft.com/windowsazure'>web</HostName>"),
        inside("s3cret"), inside("<x:UserName xmlns:x='urn:other'>s3cret</x:UserName>"),
        inside("<SSH><KeyPairs><KeyPair><Path>s3cret</Path></KeyPair></KeyPairs></SSH>"),
        media("", "<wa:KmsServerHostname>s3cret</wa:KmsServerHostname>"),
        media("") + "<!-- s3cret -->", media("") + "<?s3cret?>"}) {
    CAPTURE(xml);
    const auto redacted = redact_ovf(xml);
    REQUIRE(redacted);
    CHECK(redacted->find("s3cret") == std::string::npos);
    CHECK(parse_ovf(*redacted));
  }
}

TEST_CASE("a redacted document parses, whatever its declaration was") {
  const std::string body =
      "<Environment><ProvisioningSection><LinuxProvisioningConfigurationSet><UserPassword>s3cret"
      "</UserPassword></LinuxProvisioningConfigurationSet></ProvisioningSection></Environment>";
  for (const auto* declaration : {"", R"(<?xml version="1.0"?>)", "<?xml version='1.0?&gt;' ?>",
                                  "<?XML a='?>'?>", R"(<?xml version="1.0" encoding="utf-16"?>)"}) {
    CAPTURE(declaration);
    const auto redacted = redact_ovf(declaration + body);
    REQUIRE(redacted);
    CHECK(redacted->starts_with(R"(<?xml version="1.0" encoding="utf-8"?><Environment )"));
    CHECK(redacted->find("s3cret") == std::string::npos);
    CHECK(parse_ovf(*redacted));
  }
}

TEST_CASE("redaction finds secrets anywhere in a document and in any namespace") {
  const auto redacted = redact_ovf(
      media("<UserPassword>s3cret</UserPassword><Old><x:AdminPassword xmlns:x='urn:other'>s3cret"
            "</x:AdminPassword></Old><CustomData>QUJD<b>s3cret</b></CustomData>"));
  REQUIRE(redacted);
  CHECK(redacted->find("s3cret") == std::string::npos);
  CHECK(redacted->find("QUJD") == std::string::npos);
}

TEST_CASE("an empty secret stays empty") {
  const auto xml = media("<UserPassword/><CustomData/>");
  const auto redacted = redact_ovf(xml);
  REQUIRE(redacted);
  CHECK(redacted->find("REDACTED") == std::string::npos);
}
