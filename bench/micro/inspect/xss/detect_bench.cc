// What looking for script in HTML costs per value, next to libinjection.
#include "inspect/xss/detect.h"

#include "bench/micro/inspect/detector_values.h"

#ifdef GABION_LIBINJECTION
extern "C" int libinjection_xss(const char* value, std::size_t length);
#endif

namespace gabion::inspect {
namespace {

constexpr std::string_view kAttack = "\"><img src=x onerror=\"alert(document.cookie)\">";

bool ours(std::string_view value) {
  return xss::detect(value).found;
}

void BM_XssForm(benchmark::State& state) {
  measure_form(state, ours);
}
BENCHMARK(BM_XssForm);
BENCHMARK_CAPTURE(measure, BM_XssUserAgent, ours, kUserAgent);
BENCHMARK_CAPTURE(measure, BM_XssProse, ours, kProse);
BENCHMARK_CAPTURE(measure, BM_XssUrl, ours, kQuery);
BENCHMARK_CAPTURE(measure, BM_XssAttack, ours, kAttack);

#ifdef GABION_LIBINJECTION
bool theirs(std::string_view value) {
  return libinjection_xss(value.data(), value.size()) != 0;
}

void BM_LibinjectionXssForm(benchmark::State& state) {
  measure_form(state, theirs);
}
BENCHMARK(BM_LibinjectionXssForm);
BENCHMARK_CAPTURE(measure, BM_LibinjectionXssUserAgent, theirs, kUserAgent);
BENCHMARK_CAPTURE(measure, BM_LibinjectionXssProse, theirs, kProse);
BENCHMARK_CAPTURE(measure, BM_LibinjectionXssUrl, theirs, kQuery);
BENCHMARK_CAPTURE(measure, BM_LibinjectionXssAttack, theirs, kAttack);
#endif

}  // namespace
}  // namespace gabion::inspect
