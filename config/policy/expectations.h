// What users expect of their policies, as a file for their continuous integration: kind PolicyTest.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/policy/traffic.h"
#include "config/result.h"

namespace gabion::config::policy {

struct Expectation {
  std::string name;  ///< given, or the traffic in words; not necessarily unique
  Traffic traffic;
  bool mtls = false;  ///< `from` shows the certificate of its own service account
  bool allowed = false;
  std::string rule;  ///< that must decide; empty: any
  int line = 0;
};

struct ExpectationFile {
  std::vector<std::string> manifests;  ///< files and folders as written: relative to the file
  std::string trust_domain;
  std::vector<Expectation> tests;
};

inline constexpr std::size_t kMaxExpectations = 100'000;

/// One document:
///     apiVersion: gabion.dev/v1alpha1
///     kind: PolicyTest
///     manifests: [policy]
///     mtls: true                # default of the tests: false
///     tests:
///     - {name: web reads, from: shop/web-0, to: shop/orders-0, port: 8080, http: {path: /orders}, expect: allow}
///     - {from: shop/web-0, to: shop/db-0, port: 5432, sql: {text: "TABLE secret", user: app}, expect: deny}
/// Every error, with its line; an unknown field is one.
[[nodiscard]] CheckedResult<ExpectationFile> parse_expectations(std::string_view text, std::string_view file);

}  // namespace gabion::config::policy
