// Bodies are read and bounded, JSON and XML bodies are told by their type, broken bodies are refused.
#include "inspect/waf/seclang/base.h"

namespace gabion::inspect::waf::seclang {
namespace {

constexpr std::string_view kText = R"seclang(
SecRuleEngine On

SecRequestBodyAccess On
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecRequestBodyLimitAction Reject
SecRequestBodyJsonDepthLimit 512
SecArgumentsLimit 1000

SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml
SecResponseBodyLimit 524288
SecResponseBodyLimitAction ProcessPartial

SecArgumentSeparator &
SecCookieFormat 0
SecPcreMatchLimit 100000

# Which bodies are parsed as what; forms and multipart are told by their own types.
SecRule REQUEST_HEADERS:Content-Type "@rx ^(?:text/|application/(?:soap\+)?)xml" \
    "id:200000,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "@rx ^application/json" \
    "id:200001,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "@rx ^application/[a-z0-9.-]+\+json" \
    "id:200006,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=JSON"

# What could not be parsed was not looked at.
SecRule REQBODY_ERROR "!@eq 0" \
    "id:200002,phase:2,deny,status:400,t:none,log,severity:CRITICAL,\
    msg:'The request body could not be parsed',logdata:'%{REQBODY_ERROR_MSG}'"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" \
    "id:200003,phase:2,deny,status:400,t:none,log,severity:CRITICAL,\
    msg:'The multipart request body breaks the rules of its format'"
SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" \
    "id:200004,phase:2,deny,status:400,t:none,log,severity:CRITICAL,\
    msg:'The multipart request body holds a line like its boundary that is none'"

# Variables of this name tell of a fault in the engine itself, such as a match limit that was reached.
SecRule TX:/^MSC_/ "!@streq 0" \
    "id:200005,phase:2,deny,status:400,t:none,log,msg:'The rule engine met a fault: %{MATCHED_VAR_NAME}'"

SecRule &ARGS "@ge 1000" \
    "id:200007,phase:2,deny,status:400,t:none,log,severity:CRITICAL,msg:'The request has too many arguments'"
)seclang";

}  // namespace

std::string_view base_text() noexcept {
  return kText;
}

}  // namespace gabion::inspect::waf::seclang
