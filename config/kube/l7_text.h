// The texts an L7Policy may hold, as the patterns of l7policies.crd.yaml describe them.
#pragma once

#include <string_view>

namespace gabion::config::kube {

/// An upper-case token of at most 32 bytes (RFC 9110 §5.6.2), not beginning with a digit.
[[nodiscard]] bool is_method(std::string_view text) noexcept;

/// A path in normal, decoded form: begins with '/', no "//", no dot segments, none of `% ? # ; \ { } *`.
[[nodiscard]] bool is_plain_path(std::string_view text) noexcept;

/// "/img/{*}/thumb/{**}": at most one {**}, after it literal segments only.
[[nodiscard]] bool is_path_template(std::string_view text) noexcept;

/// "x", "*.x", "[::1]", each maybe with ":port"; lower case, at most 253 bytes.
[[nodiscard]] bool is_host_pattern(std::string_view text) noexcept;

/// A lower-case field name a rule may look at: not host, no framing or hop-by-hop field (policy §3.4).
[[nodiscard]] bool is_policy_header(std::string_view text) noexcept;

/// A login role or database: 1 to 128 bytes.
[[nodiscard]] bool is_sql_account(std::string_view text) noexcept;

/// A command, access or group that `statements` knows.
[[nodiscard]] bool is_sql_word(std::string_view text) noexcept;

/// "name", "name*", "*", each maybe after "schema.".
[[nodiscard]] bool is_sql_pattern(std::string_view text) noexcept;

/// "column", "table.column" or "schema.table.column", each "name", "name*" or "*".
[[nodiscard]] bool is_sql_column(std::string_view text) noexcept;

/// The name of a setting that rules may let a session change: none that changes how later text is read or resolved.
[[nodiscard]] bool is_sql_setting(std::string_view text) noexcept;

}  // namespace gabion::config::kube
