// What a fallible step on the control path returns: a value, or what is wrong and where.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gabion::config {

/// One thing that is wrong. `where` is a place a person can open ("gabion.yaml:12: limits.header_bytes"),
/// empty when there is none; `what` is a sentence without a full stop.
struct Error {
  std::string what;
  std::string where;

  Error() = default;
  /// Not an aggregate and never made from one string, so that Result<std::string> knows a value from an error.
  Error(std::string what_is_wrong, std::string place) : what(std::move(what_is_wrong)), where(std::move(place)) {}

  [[nodiscard]] std::string to_string() const { return where.empty() ? what : where + ": " + what; }
};

/// Everything that is wrong with one input, in the order of the input.
using Errors = std::vector<Error>;

/// Found by boost::system::result when value() is called on an error: a defect of the caller.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location& /*where*/) {
  throw std::logic_error(error.to_string());
}

[[noreturn]] inline void throw_exception_from_error(const Errors& errors, const boost::source_location& /*where*/) {
  throw std::logic_error(errors.empty() ? "no error" : errors.front().to_string());
}

/// A value, or the first thing that is wrong.
template <class T>
using Result = boost::system::result<T, Error>;

/// A value, or everything that is wrong.
template <class T>
using CheckedResult = boost::system::result<T, Errors>;

}  // namespace gabion::config
