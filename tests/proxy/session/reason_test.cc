// The table of reasons: every code its own, every status as reason.h promises.
#include "proxy/session/reason.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace gabion::proxy {
namespace {

constexpr auto kReasons = static_cast<std::uint8_t>(Reason::kCount);

TEST(Reasons, HaveDistinctSnakeCaseCodes) {
  std::set<std::string_view> codes;
  for (std::uint8_t i = 0; i < kReasons; ++i) {
    const std::string_view code = traits(static_cast<Reason>(i)).code;
    EXPECT_TRUE(codes.insert(code).second) << code << " twice";
    EXPECT_TRUE(std::all_of(code.begin(), code.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }))
        << code;
  }
}

TEST(Reasons, HaveATextForTheClientExactlyWhenTheyAreAnswered) {
  const std::set<std::string_view> answered_in_sql = {"startup_refused", "login_method", "unsafe_setting"};
  for (std::uint8_t i = 0; i < kReasons; ++i) {
    const ReasonTraits& each = traits(static_cast<Reason>(i));
    EXPECT_EQ(each.status == 0 && answered_in_sql.count(each.code) == 0, each.text.empty()) << each.code;
    EXPECT_TRUE(each.status == 0 || (each.status >= 400 && each.status <= 599)) << each.code;
  }
}

TEST(Reasons, UseOnlyEnvoysFlags) {
  const std::set<std::string_view> known = {"",   "DC", "DPE", "DT", "NR",  "OM",  "RL", "SI",
                                            "UC", "UF", "UH",  "UO", "UPE", "URX", "UT"};
  for (std::uint8_t i = 0; i < kReasons; ++i) {
    EXPECT_EQ(known.count(traits(static_cast<Reason>(i)).flag), 1U) << traits(static_cast<Reason>(i)).code;
  }
}

struct Row {
  Reason reason;
  std::string_view code;
  std::uint16_t status;
  std::string_view flag;
};

class ReasonRow : public ::testing::TestWithParam<Row> {};

TEST_P(ReasonRow, HasCodeStatusAndFlag) {
  const ReasonTraits& found = traits(GetParam().reason);
  EXPECT_EQ(found.code, GetParam().code);
  EXPECT_EQ(found.status, GetParam().status);
  EXPECT_EQ(found.flag, GetParam().flag);
}

INSTANTIATE_TEST_SUITE_P(
    Contract, ReasonRow,
    ::testing::Values(
        Row{Reason::kNone, "none", 0, ""}, Row{Reason::kMalformedRequest, "malformed_request", 400, "DPE"},
        Row{Reason::kUriTooLong, "uri_too_long", 414, "DPE"},
        Row{Reason::kTooManyHeaders, "too_many_headers", 431, "DPE"},
        Row{Reason::kBodyTooLarge, "body_too_large", 413, ""},
        Row{Reason::kRequestTooSlow, "request_too_slow", 408, "SI"},
        Row{Reason::kReaderTooSlow, "reader_too_slow", 0, "SI"},
        Row{Reason::kRequestHeaderTimeout, "request_header_timeout", 408, "DT"},
        Row{Reason::kUnsupportedVersion, "unsupported_version", 505, "DPE"},
        Row{Reason::kUnsupportedExpect, "unsupported_expect", 417, "DPE"},
        Row{Reason::kUpgradeRefused, "upgrade_refused", 501, ""},
        Row{Reason::kConnectRefused, "connect_refused", 405, ""}, Row{Reason::kPolicyDenied, "policy_denied", 403, ""},
        Row{Reason::kBadPath, "bad_path", 400, "DPE"}, Row{Reason::kHoldLimit, "hold_limit", 413, ""},
        Row{Reason::kScanLimit, "scan_limit", 413, ""}, Row{Reason::kNotInspectable, "not_inspectable", 415, ""},
        Row{Reason::kBadCoding, "bad_coding", 400, ""}, Row{Reason::kDecodedBytes, "decoded_bytes", 413, ""},
        Row{Reason::kDecodedRatio, "decoded_ratio", 413, ""}, Row{Reason::kBadMessage, "bad_message", 400, ""},
        Row{Reason::kMessageLimit, "message_limit", 413, ""},
        Row{Reason::kDeadlineExceeded, "deadline_exceeded", 504, "UT"}, Row{Reason::kNoRoute, "no_route", 404, "NR"},
        Row{Reason::kNoEndpoint, "no_endpoint", 503, "UH"},
        Row{Reason::kUpstreamConnectFailed, "upstream_connect_failed", 503, "UF"},
        Row{Reason::kUpstreamIdentity, "upstream_identity", 503, "UF"},
        Row{Reason::kUpstreamProtocol, "upstream_protocol", 502, "UPE"},
        Row{Reason::kUpstreamReset, "upstream_reset", 503, "UC"},
        Row{Reason::kUpstreamMalformed, "upstream_malformed", 502, "UPE"},
        Row{Reason::kUpstreamTruncated, "upstream_truncated", 0, "UC"},
        Row{Reason::kResponseHeaderTimeout, "response_header_timeout", 504, "UT"},
        Row{Reason::kUpstreamOverflow, "upstream_overflow", 503, "UO"}, Row{Reason::kOverload, "overload", 503, "OM"},
        Row{Reason::kOverloadEnded, "overload_ended", 503, "OM"},
        Row{Reason::kOverloadRefused, "overload_refused", 0, "OM"},
        Row{Reason::kClientClosed, "client_closed", 0, "DC"}, Row{Reason::kMtlsRequired, "mtls_required", 0, ""},
        Row{Reason::kProtocolMismatch, "protocol_mismatch", 0, "DPE"},
        Row{Reason::kPolicyChanged, "policy_changed", 403, ""}, Row{Reason::kDrained, "drained", 0, ""}),
    [](const auto& tested) { return std::string(tested.param.code); });

TEST(Reasons, OfInspectionKeepTheirCode) {
  for (std::uint8_t i = 1; i <= static_cast<std::uint8_t>(inspect::Reason::kMessageLimit); ++i) {
    const auto reason = static_cast<inspect::Reason>(i);
    EXPECT_EQ(traits(to_reason(reason)).code, inspect::to_string(reason));
  }
  EXPECT_EQ(to_reason(inspect::Reason::kNone), Reason::kNone);
}

TEST(Reasons, BeyondTheEnumNeverReadAsAllowed) {
  EXPECT_NE(to_reason(static_cast<inspect::Reason>(200)), Reason::kNone);
  EXPECT_EQ(traits(static_cast<Reason>(250)).status, 0);
}

}  // namespace
}  // namespace gabion::proxy
