// The tokens of a text as PostgreSQL's own lexer cuts it: see tokens.h.
#include "inspect/sql/tokens.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <pg_query.h>

#include <algorithm>
#include <memory>
#include <string>

#include "inspect/sql/lexer_cost.h"
#include "inspect/sql/pg/walk.h"

namespace gabion::inspect::sql {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// Numbers of pg_query.proto: fields of ScanResult and ScanToken, and values of Token.
constexpr int kTokensField = 2;
constexpr int kStartField = 1;
constexpr int kEndField = 2;
constexpr int kTokenField = 4;
constexpr int kKeywordField = 5;
constexpr std::uint32_t kIdentifier = 258;
constexpr std::uint32_t kUnicodeIdentifier = 259;
constexpr std::uint32_t kFirstConstant = 260;  // FCONST, SCONST, USCONST, BCONST, XCONST
constexpr std::uint32_t kLastConstant = 264;
constexpr std::uint32_t kIntegerConstant = 266;
constexpr std::uint32_t kParameter = 267;
constexpr std::uint32_t kLineComment = 275;
constexpr std::uint32_t kBlockComment = 276;

// Of KeywordKind: unreserved and column names are below the types, functions and reserved words.
constexpr std::uint32_t kNoKeyword = 0;
constexpr std::uint32_t kColumnNameKeyword = 2;

Token::Kind kind_of(std::uint32_t token, std::uint32_t keyword) noexcept {
  if ((token >= kFirstConstant && token <= kLastConstant) || token == kIntegerConstant) {
    return Token::Kind::kConstant;
  }
  if (token == kIdentifier || token == kUnicodeIdentifier) {
    return Token::Kind::kIdentifier;
  }
  if (token == kParameter) {
    return Token::Kind::kParameter;
  }
  if (token == kLineComment || token == kBlockComment) {
    return token == kLineComment ? Token::Kind::kLineComment : Token::Kind::kBlockComment;
  }
  if (keyword == kNoKeyword) {
    return Token::Kind::kOther;
  }
  return keyword <= kColumnNameKeyword ? Token::Kind::kKeyword : Token::Kind::kReserved;
}

bool read_token(CodedInputStream& in, std::vector<Token>& out) {
  Token token;
  std::uint32_t number = 0;
  std::uint32_t keyword = 0;
  while (const std::uint32_t tag = in.ReadTag()) {
    std::uint32_t value = 0;
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_VARINT || !in.ReadVarint32(&value)) {
      return false;
    }
    const int field = WireFormatLite::GetTagFieldNumber(tag);
    if (field == kStartField) {
      token.begin = value;
    } else if (field == kEndField) {
      token.end = value;
    } else if (field == kTokenField) {
      number = value;
    } else if (field == kKeywordField) {
      keyword = value;
    }
  }
  token.kind = kind_of(number, keyword);
  out.push_back(token);
  return true;
}

bool read_tokens(CodedInputStream& in, std::vector<Token>& out) {
  while (const std::uint32_t tag = in.ReadTag()) {
    std::uint32_t value = 0;
    if (!in.ReadVarint32(&value)) {
      return false;
    }
    if (WireFormatLite::GetTagFieldNumber(tag) != kTokensField) {
      continue;  // the version: a varint
    }
    const auto limit = in.PushLimit(static_cast<int>(value));
    if (!read_token(in, out)) {
      return false;
    }
    in.PopLimit(limit);
  }
  return true;
}

/// The library gives the tokens of U&"…" and U&'…' the wrong end: the one of their first character.
std::uint32_t unicode_end(std::string_view text, const Token& token) noexcept {
  const std::string_view rest = text.substr(token.begin);
  const bool is_unicode = rest.size() > 3 && (rest[0] == 'U' || rest[0] == 'u') && rest[1] == '&' &&
                          (rest[2] == '"' || rest[2] == '\'') && token.end < token.begin + 3;
  if (!is_unicode) {
    return token.end;
  }
  std::size_t at = 3;
  while (at < rest.size() && (rest[at] != rest[2] || (at + 1 < rest.size() && rest[at + 1] == rest[2]))) {
    at += rest[at] == rest[2] ? 2 : 1;
  }
  return static_cast<std::uint32_t>(std::min(text.size(), token.begin + at + 1));
}

struct FreeScan {
  void operator()(PgQueryScanResult* result) const noexcept { pg_query_free_scan_result(*result); }
};

}  // namespace

bool scan_tokens(std::string_view text, std::vector<Token>& out) {
  out.clear();
  if (lexer_cost(text) > kMostLexerCost) {
    return false;
  }
  pg_pin_lexer();
  const std::string terminated(text);
  PgQueryScanResult result = pg_query_scan(terminated.c_str());
  const std::unique_ptr<PgQueryScanResult, FreeScan> owned(&result);
  if (result.error != nullptr) {
    return false;
  }
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(result.pbuf.data), static_cast<int>(result.pbuf.len));
  if (!read_tokens(in, out)) {
    out.clear();
    return false;
  }
  for (Token& token : out) {
    token.end = unicode_end(text, token);
    if (token.begin > token.end || token.end > text.size()) {
      out.clear();
      return false;
    }
  }
  return true;
}

}  // namespace gabion::inspect::sql
