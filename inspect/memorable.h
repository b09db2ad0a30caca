// Which values of headers a worker may remember beyond their exchange: those that come again and hold no secret.
#pragma once

#include <string_view>

namespace gabion::inspect {

/// Headers of requests whose values are few and public: what a client is and takes, where it goes. `name` in any case.
/// All others (Authorization, Cookie, whatever an application made up) are not remembered.
[[nodiscard]] bool is_memorable_header(std::string_view name) noexcept;

/// The same of answers: what a server is, how long and by what name an answer may be kept.
[[nodiscard]] bool is_memorable_answer_header(std::string_view name) noexcept;

/// The value of a header that is_memorable_header(): not where an address in it has a query or a user.
[[nodiscard]] bool is_public(std::string_view value) noexcept;

}  // namespace gabion::inspect
