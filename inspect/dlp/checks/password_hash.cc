// Hashes of passwords as crypt(5) and the PHC string format write them: fields between dollar signs.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "inspect/dlp/checks/base64.h"
#include "inspect/dlp/checks/secrets.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

/// crypt(5): the alphabet of salts and hashes.
bool is_crypt(char c) noexcept {
  return is_digit(c) || is_letter(c) || c == '.' || c == '/';
}

bool all_crypt(std::string_view text, std::size_t least, std::size_t most) noexcept {
  return text.size() >= least && text.size() <= most && std::all_of(text.begin(), text.end(), is_crypt);
}

/// "m=65536,t=3,p=4": numbers, with the names the format gives them.
bool are_argon_costs(std::string_view field) noexcept {
  for (const std::string_view name : {"m=", "t=", "p="}) {
    if (!field.starts_with(name)) {
      return false;
    }
    const std::size_t end = std::min(field.find(','), field.size());
    const std::string_view cost = field.substr(2, end - 2);
    if (cost.size() > 10 || !all_digits(cost)) {
      return false;
    }
    field.remove_prefix(std::min(end + 1, field.size()));
  }
  return true;
}

bool all_base64(std::string_view text, std::size_t least, std::size_t most) noexcept {
  return text.size() >= least && text.size() <= most && std::all_of(text.begin(), text.end(), is_base64);
}

/// The fields behind the first dollar sign; count is above the capacity when there are more.
struct Fields {
  std::array<std::string_view, 5> at;
  std::size_t count = 0;
};

Fields split(std::string_view text) noexcept {
  Fields fields;
  while (true) {
    const std::size_t end = text.find('$');
    if (fields.count == fields.at.size()) {
      ++fields.count;
      return fields;
    }
    fields.at[fields.count++] = text.substr(0, end);
    if (end == std::string_view::npos) {
      return fields;
    }
    text.remove_prefix(end + 1);
  }
}

bool is_bcrypt(const Fields& fields) noexcept {
  const std::string_view cost = fields.at[1];
  return fields.count == 3 && digits_of_length(cost, 2) && cost >= "04" && cost <= "31" &&
         all_crypt(fields.at[2], 53, 53);
}

bool is_argon2(const Fields& fields) noexcept {
  // Before version 19 the version was not written.
  const std::size_t shift = fields.at[1].starts_with("v=") ? 1 : 0;
  return fields.count == 4 + shift && (shift == 0 || all_digits(fields.at[1].substr(2))) &&
         are_argon_costs(fields.at[1 + shift]) && all_base64(fields.at[2 + shift], 11, 64) &&
         all_base64(fields.at[3 + shift], 16, 171);
}

bool is_sha_crypt(const Fields& fields, std::size_t length) noexcept {
  const std::size_t shift = fields.at[1].starts_with("rounds=") ? 1 : 0;
  return fields.count == 3 + shift && (shift == 0 || all_digits(fields.at[1].substr(7))) &&
         all_crypt(fields.at[1 + shift], 1, 16) && all_crypt(fields.at[2 + shift], length, length);
}

}  // namespace

bool is_password_hash(std::string_view text) noexcept {
  if (!text.starts_with('$')) {
    return false;
  }
  const Fields fields = split(text.substr(1));
  const std::string_view scheme = fields.at[0];
  if (scheme == "2a" || scheme == "2b" || scheme == "2x" || scheme == "2y") {
    return is_bcrypt(fields);
  }
  if (scheme == "argon2i" || scheme == "argon2d" || scheme == "argon2id") {
    return is_argon2(fields);
  }
  if (scheme == "5" || scheme == "6") {
    return is_sha_crypt(fields, scheme == "5" ? 43 : 86);
  }
  if (scheme == "1") {
    return fields.count == 3 && all_crypt(fields.at[1], 1, 8) && all_crypt(fields.at[2], 22, 22);
  }
  if (scheme == "y" || scheme == "gy") {
    return fields.count == 4 && all_crypt(fields.at[1], 3, 16) && all_crypt(fields.at[2], 1, 86) &&
           all_crypt(fields.at[3], 43, 43);
  }
  return false;
}

}  // namespace gabion::inspect::dlp
