// What RFC 7617, RFC 3986 and PEM say, less what people write as an example.
#include "inspect/dlp/checks/secrets.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "inspect/dlp/checks/base64.h"
#include "inspect/dlp/checks/entropy.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::array<std::string_view, 44> kDialled{
    "http",        "https",      "ftp",       "ftps",    "sftp",      "ssh",        "git",     "svn",     "smb",
    "ldap",        "ldaps",      "ws",        "wss",     "postgres",  "postgresql", "mysql",   "mariadb", "mongodb",
    "mongodb+srv", "redis",      "rediss",    "valkey",  "memcached", "amqp",       "amqps",   "mssql",   "sqlserver",
    "oracle",      "clickhouse", "nats",      "kafka",   "smtp",      "smtps",      "imap",    "imaps",   "mqtt",
    "mqtts",       "socks5",     "git+https", "git+ssh", "svn+ssh",   "cassandra",  "couchdb", "influxdb"};

bool is_dialled(std::string_view scheme) noexcept {
  // "jdbc:postgresql", "postgresql+psycopg2".
  scheme = scheme.substr(scheme.rfind(':') + 1);
  const std::string_view base = scheme.substr(0, scheme.find('+'));
  return std::any_of(kDialled.begin(), kDialled.end(), [&](std::string_view known) {
    const auto is_known = [&](std::string_view name) {
      return std::equal(name.begin(), name.end(), known.begin(), known.end(),
                        [](char a, char b) { return lower(a) == b; });
    };
    return is_known(scheme) || is_known(base);
  });
}

bool is_visible(char c) noexcept {
  return c > ' ' && c != 0x7F;
}

constexpr std::array<std::string_view, 10> kKeyHeaders{"-----BEGIN PRIVATE KEY-----",
                                                       "-----BEGIN RSA PRIVATE KEY-----",
                                                       "-----BEGIN EC PRIVATE KEY-----",
                                                       "-----BEGIN DSA PRIVATE KEY-----",
                                                       "-----BEGIN OPENSSH PRIVATE KEY-----",
                                                       "-----BEGIN ENCRYPTED PRIVATE KEY-----",
                                                       "-----BEGIN PGP PRIVATE KEY BLOCK-----",
                                                       "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
                                                       "PuTTY-User-Key-File-2: ",
                                                       "PuTTY-User-Key-File-3: "};

constexpr std::array<std::string_view, 9> kKeyFields{
    "Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Hash:", "Charset:", "Subject:", "Encryption:", "MessageID:"};

/// Removes line ends and blanks, real ones or escaped, from the front; false: there is none.
bool take_line_end(std::string_view& text) noexcept {
  bool taken = false;
  while (!text.empty()) {
    if (text[0] == '\r' || text[0] == '\n') {
      text.remove_prefix(1);
      taken = true;
    } else if (text.size() > 1 && text[0] == '\\' && (text[1] == 'n' || text[1] == 'r')) {
      text.remove_prefix(2);
      taken = true;
    } else if (text[0] == ' ' || text[0] == '\t' || (text[0] == '\\' && taken)) {
      text.remove_prefix(1);
    } else {
      break;
    }
  }
  return taken;
}

bool begins_key(std::string_view body) noexcept {
  return std::any_of(kKeyFields.begin(), kKeyFields.end(),
                     [&](std::string_view field) { return body.starts_with(field); }) ||
         (body.size() >= 16 && std::all_of(body.begin(), body.begin() + 16, is_base64));
}

}  // namespace

bool is_basic_auth(std::string_view value) noexcept {
  std::array<char, 1024> decoded{};
  const auto size = decode_base64(value, Base64::kStandard, decoded);
  if (!size) {
    return false;
  }
  const std::string_view text(decoded.data(), *size);
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

bool holds_url_credentials(std::string_view text) noexcept {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos || !is_dialled(text.substr(0, scheme_end))) {
    return false;
  }
  std::string_view authority = text.substr(scheme_end + 3);
  authority = authority.substr(0, authority.find_first_of("/?# \t\r\n\"'<>`\\"));
  const std::size_t at = authority.rfind('@');
  const std::size_t colon = authority.find(':');
  if (at == std::string_view::npos || colon > at || at + 1 == authority.size()) {
    return false;
  }
  const std::string_view password = authority.substr(colon + 1, at - colon - 1);
  return !is_placeholder(password) && std::all_of(password.begin(), password.end(), is_visible);
}

bool is_generic_secret(std::string_view value) noexcept {
  return value.size() >= 8 && value.size() <= 512 && std::all_of(value.begin(), value.end(), is_visible) &&
         !is_placeholder(value) && !is_uuid(value) && !is_hash_of_known_length(value) && entropy_bits(value) >= 3.5;
}

bool is_private_key(std::string_view text) noexcept {
  for (const std::string_view header : kKeyHeaders) {
    if (text.starts_with(header)) {
      std::string_view rest = text.substr(header.size());
      if (header.front() == 'P') {  // PuTTY: the algorithm fills the line
        rest.remove_prefix(std::min(rest.find_first_of("\r\n\\"), rest.size()));
      }
      return take_line_end(rest) && begins_key(rest);
    }
  }
  return false;
}

}  // namespace gabion::inspect::dlp
