// Whatever a manifest is: injected twice it is the same, and taken back it is the original.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/inject/app_probes.h"
#include "config/inject/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace gabion::config::inject;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  (void)parse_app_probes(text);
  const auto original = uninject_manifest(text, "-");
  if (original.has_error()) {
    return 0;
  }
  for (const SidecarForm form : {SidecarForm::kNative, SidecarForm::kClassic}) {
    Settings settings;
    settings.form = form;
    const auto once = inject_manifest(text, "-", settings);
    if (once.has_error()) {
      continue;
    }
    const auto twice = inject_manifest(once->text, "-", settings);
    if (twice.has_error() || twice->text != once->text) {
      std::abort();
    }
    const auto back = uninject_manifest(once->text, "-");
    if (back.has_error() || *back != *original) {
      std::abort();
    }
  }
  return 0;
}
