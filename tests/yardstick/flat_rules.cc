// Follows Include and IncludeOptional; everything else is passed on as it stands.
#include "tests/yardstick/flat_rules.h"

#include <glob.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace gabion::yardstick {
namespace {

constexpr int kDeepest = 16;

struct Inclusion {
  std::string pattern;
  bool optional = false;
};

std::optional<Inclusion> inclusion_of(const std::string& line) {
  std::istringstream words(line);
  std::string name;
  Inclusion found;
  if (!(words >> name >> found.pattern) || (name != "Include" && name != "IncludeOptional")) {
    return std::nullopt;
  }
  std::erase(found.pattern, '"');
  found.optional = name == "IncludeOptional";
  return found;
}

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread reads rules and changes no environment.
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return paths;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error("cannot read " + path);
  }
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::string flattened(const std::string& path, int depth) {
  if (depth > kDeepest) {
    throw std::runtime_error("includes are nested too deep at " + path);
  }
  std::string text;
  bool includes = false;
  for (const std::string& line : lines_of(path)) {
    const auto inclusion = inclusion_of(line);
    if (!inclusion) {
      text += line + '\n';
      continue;
    }
    includes = true;
    const auto folder = std::filesystem::absolute(path).parent_path();
    const auto files = matches((folder / inclusion->pattern).string());
    if (files.empty() && !inclusion->optional) {
      throw std::runtime_error(path + ": nothing matches " + inclusion->pattern);
    }
    for (const std::string& file : files) {
      text += flattened(file, depth + 1);
    }
  }
  return includes || depth == 0 ? text : "Include " + path + '\n';
}

}  // namespace

std::string flat_rules(const std::string& entry) {
  return flattened(entry, 0);
}

}  // namespace gabion::yardstick
