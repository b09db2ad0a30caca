// MD5 and SHA-1 as raw bytes: names for what was seen, not a means of security.
// The functions OpenSSL 3 calls deprecated: those that replace them allocate at every call, which apply() must not.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <openssl/sha.h>

#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {

char* md5(std::string_view in, char* out) noexcept {
  MD5_CTX state;
  MD5_Init(&state);
  MD5_Update(&state, in.data(), in.size());
  MD5_Final(reinterpret_cast<unsigned char*>(out), &state);
  return out + MD5_DIGEST_LENGTH;
}

char* sha1(std::string_view in, char* out) noexcept {
  SHA_CTX state;
  SHA1_Init(&state);
  SHA1_Update(&state, in.data(), in.size());
  SHA1_Final(reinterpret_cast<unsigned char*>(out), &state);
  return out + SHA_DIGEST_LENGTH;
}

}  // namespace gabion::inspect::waf::transform
