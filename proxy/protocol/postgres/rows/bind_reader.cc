// A long Bind by pieces: see bind_reader.h.
#include "proxy/protocol/postgres/rows/bind_reader.h"

#include <algorithm>

namespace gabion::proxy::postgres {
namespace {

constexpr std::uint32_t kNullValue = 0xffffffff;
constexpr std::uint32_t kFormatBytes = 2;
constexpr std::uint32_t kLengthBytes = 4;

}  // namespace

bool BindReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    switch (at_) {
      case At::kEnd:
        return false;
      case At::kPortal:
      case At::kStatement: {
        const std::size_t end = bytes.find('\0');
        if (end == std::string_view::npos) {
          return true;
        }
        bytes.remove_prefix(end + 1);
        at_ = at_ == At::kPortal ? At::kStatement : At::kGivenCount;
        break;
      }
      case At::kGiven:
      case At::kValue: {
        const auto passed = static_cast<std::uint32_t>(std::min<std::size_t>(skip_, bytes.size()));
        bytes.remove_prefix(passed);
        skip_ -= passed;
        if (skip_ == 0) {
          at_ == At::kGiven ? static_cast<void>(at_ = At::kValueCount) : next_value();
        }
        break;
      }
      case At::kGivenCount:
      case At::kValueCount:
      case At::kLength:
      case At::kResultCount:
      case At::kResult:
        number_ = number_ << 8U | static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        if (++digits_ == (at_ == At::kLength ? kLengthBytes : kFormatBytes)) {
          if (!on_number()) {
            return false;
          }
          number_ = digits_ = 0;
        }
        break;
    }
  }
  return true;
}

void BindReader::next_value() noexcept {
  at_ = left_ == 0 ? At::kResultCount : At::kLength;
  left_ -= left_ == 0 ? 0 : 1;
}

/// number_ is read.
bool BindReader::on_number() {
  switch (at_) {
    case At::kGivenCount:
      given_ = number_;
      skip_ = kFormatBytes * number_;
      at_ = number_ == 0 ? At::kValueCount : At::kGiven;
      return true;
    case At::kValueCount:
      left_ = number_;
      next_value();
      return given_ <= 1 || given_ == number_;
    case At::kLength:
      if (number_ == kNullValue || number_ == 0) {
        next_value();
      } else {
        skip_ = number_;
        at_ = At::kValue;
      }
      return true;
    case At::kResultCount:
      left_ = number_;
      at_ = number_ == 0 ? At::kEnd : At::kResult;
      return number_ <= RowDescription::kMostColumns;
    case At::kResult:
      formats_.push_back(number_ == 0 ? Format::kText : Format::kBinary);
      at_ = --left_ == 0 ? At::kEnd : At::kResult;
      return number_ <= 1;
    case At::kPortal:
    case At::kStatement:
    case At::kGiven:
    case At::kValue:
    case At::kEnd:
      break;
  }
  return false;
}

}  // namespace gabion::proxy::postgres
