// Goes through the directives of all files and keeps what they say until the whole is known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inspect/waf/seclang/draft.h"
#include "inspect/waf/seclang/lines.h"
#include "inspect/waf/seclang/load.h"
#include "inspect/waf/seclang/settings.h"
#include "inspect/waf/seclang/sources.h"

namespace gabion::inspect::waf::seclang {

class Loader {
 public:
  /// Borrows `limits`.
  explicit Loader(const LoadLimits& limits) : limits_(limits), sources_(limits) {}

  /// Text that rules of the same ids, read later, replace.
  void read_base(std::string_view text, const std::string& name);
  void read_text(std::string_view text, const std::string& name);
  void read_file(const std::string& path);

  /// REQUIRES: called once, last.
  [[nodiscard]] config::CheckedResult<RuleSet> finish();

 private:
  /// A directive, where it stands and what is said about it.
  struct Reading {
    Place place;
    std::string name;
    std::vector<std::string> words;  ///< after the name
    Remarks remarks;
  };

  void read_directives(std::string_view text, const std::string& path);
  void apply(Reading& reading, const std::string& path);
  void apply_other(Reading& reading, const std::string& path);
  void report(Reading& reading, std::uint32_t rule_id);

  void include(Reading& reading, const std::string& path);
  void include_file(Reading& reading, const std::string& path);
  void add_rule(Reading& reading, const std::string& path);
  void add_action(Reading& reading);
  void add_link(Reading& reading, DraftLink link);
  void add_marker(Reading& reading);
  void add_default(Reading& reading);
  void add_revision(Reading& reading);
  void read_phrases(Operator& op, const std::string& path, Remarks& remarks);
  void refuse_inside_chain(Reading& reading);
  void end_open_chain(Place place);
  void drop_replaced_base_rules();
  [[nodiscard]] bool is_too_many(Reading& reading);
  [[nodiscard]] bool is_full() const;

  const LoadLimits& limits_;
  Sources sources_;
  Settings settings_;
  std::vector<DraftItem> items_;
  std::size_t rules_ = 0;  ///< and further links and revisions
  Defaults defaults_;
  std::vector<Revision> revisions_;
  Findings findings_;
  std::vector<std::string> open_files_;  ///< from the entry to the file being read
  bool chain_is_open_ = false;           ///< the last item is a rule that wants another link
  bool in_base_ = false;
  bool stopped_ = false;  ///< too much was found to go on
};

/// The choice of rules and the change that a SecRuleRemove… or SecRuleUpdate… asks for; false: it is neither.
[[nodiscard]] bool is_revision(std::string_view directive) noexcept;
[[nodiscard]] Revision parse_revision(std::string_view directive, const std::vector<std::string>& words,
                                      Remarks& remarks);

}  // namespace gabion::inspect::waf::seclang
