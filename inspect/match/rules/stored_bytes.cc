// Numbers are little endian of eight bytes; nothing is believed before the checksum is right.
#include "inspect/match/rules/stored_bytes.h"

#include <cstdlib>
#include <memory>
#include <utility>

namespace gabion::inspect::match {

namespace {

// magic, checksum of all that follows, key, three lengths, engines, regexes, phrases
constexpr std::string_view kMagic = "GabionP1";
constexpr std::size_t kDigestBytes = sizeof(Sha256::Digest);
constexpr std::size_t kNumberBytes = 8;

struct Freed {
  void operator()(char* bytes) const noexcept { std::free(bytes); }  // NOLINT: Hyperscan's are malloc()'s
};
using Bytes = std::unique_ptr<char, Freed>;

std::string_view view_of(const Sha256::Digest& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

void append_number(std::string& out, std::uint64_t number) {
  for (std::size_t i = 0; i < kNumberBytes; ++i) {
    out += static_cast<char>(number >> (8 * i));
  }
}

/// Takes the first `size` bytes off `bytes`; empty when there are fewer.
std::string_view take(std::string_view& bytes, std::uint64_t size) noexcept {
  if (size > bytes.size()) {
    bytes = {};
    return {};
  }
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

std::uint64_t take_number(std::string_view& bytes) noexcept {
  const std::string_view taken = take(bytes, kNumberBytes);
  std::uint64_t number = 0;
  for (std::size_t i = taken.size(); i > 0; --i) {
    number = number << 8U | static_cast<unsigned char>(taken[i - 1]);
  }
  return number;
}

config::Result<std::string> serialised(const hs_database_t* database) {
  if (database == nullptr) {
    return std::string();
  }
  char* bytes = nullptr;
  std::size_t size = 0;
  if (hs_serialize_database(database, &bytes, &size) != HS_SUCCESS) {
    return config::Error{"no memory to store a pattern database", ""};
  }
  const Bytes owned(bytes);
  return std::string(bytes, size);
}

config::Error database_error(hs_error_t status) {
  if (status == HS_DB_VERSION_ERROR) {
    return {"holds a pattern database of another version of Hyperscan", ""};
  }
  if (status == HS_DB_PLATFORM_ERROR) {
    return {"holds a pattern database for another processor", ""};
  }
  return {"holds a damaged pattern database", ""};
}

config::Result<Database> deserialised(std::string_view bytes) {
  if (bytes.empty()) {
    return Database(nullptr);
  }
  char* text = nullptr;
  if (const hs_error_t status = hs_serialized_database_info(bytes.data(), bytes.size(), &text); status != HS_SUCCESS) {
    return database_error(status);
  }
  const Bytes owned(text);
  if (const std::string_view info = text; !info.ends_with("Mode: BLOCK")) {
    return config::Error{"holds a pattern database of another kind: " + std::string(info), ""};
  }
  hs_database_t* database = nullptr;
  const hs_error_t status = hs_deserialize_database(bytes.data(), bytes.size(), &database);
  if (status != HS_SUCCESS) {
    return database_error(status);
  }
  return Database(database);
}

bool known(Engine engine) noexcept {
  switch (engine) {
    case Engine::kPhrases:
    case Engine::kExact:
    case Engine::kLinear:
    case Engine::kSingle:
      return true;
  }
  return false;
}

}  // namespace

config::Result<std::string> to_bytes(const Sha256::Digest& key, const std::vector<Engine>& engines,
                                     const hs_database_t* regexes, const hs_database_t* phrases) {
  const auto regex_bytes = serialised(regexes);
  const auto phrase_bytes = serialised(phrases);
  if (!regex_bytes || !phrase_bytes) {
    return regex_bytes ? phrase_bytes.error() : regex_bytes.error();
  }
  std::string body(view_of(key));
  append_number(body, engines.size());
  append_number(body, regex_bytes->size());
  append_number(body, phrase_bytes->size());
  for (const Engine engine : engines) {
    body += static_cast<char>(engine);
  }
  body += *regex_bytes;
  body += *phrase_bytes;
  Sha256 checksum;
  checksum.add(body);
  return std::string(kMagic) + std::string(view_of(checksum.finish())) + body;
}

config::Result<StoredGroup> from_bytes(std::string_view bytes, const Sha256::Digest& key) {
  if (take(bytes, kMagic.size()) != kMagic) {
    return config::Error{"is not a file of stored patterns of this version", ""};
  }
  const std::string_view checksum = take(bytes, kDigestBytes);
  Sha256 actual;
  actual.add(bytes);
  if (checksum != view_of(actual.finish())) {
    return config::Error{"is damaged: its checksum is wrong", ""};
  }
  if (take(bytes, kDigestBytes) != view_of(key)) {
    return config::Error{"is of other patterns, versions or another processor", ""};
  }
  const std::uint64_t engine_count = take_number(bytes);
  const std::uint64_t regex_size = take_number(bytes);
  const std::uint64_t phrase_size = take_number(bytes);
  if (engine_count > bytes.size() || regex_size > bytes.size() || phrase_size > bytes.size() ||
      engine_count + regex_size + phrase_size != bytes.size()) {
    return config::Error{"is damaged: its lengths do not add up", ""};
  }
  StoredGroup group;
  for (const char code : take(bytes, engine_count)) {
    group.engines.push_back(static_cast<Engine>(code));
    if (!known(group.engines.back())) {
      return config::Error{"is damaged: it names an engine that there is not", ""};
    }
  }
  auto regexes = deserialised(take(bytes, regex_size));
  auto phrases = deserialised(take(bytes, phrase_size));
  if (!regexes || !phrases) {
    return regexes ? phrases.error() : regexes.error();
  }
  group.regexes = std::move(*regexes);
  group.phrases = std::move(*phrases);
  return group;
}

}  // namespace gabion::inspect::match
