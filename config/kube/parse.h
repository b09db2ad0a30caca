// Kubernetes manifests to objects, by the API server's rules and with its refusals (policy §1.3, §1.4).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/kube/fields.h"
#include "config/kube/objects.h"
#include "config/result.h"

namespace gabion::config::kube {

/// The annotation of a NetworkPolicy that holds an L7Policy's spec as JSON (policy §3.6).
inline constexpr std::string_view kL7Annotation = "gabion.dev/l7policy.v1alpha1";

/// Collects objects from any number of files.
///
/// A document may be a List. Places read `file:doc:path: text (line N)`, doc counted from 1 with the empty ones.
class ManifestReader {
 public:
  /// Reads all documents of `text`. `file` is used in messages only.
  void read(std::string_view text, std::string_view file);

  /// Adds an error that concerns no object, such as a file that cannot be read.
  void refuse(Error error) { errors_.push_back(std::move(error)); }

  /// What was read so far; finish() may still find it worthless.
  [[nodiscard]] const Objects& so_far() const noexcept { return objects_; }

  /// All that was read; or every error that leaves it unknown which object is meant (config/policy/load.h).
  [[nodiscard]] CheckedResult<Objects> finish() &&;

 private:
  /// What a document or list item is, before its kind is looked at.
  struct Head;

  void read_object(const YamlValue& object, const std::string& place, const std::string& path, const Head& inherited);
  void read_list(const YamlValue& object, const std::string& place, const std::string& path, const Head& head);
  void read_kind(const YamlValue& object, const std::string& path, const Head& head, Report& report);
  void read_network_policies(const YamlValue& object, const std::string& path, const ObjectName& name, Report& report);
  void read_annotation(const YamlValue& object, const std::string& path, const NetworkPolicy& policy, Report& report);
  [[nodiscard]] bool is_new(const std::string& kind, const std::string& name, const std::string& path,
                            const Report& report);

  Objects objects_;
  Errors errors_;
  std::map<std::string, std::string> seen_;  ///< "kind namespace/name" -> where
};

/// One file's text, for tests, fuzzing and single files.
[[nodiscard]] CheckedResult<Objects> parse_manifests(std::string_view text, std::string_view file);

}  // namespace gabion::config::kube
