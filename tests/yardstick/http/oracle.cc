// Reads the variables of a libmodsecurity transaction; the XML ones through a rule, since only XPath reaches them.
#include "oracle.h"

#include <modsecurity/modsecurity.h>
#include <modsecurity/rule_message.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>

#include <algorithm>
#include <stdexcept>

namespace gabion::yardstick {
namespace {

constexpr std::string_view kMark = "@@";

constexpr const char* kRules = R"(
SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyJsonDepthLimit 20
SecArgumentsLimit 1000
SecRule XML:/* "@unconditionalMatch" "id:2,phase:2,pass,nolog,setvar:'tx.t=%{tx.t}@@%{MATCHED_VAR}'"
SecRule XML://@* "@unconditionalMatch" "id:3,phase:2,pass,nolog,setvar:'tx.a=%{tx.a}@@%{MATCHED_VAR}'"
SecAction "id:4,phase:2,pass,log,msg:'T%{tx.t}'"
SecAction "id:5,phase:2,pass,log,msg:'A%{tx.a}'"
)";

void on_log(void* transaction_log, const void* message) {
  const auto* rule = static_cast<const modsecurity::RuleMessage*>(message);
  static_cast<std::vector<std::string>*>(transaction_log)->push_back(rule->m_message);
}

Pairs sorted(modsecurity::AnchoredSetVariable& variable) {
  std::vector<const modsecurity::VariableValue*> values;
  variable.resolve(&values);
  Pairs pairs;
  for (const auto* value : values) {
    pairs.emplace_back(value->getKey(), value->getValue());
    delete value;
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> pieces;
  while (text.starts_with(kMark)) {
    text.remove_prefix(kMark.size());
    const std::size_t size = std::min(text.find(kMark), text.size());
    pieces.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return pieces;
}

void read_flags(const modsecurity::Transaction& transaction, Seen& seen) {
  const auto flag = [&seen](const char* name, const modsecurity::AnchoredVariable& variable) {
    seen.flags[name] = variable.m_value.empty() ? "0" : variable.m_value;
  };
  flag("ARGS_COMBINED_SIZE", transaction.m_variableARGScombinedSize);
  flag("FILES_COMBINED_SIZE", transaction.m_variableFilesCombinedSize);
  flag("URLENCODED_ERROR", transaction.m_variableUrlEncodedError);
  flag("MULTIPART_BOUNDARY_QUOTED", transaction.m_variableMultipartBoundaryQuoted);
  flag("MULTIPART_BOUNDARY_WHITESPACE", transaction.m_variableMultipartBoundaryWhiteSpace);
  flag("MULTIPART_CRLF_LF_LINES", transaction.m_variableMultipartCrlfLFLines);
  flag("MULTIPART_DATA_AFTER", transaction.m_variableMultipartDataAfter);
  flag("MULTIPART_DATA_BEFORE", transaction.m_variableMultipartDataBefore);
  flag("MULTIPART_FILE_LIMIT_EXCEEDED", transaction.m_variableMultipartFileLimitExceeded);
  flag("MULTIPART_HEADER_FOLDING", transaction.m_variableMultipartHeaderFolding);
  flag("MULTIPART_INVALID_HEADER_FOLDING", transaction.m_variableMultipartInvalidHeaderFolding);
  flag("MULTIPART_INVALID_PART", transaction.m_variableMultipartInvalidPart);
  flag("MULTIPART_INVALID_QUOTING", transaction.m_variableMultipartInvalidQuoting);
  flag("MULTIPART_LF_LINE", transaction.m_variableMultipartLFLine);
  flag("MULTIPART_MISSING_SEMICOLON", transaction.m_variableMultipartMissingSemicolon);
  flag("MULTIPART_STRICT_ERROR", transaction.m_variableMultipartStrictError);
  flag("MULTIPART_UNMATCHED_BOUNDARY", transaction.m_variableMultipartUnmatchedBoundary);
}

}  // namespace

struct Oracle::Engine {
  modsecurity::ModSecurity library;
  modsecurity::RulesSet rules;
};

Oracle::Oracle(std::string_view body_processor) : engine_(std::make_unique<Engine>()) {
  engine_->library.setServerLogCb(on_log, modsecurity::RuleMessageLogProperty);
  std::string rules = kRules;
  if (body_processor == "JSON" || body_processor == "XML") {
    rules += "SecAction \"id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=" + std::string(body_processor) + "\"\n";
  }
  if (engine_->rules.load(rules.c_str()) < 0) {
    throw std::runtime_error(engine_->rules.getParserError());
  }
}

Oracle::~Oracle() = default;

Seen Oracle::judge(const Sent& sent) const {
  std::vector<std::string> log;
  modsecurity::Transaction transaction(&engine_->library, &engine_->rules, &log);
  const auto add = [&transaction](std::string_view name, std::string_view value) {
    transaction.addRequestHeader(reinterpret_cast<const unsigned char*>(name.data()), name.size(),
                                 reinterpret_cast<const unsigned char*>(value.data()), value.size());
  };
  transaction.processConnection("127.0.0.1", 1, "127.0.0.1", 80);
  transaction.processURI(("/" + (sent.query.empty() ? std::string() : "?" + sent.query)).c_str(), "POST", "1.1");
  add("Host", "a");
  if (!sent.content_type.empty()) {
    add("Content-Type", sent.content_type);
  }
  if (!sent.cookie.empty()) {
    add("Cookie", sent.cookie);
  }
  transaction.processRequestHeaders();
  transaction.appendRequestBody(reinterpret_cast<const unsigned char*>(sent.body.data()), sent.body.size());
  transaction.processRequestBody();
  Seen seen;
  seen.arguments = sorted(transaction.m_variableArgs);
  seen.cookies = sorted(transaction.m_variableRequestCookies);
  seen.files = sorted(transaction.m_variableFiles);
  seen.file_fields = sorted(transaction.m_variableFilesNames);
  seen.file_sizes = sorted(transaction.m_variableFilesSizes);
  seen.part_headers = sorted(transaction.m_variableMultipartPartHeaders);
  seen.names = sorted(transaction.m_variableMultipartName);
  seen.filenames = sorted(transaction.m_variableMultipartFileName);
  read_flags(transaction, seen);
  seen.body_error = transaction.m_variableReqbodyError.m_value == "1";
  seen.message = transaction.m_variableReqbodyErrorMsg.m_value;
  if (log.size() == 2) {
    seen.xml_text = split(std::string_view(log[0]).substr(1));
    seen.xml_attributes = split(std::string_view(log[1]).substr(1));
  }
  return seen;
}

}  // namespace gabion::yardstick
