// The SPIFFE id of a certificate: see spiffe_certificate.h.
#include "proxy/tls/spiffe_certificate.h"

#include <openssl/x509v3.h>

#include <memory>

namespace gabion::proxy::tls {
namespace {

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};

config::Result<std::string_view> only_uri(const GENERAL_NAMES& names) {
  std::string_view uri;
  int uris = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(&names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(&names, i);
    if (name->type != GEN_URI) {
      continue;
    }
    ++uris;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    uri = {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
           static_cast<std::size_t>(ASN1_STRING_length(text))};
  }
  if (uris != 1) {
    return config::Error{uris == 0 ? "the certificate has no URI SAN" : "the certificate has more than one URI SAN",
                         ""};
  }
  return uri;
}

}  // namespace

config::Result<config::SpiffeId> spiffe_id_of(X509& leaf) {
  if (X509_check_ca(&leaf) != 0) {
    return config::Error{"the leaf is a CA certificate", ""};
  }
  // X509_get_key_usage answers UINT32_MAX when the extension is absent; X509-SVID §4.3 demands it.
  const std::uint32_t usage = X509_get_key_usage(&leaf);
  if (usage == UINT32_MAX || (usage & KU_DIGITAL_SIGNATURE) == 0) {
    return config::Error{"key usage lacks digitalSignature", ""};
  }
  if ((usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0) {
    return config::Error{"key usage of a leaf has keyCertSign or cRLSign", ""};
  }
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&leaf, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) {
    return config::Error{"the certificate has no URI SAN", ""};
  }
  const auto uri = only_uri(*names);
  if (uri.has_error()) {
    return uri.error();
  }
  return config::SpiffeId::parse(*uri);
}

}  // namespace gabion::proxy::tls
