// The spellings of SecLang's names, in the order of the enums, and their second spellings.
#include "inspect/waf/seclang/words.h"

#include <array>
#include <cstddef>

#include "inspect/waf/seclang/scan.h"

namespace gabion::inspect::waf::seclang {
namespace {

constexpr auto kVariables = std::to_array<std::string_view>({
    "ARGS",
    "ARGS_COMBINED_SIZE",
    "ARGS_GET",
    "ARGS_GET_NAMES",
    "ARGS_NAMES",
    "ARGS_POST",
    "ARGS_POST_NAMES",
    "AUTH_TYPE",
    "DURATION",
    "ENV",
    "FILES",
    "FILES_COMBINED_SIZE",
    "FILES_NAMES",
    "FILES_SIZES",
    "FILES_TMPNAMES",
    "FULL_REQUEST",
    "FULL_REQUEST_LENGTH",
    "GEO",
    "GLOBAL",
    "INBOUND_DATA_ERROR",
    "IP",
    "MATCHED_VAR",
    "MATCHED_VAR_NAME",
    "MATCHED_VARS",
    "MATCHED_VARS_NAMES",
    "MULTIPART_BOUNDARY_QUOTED",
    "MULTIPART_BOUNDARY_WHITESPACE",
    "MULTIPART_CRLF_LF_LINES",
    "MULTIPART_DATA_AFTER",
    "MULTIPART_DATA_BEFORE",
    "MULTIPART_FILE_LIMIT_EXCEEDED",
    "MULTIPART_FILENAME",
    "MULTIPART_HEADER_FOLDING",
    "MULTIPART_INVALID_HEADER_FOLDING",
    "MULTIPART_INVALID_PART",
    "MULTIPART_INVALID_QUOTING",
    "MULTIPART_LF_LINE",
    "MULTIPART_MISSING_SEMICOLON",
    "MULTIPART_NAME",
    "MULTIPART_PART_HEADERS",
    "MULTIPART_STRICT_ERROR",
    "MULTIPART_UNMATCHED_BOUNDARY",
    "OUTBOUND_DATA_ERROR",
    "PATH_INFO",
    "QUERY_STRING",
    "REMOTE_ADDR",
    "REMOTE_HOST",
    "REMOTE_PORT",
    "REMOTE_USER",
    "REQBODY_ERROR",
    "REQBODY_ERROR_MSG",
    "REQBODY_PROCESSOR",
    "REQBODY_PROCESSOR_ERROR",
    "REQBODY_PROCESSOR_ERROR_MSG",
    "REQUEST_BASENAME",
    "REQUEST_BODY",
    "REQUEST_BODY_LENGTH",
    "REQUEST_COOKIES",
    "REQUEST_COOKIES_NAMES",
    "REQUEST_FILENAME",
    "REQUEST_HEADERS",
    "REQUEST_HEADERS_NAMES",
    "REQUEST_LINE",
    "REQUEST_METHOD",
    "REQUEST_PROTOCOL",
    "REQUEST_URI",
    "REQUEST_URI_RAW",
    "RESOURCE",
    "RESPONSE_BODY",
    "RESPONSE_CONTENT_LENGTH",
    "RESPONSE_CONTENT_TYPE",
    "RESPONSE_HEADERS",
    "RESPONSE_HEADERS_NAMES",
    "RESPONSE_PROTOCOL",
    "RESPONSE_STATUS",
    "RULE",
    "SERVER_ADDR",
    "SERVER_NAME",
    "SERVER_PORT",
    "SESSION",
    "SESSIONID",
    "STATUS_LINE",
    "TIME",
    "TIME_EPOCH",
    "TIME_HOUR",
    "TIME_MIN",
    "TIME_SEC",
    "TIME_DAY",
    "TIME_MON",
    "TIME_WDAY",
    "TIME_YEAR",
    "TX",
    "UNIQUE_ID",
    "URLENCODED_ERROR",
    "USER",
    "USERID",
    "WEBSERVER_ERROR_LOG",
    "XML",
});
static_assert(kVariables.size() == static_cast<std::size_t>(Variable::kXml) + 1);

constexpr auto kOperators = std::to_array<std::string_view>({
    "rx",
    "pm",
    "pmFromFile",
    "streq",
    "contains",
    "containsWord",
    "strmatch",
    "beginsWith",
    "endsWith",
    "within",
    "eq",
    "ge",
    "gt",
    "le",
    "lt",
    "ipMatch",
    "ipMatchFromFile",
    "detectSQLi",
    "detectXSS",
    "validateByteRange",
    "validateUrlEncoding",
    "validateUtf8Encoding",
    "geoLookup",
    "rbl",
    "unconditionalMatch",
    "noMatch",
});
static_assert(kOperators.size() == static_cast<std::size_t>(OperatorName::kNoMatch) + 1);

constexpr auto kTransformations = std::to_array<std::string_view>({
    "base64Decode",
    "base64DecodeExt",
    "base64Encode",
    "cmdLine",
    "compressWhitespace",
    "cssDecode",
    "escapeSeqDecode",
    "hexDecode",
    "hexEncode",
    "htmlEntityDecode",
    "jsDecode",
    "length",
    "lowercase",
    "md5",
    "normalizePath",
    "normalizePathWin",
    "removeComments",
    "removeCommentsChar",
    "removeNulls",
    "removeWhitespace",
    "replaceComments",
    "replaceNulls",
    "sha1",
    "sqlHexDecode",
    "trim",
    "trimLeft",
    "trimRight",
    "uppercase",
    "urlDecode",
    "urlDecodeUni",
    "urlEncode",
    "utf8toUnicode",
});
static_assert(kTransformations.size() == static_cast<std::size_t>(Transformation::kUtf8ToUnicode) + 1);

constexpr auto kControls = std::to_array<std::string_view>({
    "auditEngine",
    "auditLogParts",
    "forceRequestBodyVariable",
    "requestBodyAccess",
    "requestBodyProcessor",
    "ruleEngine",
    "ruleRemoveById",
    "ruleRemoveByMsg",
    "ruleRemoveByTag",
    "ruleRemoveTargetById",
    "ruleRemoveTargetByMsg",
    "ruleRemoveTargetByTag",
    "responseBodyAccess",
});
static_assert(kControls.size() == static_cast<std::size_t>(ControlName::kResponseBodyAccess) + 1);

constexpr auto kSeverities = std::to_array<std::string_view>({
    "EMERGENCY",
    "ALERT",
    "CRITICAL",
    "ERROR",
    "WARNING",
    "NOTICE",
    "INFO",
    "DEBUG",
});
static_assert(kSeverities.size() == static_cast<std::size_t>(Severity::kDebug) + 1);

template <class Name>
struct SecondSpelling {
  std::string_view spelling;
  Name name;
};

constexpr std::array kVariableSpellings{
    SecondSpelling<Variable>{"MULTIPART_SEMICOLON_MISSING", Variable::kMultipartMissingSemicolon},
};

constexpr std::array kOperatorSpellings{
    SecondSpelling<OperatorName>{"pmf", OperatorName::kPmFromFile},
    SecondSpelling<OperatorName>{"ipMatchF", OperatorName::kIpMatchFromFile},
};

constexpr std::array kTransformationSpellings{
    SecondSpelling<Transformation>{"normalisePath", Transformation::kNormalizePath},
    SecondSpelling<Transformation>{"normalisePathWin", Transformation::kNormalizePathWin},
};

template <class Name, std::size_t size>
std::optional<Name> find(const std::array<std::string_view, size>& spellings, std::string_view wanted) noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    if (same_name(spellings[i], wanted)) {
      return static_cast<Name>(i);
    }
  }
  return std::nullopt;
}

template <class Name, std::size_t size>
std::optional<Name> find(const std::array<SecondSpelling<Name>, size>& spellings, std::string_view wanted) noexcept {
  for (const auto& [spelling, name] : spellings) {
    if (same_name(spelling, wanted)) {
      return name;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Variable> variable_named(std::string_view name) noexcept {
  const auto found = find<Variable>(kVariables, name);
  return found ? found : find(kVariableSpellings, name);
}

std::optional<OperatorName> operator_named(std::string_view name) noexcept {
  const auto found = find<OperatorName>(kOperators, name);
  return found ? found : find(kOperatorSpellings, name);
}

std::optional<Transformation> transformation_named(std::string_view name) noexcept {
  const auto found = find<Transformation>(kTransformations, name);
  return found ? found : find(kTransformationSpellings, name);
}

std::optional<ControlName> control_named(std::string_view name) noexcept {
  return find<ControlName>(kControls, name);
}

std::optional<Severity> severity_named(std::string_view name) noexcept {
  return find<Severity>(kSeverities, name);
}

std::string_view to_string(Variable variable) noexcept {
  return kVariables[static_cast<std::size_t>(variable)];
}
std::string_view to_string(OperatorName name) noexcept {
  return kOperators[static_cast<std::size_t>(name)];
}
std::string_view to_string(Transformation transformation) noexcept {
  return kTransformations[static_cast<std::size_t>(transformation)];
}
std::string_view to_string(ControlName name) noexcept {
  return kControls[static_cast<std::size_t>(name)];
}
std::string_view to_string(Severity severity) noexcept {
  return kSeverities[static_cast<std::size_t>(severity)];
}

}  // namespace gabion::inspect::waf::seclang
