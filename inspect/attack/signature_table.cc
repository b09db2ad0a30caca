// The signatures themselves. Sources of ideas: OWASP CRS 3 rule families, PortSwigger's and MITRE's attack catalogues.
#include "inspect/attack/signatures.h"

namespace gabion::inspect::attack {
namespace {

// 0x1e stands where a value begins or ends: the decoders put it there and never let one through from outside. Gaps
// stop at it, so that a match stays within one value; they are open rather than counted, since counting them costs the
// compiler a hundred times more. Nothing looks behind a match's last byte (no $, no
// final \b), so that its end does not depend on what follows. What is marked kRaw has at least six specific bytes:
// shorter ones turn up by chance in large binary uploads.
constexpr unsigned kEverywhere = kPath | kQuery | kHeader | kForm | kJson | kRaw;
constexpr unsigned kAllButRaw = kPath | kQuery | kHeader | kForm | kJson;
constexpr unsigned kAllButPath = kQuery | kHeader | kForm | kJson | kRaw;
constexpr unsigned kValues = kQuery | kHeader | kForm | kJson;

constexpr Signature kSignatures[] = {
    {"sqli.union-select", kAllButPath,
     R"re(\bunion[\s(]+(?:(?:all|distinct)[\s(]+)?select[\s(]+(?:null)re"
     R"re(|[\d'\"@*(]|[\w.]+\s*[(,]|[\w.`]+\s+from[\s(]))re"},
    {"sqli.tautology-number", kValues,
     R"re(\b(?:or|and|xor|where|having|not)[\s(]+-?\d{1,12}\s*(?:=)re"
     R"re(|<>|!=|[<>])\s*[(]{0,3}(?:-?\d|select[\s(]|\w{1,30}\())re"},
    {"sqli.tautology-string", kValues,
     R"re(['\")]\s*(?:or|and|xor|\|\||&&|where|having)[\s(]{0,9}(?:not[\s(]+)?['\"]?\w*['\"]?\s*(?:=)re"
     R"re(|!=|<>|like\b|rlike\b|[<>])\s*['\"]|\b(?:or|and)\s+'[^'\x1e]*'\s*(?:=)re"
     R"re(|like)\s*'|\b(?:or|and)\s+\"[^\"\x1e]*\"\s*(?:=|like)\s*\")re"},
    {"sqli.quote-boolean", kValues,
     R"re(['\"][)%]{0,6}\s+(?:or|and|xor|rlike|having|procedure|(?:in\s+boolean\s+mode\)?[;\s]+(?:if)re"
     R"re(|iif|rlike|and|or)))[\s(]{0,9}(?:\(\s*select[\s(]|(?:ascii)re"
     R"re(|substr(?:ing)?|mid|length|char_length|ord|if|iif|sleep|exists)re"
     R"re(|extractvalue|updatexml|elt|make_set|row|cast|convert|cha?r)re"
     R"re(|benchmark|pg_sleep|hex|xmltype|json_[a-z]+|strcmp|lower)re"
     R"re(|upper|instr|utl_[a-z_.]+|ctxsys[a-z_.]+|dbms_[a-z_.]+)\s*\())re"},
    {"sqli.boolean-keyword", kValues, R"re(\b(?:or|and)\s+(?:not\s+false|true|1)\s*(?:--|#|;\x1e|/\*))re"},
    {"sqli.delay", kAllButPath,
     R"re((?:\bpg_sleep\s*\(|\bwaitfor\s+delay\s+['\"]|\bbenchmark\s*\(\s*\d+\s*,)re"
     R"re(|\bdbms_pipe\.receive_message\s*\(|\b(?:dbms_lock|user_lock)\.sleep)re"
     R"re(|randomblob\s*\(\s*\d{5}))re"},
    {"sqli.sleep", kValues, R"re((?:select|\band|\bor|rlike|regexp|[,(=';+|\-\d])\s*\(?sleep\s*\(\s*[\d(])re"},
    {"sqli.heavy-query", kValues,
     R"re((?:generate_series\s*\(\s*\d|\bfrom\s+(?:rdb\$|sysibm\.|sysusers\b)re"
     R"re(|sysmaster:|domain\.domains|all_users\s+t|information_schema))re"
     R"re(|repeat\s*\(\s*(?:char|right|left)\s*\())re"},
    {"sqli.error-function", kAllButPath,
     R"re(\b(?:extractvalue|updatexml)\s*\(\s*(?:\d+|null|rand\s*\(\s*\))re"
     R"re(|['\"]\w*['\"])\s*,|\b(?:utl_inaddr\.get_host_(?:address)re"
     R"re(|name)|ctxsys\.drithsx\.sn|dbms_utility\.sqlid_to_sqlhash)\s*\()re"},
    {"sqli.probe-function", kValues,
     R"re(\b(?:make_set|elt|iif|if)\s*\(\s*-?\d{1,12}\s*[=<>]|\bmake_set\s*\()re"
     R"re(|\b(?:json_keys|exp|gtid_subset|polygon|multipoint|linestring)\s*\(\s*[~(]\s*\(?\s*select)re"
     R"re(|\bxmltype\s*\(\s*chr|\bprocedure\s+analyse\s*\(|\x1e?=?\(\d{4}=\d{4}\)\*1)re"},
    {"sqli.built-string", kAllButPath,
     R"re(\bcha?r\s*\(\s*\d{1,5}\s*\)\s*[|+&,]{1,2}\s*cha?r\s*\(\s*\d{1,5}\s*\))re"
     R"re(|\bconcat(?:_ws)?\s*\(\s*0x[0-9a-f]{2})re"},
    {"sqli.subquery", kValues,
     R"re(\(\s*select[\s(]+(?:\*|case\b|count\s*\(|-?\d+[\s,)]|['\"@])re"
     R"re(|chr\s*\(|char\s*\(|concat|cast\s*\(|top\s+\d|distinct\s)re"
     R"re(|null\b|[\w.$]{1,40}\s*\(|[\w.,$]{1,80}\s+from\s))re"},
    {"sqli.case-when", kValues, R"re(\bcase\s+when\s*\(?\s*\(?\d+\s*[=<>]\s*\d)re"},
    {"sqli.stacked", kAllButPath,
     R"re(;\s*(?:select\s+(?:[*\d'\"@(]|\w+\s*\(|[\w.]+\s*,|null\b)re"
     R"re(|case\s|if\s*\(|[\w.]+\s+from\s+[\w.]+\s*(?:--|[;#'\x1e])re"
     R"re(|where\s|/\*))|insert\s+into\s+\w|update\s+[\w.]+\s+set\s)re"
     R"re(|delete\s+from\s+\w|drop\s+(?:table|database|schema|user)re"
     R"re(|view|procedure)\s|create\s+(?:table|user|or\s+replace|function)\s)re"
     R"re(|alter\s+(?:table|user|login)\s|truncate\s+table\s|exec(?:ute)?\s+(?:immediate)re"
     R"re(|sp_|xp_|master|\(|@)|declare\s+@|waitfor\s+delay|begin\s+dbms)re"
     R"re(|set\s+@\w|prepare\s+\w+\s+from|shutdown\s*(?:--|;|with\s))re"
     R"re(|call\s+\w+\s*\())re"},
    {"sqli.comment-end", kValues, R"re([\w%]?['\"]\s*[);]{0,6}\s*(?:--[\s+-]{0,3}\x1e|--/\*|#\x1e))re"},
    {"sqli.order-by-probe", kValues,
     R"re((?:['\")]|\b\d+)\s+(?:order|group)\s+by\s+\d{1,4}\s*(?:--)re"
     R"re(|#))re"},
    {"sqli.file", kAllButPath,
     R"re(\binto\s+(?:out|dump)file\s*['\"(]|\bload_file\s*\(\s*(?:['\"])re"
     R"re(|0x|concat|char)|\bload\s+data\s+(?:local\s+)?infile\s)re"},
    {"sqli.catalogue", kAllButPath,
     R"re(\binformation_schema\.(?:tables|columns|schemata|character_sets)re"
     R"re(|processlist|plugins|system_users)|\bxp_(?:cmdshell|regread)re"
     R"re(|dirtree|fileexist)|\bsp_(?:executesql|oacreate|makewebtask)re"
     R"re(|password)|\bfrom\s+(?:pg_catalog\.|mysql\.user|sys\.(?:databases)re"
     R"re(|objects|sysobjects)|sqlite_master|msysaccessobjects|v\$version))re"},
    {"sqli.hidden-keyword", kValues, R"re(/\*!\d{0,6}\s*(?:union|select|and|or|from|where)[\s(*+])re"},
    {"sqli.parenthesis-escape", kValues,
     R"re((?:\d|['\"%])\)[)'\" ]{0,9}\s*(?:(?:or|and|where|rlike|xor)[\s(]{1,9}(?:(?:ascii)re"
     R"re(|substr(?:ing)?|mid|length|char_length|ord|if|iif|sleep|exists)re"
     R"re(|extractvalue|updatexml|elt|make_set|row|cast|convert|cha?r)re"
     R"re(|benchmark|pg_sleep|hex|xmltype|json_[a-z]+|strcmp|lower)re"
     R"re(|upper|instr|utl_[a-z_.]+|ctxsys[a-z_.]+|dbms_[a-z_.]+)\s*\()re"
     R"re(|[\w.]{1,40}\s*=\s*-?\d)|as\s+\w+\s+where\s|procedure\s+analyse))re"},
    {"xss.script-tag", kEverywhere, R"re(<[\s/]{0,9}script[\s/>:\x1e])re"},
    {"xss.event-attribute", kAllButRaw, R"re(<[a-z!?/][^>\x1e]*[\s/\"'`]on[a-z]{3,25}\s*=[^=])re"},
    {"xss.event-in-known-tag", kRaw,
     R"re(<(?:img|svg|body|html|input|video|audio|div|span|form|button)re"
     R"re(|select|textarea|details|marquee|iframe|object|embed|style)re"
     R"re(|table|link|math|isindex|source|image)[\s/][^>]*[\s/\"'`]on[a-z]{3,25}\s*=[^=])re"},
    {"xss.attribute-escape", kValues,
     R"re([\"'`][^<>\x1e]*[\s/\"'`]on(?:error|load|mouse[a-z]{2,5})re"
     R"re(|focus|focusin|blur|click|dblclick|key(?:down|up|press)|submit)re"
     R"re(|change|toggle|input|wheel|pointer[a-z]{2,5}|animation[a-z]{3,9})re"
     R"re(|begin)\s*=[^=])re"},
    {"xss.script-uri", kEverywhere,
     R"re((?:j\s*a\s*v\s*a|v\s*b|l\s*i\s*v\s*e)\s*s\s*c\s*r\s*i\s*p\s*t\s*:\s*[^\s\x1e][^\r\n\x1e]*[(=)re"
     R"re(`;]|(?:src|href|url)\s*[=(]\s*['\"]?(?:livescript|mocha|vbscript)re"
     R"re(|javascript):|data:text/(?:html|x-scriptlet|xml)[;,]|data:image/svg\+xml[;,])re"},
    {"xss.active-tag", kValues,
     R"re(<\s*(?:iframe|object|embed|applet|frameset|frame|isindex)re"
     R"re(|svg|math|meta|base|link|style|layer|bgsound|xss)(?:[\s/>][^\x1e]*[=>])re"
     R"re(|>))re"},
    {"xss.css-code", kAllButPath,
     R"re(:\s*expr(?:ession|/\*[^(\x1e]*)\(|-moz-binding\s*:|behaviou?r\s*:\s*url)re"
     R"re(|@import\s+['\"]?(?:url|https?:|javascript|//))re"},
    {"xss.script-sink", kAllButRaw,
     R"re(\b(?:alert|prompt|confirm)\s*[(`]\s*(?:['\"`/\d)]|xss|document\.)re"
     R"re(|string\.from|window\.|eval)|\bdocument\.(?:cookie|domain)re"
     R"re(|write(?:ln)?\s*\(|location\b|body\.)|string\.fromcharcode\s*\()re"
     R"re(|\bstring\[['\"]fromcharcode|\bwindow\.(?:location|name)\s*=)re"
     R"re(|\beval\s*\(\s*(?:string|atob|unescape|name|location|['\"]))re"},
    {"xss.entity-letters", kValues,
     R"re((?:&#(?:x0{0,5}(?:[46][1-9a-f]|[57][0-9a]);?|0{0,5}(?:6[5-9])re"
     R"re(|[78]\d|9[07-9]|1[01]\d|12[0-2])(?:;|&|\x1e))){3})re"},
    {"ssi.directive", kEverywhere, R"re(<!--\s*#\s*(?:exec|include|echo|config|printenv|fsize)[\s=])re"},
    {"xxe.entity", kAllButPath, R"re(<!entity\s+(?:%\s+)?[\w.-]{1,60}\s+(?:system|public|[\"']))re"},
    {"traversal.dots", kAllButRaw,
     R"re((?:\.\.[/\\]{1,9}){2}|[/\\:]\.\.[/\\]|\.{2,3};[/\\]|(?:0x2e){2}(?:0x2f)re"
     R"re(|0x5c|[/\\])|[/\\]\.\.0x(?:2f|5c)|(?:\xc0\xae|\.){2}(?:\xc0\xaf)re"
     R"re(|\xc1\x9c|\xe0\x80\xaf)|[/\\]\.{2,}[/\\]\.{2,}[/\\]|(?:\.[/\\]{1,9}){4})re"
     R"re(|/\.{20})re"},
    {"traversal.system-file", kEverywhere,
     R"re([/\\.]etc[/\\.]{1,9}(?:passwd|shadow|group\x1e|sudoers|crontab)re"
     R"re(|master\.passwd)|[/\\]proc[/\\]self[/\\](?:environ|cmdline)re"
     R"re(|fd|maps|root|status)|[/\\]var[/\\]run[/\\]secrets[/\\]kubernetes\.io)re"
     R"re(|[/\\:.]boot\.ini|[/\\]win\.ini|windows[/\\]system32|winnt[/\\]system)re"
     R"re(|[/\\]inetpub[/\\]wwwroot)re"},
    {"traversal.private-file", kPath | kQuery,
     R"re([/\\]\.(?:git|svn|hg)[/\\](?:config|head|index|entries|store)re"
     R"re(|logs)|[/\\]\.ht(?:access|passwd)|[/\\]web-inf[/\\]|[/\\]\.(?:aws)re"
     R"re(|ssh|kube|docker)[/\\](?:credentials|id_|authorized|config))re"
     R"re(|/\.env(?:\.(?:local|prod|production))?\x1e)re"},
    {"traversal.file-uri", kValues,
     R"re(\bfile:/{1,3}(?:etc|proc|var|boot|windows|winnt|[a-z]:)[/\\.])re"
     R"re(|\bfile:/{1,3}boot)re"},
    {"rce.log4j", kEverywhere, R"re(\$\{\s*jndi\s*:|\$\{(?:lower|upper):[^}\x1e]*\}|\$\{[\w:.$-]*:-[a-z:/]\})re"},
    {"rce.shellshock", kEverywhere, R"re(\(\)\s*\{\s*[:_]\s*;\s*\})re"},
    {"rce.shell-path", kAllButRaw,
     R"re([;|&`'\"(=)]\s*/{0,2}(?:usr/(?:local/)?)?s?bin/(?:ba|da|z)re"
     R"re(|k|c)?(?:sh|id|cat|ls|ps|nc|sleep|ping|wget|curl|uname|echo)re"
     R"re(|perl|python[23]?|whoami|netcat|tail|head|chmod|rm)[\s;|&`'\")<>\x1e])re"},
    {"rce.chained-command", kAllButRaw,
     R"re((?:[;|`]|\|\||&&|\$\()\s*(?:cat\s+[/.~]|(?:whoami|uname|ifconfig)re"
     R"re(|ipconfig|netstat)\s*(?:[;|&`)\x1e]|-[a-z]{1,3}[\s;|&`)\x1e]))re"
     R"re(|ping\s+-?[a-z]?\s*\d|sleep\s+\d|wget\s+(?:-|https?:)|curl\s+(?:-)re"
     R"re(|https?:)|nc\s+-|bash\s+-|sh\s+-[ci]|python[23]?\s+-c|perl\s+-e)re"
     R"re(|rm\s+-[rf]|dir\s+[a-z]:|type\s+[a-z%]:?\\|net\s+(?:user)re"
     R"re(|localgroup)\s|chmod\s+[+0-7]))re"},
    {"rce.bare-command", kQuery | kForm | kJson,
     R"re((?:[;`]|\$\()\s*(?:id|pwd|ls|env|hostname|dir)\s*(?:[;|&`)\x1e])re"
     R"re(|-[a-z]{1,3}[\s;|&`)\x1e]))re"},
    {"rce.command", kValues,
     R"re([=\x1e'\"&]\s*(?:ping(?:\.exe)?\s+-[nci]\s+\d+\s+[\d.]+|cat\s+/etc/)re"
     R"re(|cmd(?:\.exe)?\s*/c\s|powershell(?:\.exe)?\s+-)|/dev/(?:tcp)re"
     R"re(|udp)/[\d.a-z]|powershell(?:\.exe)?\s+-(?:e|enc|encodedcommand)re"
     R"re(|nop|w|c|command|exec)\s|\bcmd\.exe\s*/[ck]|\$\{ifs\}|\$ifs[^a-z])re"},
    {"rce.java", kEverywhere,
     R"re(\bjava\.lang\.(?:runtime|processbuilder|system\.)|getruntime\s*\(\s*\)\s*\.\s*exec)re"
     R"re(|#_memberaccess|class\.module\.classloader|\xac\xed\x00\x05[su]r\x00)re"
     R"re(|org\.springframework\.context\.support\.|\bognl\.ognlcontext)re"},
    {"rce.ognl", kAllButRaw, R"re(%\{\s*\(?\s*#[a-z_])re"},
    {"rce.java-base64", kValues, R"re(\bro0abx[nv][a-z0-9+/]{10})re"},
    {"rce.template", kPath | kQuery | kForm | kJson,
     R"re(\{\{\s*(?:\d{1,9}\s*\*\s*'?\d|config\.(?:items|__class__)re"
     R"re(|from_object)|self\.__|request\.(?:application|__class__))re"
     R"re(|['\"(\[]{1,2}['\")\]]{0,2}\.__class__|_self\.env|constructor\.constructor))re"
     R"re(|[$#*]\{\s*(?:\d{1,9}\s*\*\s*\d{1,9}\s*\}|t\(java|['\"]{2}\.getclass)re"
     R"re(|new\s+java)|__class__[^\x1e]*__(?:mro|subclasses|bases?)re"
     R"re(|globals|init)__|<#assign\s|freemarker\.template\.utility)re"},
    {"prototype.pollution", kQuery | kForm | kJson,
     R"re(__proto__(?:\[|\]|\.|\x1e\s*:)|constructor(?:\]?\[|\.)prototype(?:\]?\[)re"
     R"re(|\.))re"},
    {"php.tag", kEverywhere, R"re(<\?php[\s\x1e]|<\?\s*(?:echo|system|eval|exec|passthru|print)\s*[('\"])re"},
    {"php.short-tag", kAllButRaw, R"re(<\?=\s*[`$@a-z])re"},
    {"php.call", kAllButPath,
     R"re(\b(?:eval|assert|system|passthru|shell_exec|popen|proc_open)re"
     R"re(|pcntl_exec|create_function|call_user_func)\s*\(\s*(?:\$_(?:get)re"
     R"re(|post|request|cookie|server)|base64_decode|gzinflate|str_rot13)re"
     R"re(|['\"]{1,2}(?:/|id\b|cat\s|ls\b|whoami|uname))|\$_(?:get)re"
     R"re(|post|request|cookie|server|files|env)\s*\[|\bphpinfo\s*\()re"
     R"re(|auto_prepend_file\s*=|allow_url_include\s*=)re"},
    {"php.wrapper", kValues,
     R"re(\bphp://(?:input|filter|stdin|temp|fd)|\b(?:phar|expect|zip)re"
     R"re(|glob|ogg)://[\w/.]|compress\.(?:zlib|bzip2)://)re"},
    {"ssrf.metadata", kValues,
     R"re([/@=\x1e\[:]169\.254\.169\.254[:/\x1e]|[/@=\x1e]metadata\.google\.internal)re"
     R"re(|[/@=\x1e]100\.100\.100\.200[:/\x1e]|[/@=\x1e](?:0xa9fea9fe)re"
     R"re(|2852039166)[:/\x1e])re"},
    {"ssrf.scheme", kQuery | kForm | kJson, R"re([=\x1e\"'(](?:gopher|dict|netdoc|jar:https?)://)re"},
    {"crlf.header", kPath | kQuery,
     R"re([\r\n]\s*(?:set-cookie|location|content-type|content-length)re"
     R"re(|x-xss-protection|access-control-allow-origin)\s*:|[\r\n]http/1\.[01]\s)re"},
    {"ldap.filter", kQuery | kForm,
     R"re(\*\s*\)\s*\(\s*[|&]|\)\s*\(\s*[|&!]\s*\(|\)\s*\(\s*(?:uid)re"
     R"re(|cn|mail|sn|objectclass|userpassword)\s*=)re"},
    {"scanner.user-agent", kUserAgent,
     R"re(\b(?:sqlmap|nikto|nessus|acunetix|masscan|nuclei|wpscan|dirbuster)re"
     R"re(|gobuster|havij|zgrab|w3af|openvas|jaeles|feroxbuster|commix)[/ )\x1e])re"},
};

}  // namespace

std::span<const Signature> signatures() noexcept {
  return kSignatures;
}

}  // namespace gabion::inspect::attack
