// What libmodsecurity makes of a request: its variables after the request phases, as plain sorted lists.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gabion::yardstick {

using Pairs = std::vector<std::pair<std::string, std::string>>;  ///< sorted: libmodsecurity's own order is a hash's

struct Seen {
  Pairs arguments;
  Pairs cookies;
  Pairs files;
  Pairs file_fields;
  Pairs file_sizes;
  Pairs part_headers;
  Pairs names;
  Pairs filenames;
  std::vector<std::string> xml_text;         ///< XML:/*
  std::vector<std::string> xml_attributes;   ///< XML://@*, in order
  std::map<std::string, std::string> flags;  ///< by variable name
  bool body_error = false;
  std::string message;
};

struct Sent {
  std::string query;
  std::string cookie;
  std::string content_type;
  std::string body;
};

/// One body processor's rules: "URLENCODED", "MULTIPART" (chosen by the content type), "JSON" or "XML".
class Oracle {
 public:
  explicit Oracle(std::string_view body_processor);
  ~Oracle();
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  [[nodiscard]] Seen judge(const Sent& sent) const;

  static constexpr int kJsonDepth = 20;

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace gabion::yardstick
