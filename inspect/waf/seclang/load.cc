// The two ways into the loader.
#include "inspect/waf/seclang/load.h"

#include "inspect/waf/seclang/base.h"
#include "inspect/waf/seclang/loader.h"

namespace gabion::inspect::waf::seclang {

config::CheckedResult<RuleSet> load(const std::string& entry_file, const LoadLimits& limits) {
  Loader loader(limits);
  loader.read_file(entry_file);
  return loader.finish();
}

config::CheckedResult<RuleSet> load_text(std::string_view text, const std::string& name, const LoadLimits& limits) {
  Loader loader(limits);
  loader.read_text(text, name);
  return loader.finish();
}

config::CheckedResult<RuleSet> load_with_base(const std::string& entry_file, const LoadLimits& limits) {
  return load_with_base(entry_file, Surroundings{}, limits);
}

config::CheckedResult<RuleSet> load_with_base(const std::string& entry_file, const Surroundings& surroundings,
                                              const LoadLimits& limits) {
  Loader loader(limits);
  loader.read_base(base_text(), std::string(kBaseName));
  loader.read_text(surroundings.before, "exclusions below a path");
  loader.read_file(entry_file);
  loader.read_text(surroundings.behind, "exclusions");
  return loader.finish();
}

}  // namespace gabion::inspect::waf::seclang
