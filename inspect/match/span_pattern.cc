// Block mode of Hyperscan with starts of matches, which streams cannot have at this price.
#include "inspect/match/span_pattern.h"

#include <array>

#include "inspect/match/database.h"
#include "inspect/match/scratch_impl.h"

namespace gabion::inspect::match {
namespace {

struct Search {
  std::size_t end = 0;
  std::optional<std::size_t> begin;
};

int keep_longest(unsigned /*id*/, unsigned long long from, unsigned long long to, unsigned /*flags*/, void* search) {
  auto& wanted = *static_cast<Search*>(search);
  const auto begin = static_cast<std::size_t>(from);
  if (to == wanted.end && (!wanted.begin || begin < *wanted.begin)) {
    wanted.begin = begin;
  }
  return 0;
}

constexpr unsigned kFlags = HS_FLAG_DOTALL | HS_FLAG_SOM_LEFTMOST;

}  // namespace

struct SpanPattern::Impl {
  Database database;
  std::size_t shortest = 0;
  std::size_t longest = 0;
};

SpanPattern::SpanPattern(std::unique_ptr<const Impl> impl) noexcept : impl_(std::move(impl)) {}
SpanPattern::SpanPattern(SpanPattern&&) noexcept = default;
SpanPattern& SpanPattern::operator=(SpanPattern&&) noexcept = default;
SpanPattern::~SpanPattern() = default;

config::Result<SpanPattern> SpanPattern::compile(const Pattern& pattern) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_expression_info(pattern.expression, HS_FLAG_DOTALL | HS_FLAG_ALLOWEMPTY, &info, &error) != HS_SUCCESS) {
    config::Error reason{error != nullptr ? error->message : "it does not compile", pattern.name};
    hs_free_compile_error(error);
    return reason;
  }
  const std::size_t shortest = info->min_width;
  const std::size_t longest = info->max_width == ~0U ? kUnbounded : info->max_width;
  ::free(info);  // NOLINT(cppcoreguidelines-no-malloc): as hs_expression_info() asks
  if (shortest == 0) {
    return config::Error{"can match the empty string", pattern.name};
  }
  const std::array patterns{pattern};
  auto database = compile_database(patterns, HS_MODE_BLOCK, kFlags, 1);
  if (!database) {
    return database.error();
  }
  return SpanPattern(std::make_unique<const Impl>(Impl{std::move(*database), shortest, longest}));
}

config::Result<void> SpanPattern::prepare(Scratch& scratch) const {
  return grow_scratch(impl_->database.get(), scratch);
}

std::size_t SpanPattern::shortest() const noexcept {
  return impl_->shortest;
}
std::size_t SpanPattern::longest() const noexcept {
  return impl_->longest;
}

std::optional<std::size_t> SpanPattern::begin_of(std::string_view window, std::size_t end,
                                                 Scratch& scratch) const noexcept {
  Search search{end, {}};
  const hs_error_t status = hs_scan(impl_->database.get(), window.data(), static_cast<unsigned>(window.size()), 0,
                                    scratch.impl().engine, keep_longest, &search);
  return status == HS_SUCCESS ? search.begin : std::nullopt;
}

}  // namespace gabion::inspect::match
