// The shapes of Kubernetes names.
#include "config/dns_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gabion::config {
namespace {

TEST(DnsName, Labels) {
  const std::vector<std::string> good{"a", "a-b", "0", std::string(63, 'a')};
  for (const std::string& text : good) {
    EXPECT_TRUE(is_dns_label(text)) << text;
  }
  const std::vector<std::string> bad{"",    "-a",       "a-", "a.b", "A", "a_b", std::string(64, 'a'),
                                     "a\n", "\xc3\xa4", " a", "a b"};
  for (const std::string& text : bad) {
    EXPECT_FALSE(is_dns_label(text)) << text;
  }
}

TEST(DnsName, SubdomainsAreLimitedAsAWhole) {
  const std::vector<std::string> good{"a", "a.b-c.0", std::string(253, 'a')};
  for (const std::string& text : good) {
    EXPECT_TRUE(is_dns_subdomain(text)) << text;
  }
  const std::vector<std::string> bad{"", ".", "a.", ".a", "a..b", "a.-b", "a-.b", "a.B", std::string(254, 'a')};
  for (const std::string& text : bad) {
    EXPECT_FALSE(is_dns_subdomain(text)) << text;
  }
}

}  // namespace
}  // namespace gabion::config
