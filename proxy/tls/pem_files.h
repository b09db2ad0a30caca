// Certificates and keys as OpenSSL has them, read from PEM files that are bounded and whole.
#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/result.h"

namespace gabion::proxy::tls {

struct FreeX509 {
  void operator()(X509* certificate) const noexcept;
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const noexcept;
};
using X509Ptr = std::unique_ptr<X509, FreeX509>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;

/// One at least, in their order. Refused: unreadable, larger than 1 MiB, one that ends in the middle.
[[nodiscard]] config::Result<std::vector<X509Ptr>> read_certificates(const std::filesystem::path& file);
/// Not encrypted.
[[nodiscard]] config::Result<KeyPtr> read_key(const std::filesystem::path& file);

/// An error of `file`; OpenSSL's queue is emptied.
[[nodiscard]] config::Error pem_problem(std::string what, const std::filesystem::path& file);

}  // namespace gabion::proxy::tls
