// A certificate authority like the one behind Azure's attested document: a root, an intermediate
// authority, and the certificate of the metadata service.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>

namespace azl::platform {

/// What its certificates say.
struct AuthorityOptions {
  std::string service = "metadata.azure.com";  ///< the name of the signer, in subjectAltName
  bool names_only_subject = false;             ///< no subjectAltName: the name is the common name
  bool self_made = false;                      ///< the service signs its own certificate
  bool client_only = false;                    ///< the signer's certificate is for TLS clients
  unsigned rsa_bits = 0;                       ///< 0: P-256 keys, which are made faster
  std::time_t from = 0;                        ///< validity of all certificates; 0: a day ago
  std::time_t until = 0;                       ///< 0: in a day
};

/// What a signed message has beside its content and the signer's certificate.
struct MessageOptions {
  bool intermediate = false;      ///< the certificate of the intermediate authority
  bool signer = true;             ///< the signer's certificate
  bool content = true;            ///< the content; false: it is detached
  bool azure_algorithms = false;  ///< names the signature's algorithm in place of the digest's, as
                                  ///< Azure does; with RSA keys
};

class Authority {
 public:
  /// Makes the keys and certificates. Ends the program if OpenSSL cannot.
  explicit Authority(const AuthorityOptions& options = {});
  ~Authority();
  Authority(Authority&&) noexcept;

  [[nodiscard]] std::string root_pem() const;
  [[nodiscard]] std::string intermediate_pem() const;
  [[nodiscard]] std::string intermediate_der() const;
  /// Returns a PKCS #7 message in DER. May be called by several threads at once.
  [[nodiscard]] std::string sign(std::string_view content,
                                 const MessageOptions& options = {}) const;

 private:
  struct Chain;
  std::unique_ptr<Chain> chain_;
};

}  // namespace azl::platform
