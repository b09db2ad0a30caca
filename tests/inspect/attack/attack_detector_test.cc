// Attacks in every part of a request, ordinary requests beside them, bodies cut anywhere.
#include "inspect/attack/attack_detector.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/inspect/detector_driver.h"

namespace gabion::inspect::attack {
namespace {

using config::FindingAction;
using config::OnLimit;

constexpr std::size_t kHold = 4096;

class AttackDetectorTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto compiled = SignatureSets::compile();
    ASSERT_TRUE(compiled.has_value()) << compiled.error().to_string();
    sets_ = std::move(*compiled);
  }
  static void TearDownTestSuite() { sets_.reset(); }

  static AttackDetector detector(FindingAction action, OnLimit on_limit = OnLimit::kDeny) {
    return {sets_, action, on_limit};
  }

  /// The rule that refused a head, "" when it passed.
  static std::string judge_head(const RequestHead& head) {
    const AttackDetector blocking = detector(FindingAction::kBlock);
    DetectorDriver driver(blocking);
    DetectorState& state = driver.begin();
    return state.on_request_head(head) == Step::kStop ? std::string(state.rule()) : std::string();
  }

  static std::string judge_query(std::string_view query) {
    RequestHead head;
    head.path = "/";
    head.query = query;
    return judge_head(head);
  }

  static std::string judge_path(std::string_view path) {
    RequestHead head;
    head.path = path;
    return judge_head(head);
  }

  static std::string judge_field(std::string_view name, std::string_view value) {
    const HeaderField field{name, value};
    RequestHead head;
    head.path = "/";
    head.fields = {&field, 1};
    return judge_head(head);
  }

  static std::shared_ptr<const SignatureSets> sets_;
};

std::shared_ptr<const SignatureSets> AttackDetectorTest::sets_;

/// A body that was sent with a type, and what became of it.
struct Judged {
  BodyOutcome outcome;
  std::set<std::string> rules;
};

Judged send(const Detector& detector, std::string_view type, std::string_view body, const Cutter& cutter,
            std::size_t hold = kHold) {
  DetectorDriver driver(detector);
  const HeaderField field{"Content-Type", type};
  RequestHead head;
  head.path = "/";
  head.fields = {&field, type.empty() ? 0U : 1U};
  DetectorState& state = driver.begin();
  EXPECT_EQ(state.on_request_head(head), Step::kContinue);
  EXPECT_TRUE(state.wants_body(Direction::kRequest));
  EXPECT_FALSE(state.wants_body(Direction::kResponse));
  Judged judged{driver.send_body(Direction::kRequest, body, cutter, hold), {}};
  for (const Finding& finding : driver.findings().items()) {
    judged.rules.emplace(finding.rule);
    EXPECT_EQ(finding.field, "body");
    EXPECT_TRUE(finding.sample.empty());
  }
  return judged;
}

TEST_F(AttackDetectorTest, FindsAttacksInQueries) {
  const struct {
    std::string_view query;
    std::string_view rule;
  } cases[] = {{"id=1%27%20union%20all%20select%20null,null--+-", "sqli.union-select"},
               {"id=1+UNION(SELECT(1),2)", "sqli.union-select"},
               {"id=1%2F**%2Funion%2F*x*%2Fselect%2F**%2F1,2", "sqli.union-select"},
               {"id=1/*!50000union*//*!50000select*/null", "sqli.hidden-keyword"},
               {"id=1%2527%2520or%25201%253d1", "sqli.tautology-number"},
               {"id=1%20or%20'a'='a", "sqli.tautology-string"},
               {"user=admin%27--", "sqli.comment-end"},
               {"id=1;waitfor%20delay%20'0:0:5'", "sqli.stacked"},
               {"id=1+waitfor+delay+'0:0:5'", "sqli.delay"},
               {"id=1+and+sleep(5)--", "sqli.sleep"},
               {"id=1;drop+table+users", "sqli.stacked"},
               {"q=%3Cscript%3Ealert(1)%3C/script%3E", "xss.script-tag"},
               {"q=<img+src=x+onerror=alert(1)>", "xss.event-attribute"},
               {"q=%22+onmouseover%3dalert(1)+x=%22", "xss.attribute-escape"},
               {"url=javascript:alert(1)", "xss.script-uri"},
               {"q=%u003cscript%u003e", "xss.script-tag"},
               {"file=../../etc/passwd", "traversal.dots"},
               {"file=%2fetc%2fpasswd", "traversal.system-file"},
               {"file=file:///etc/hosts", "traversal.file-uri"},
               {"x=${jndi:ldap://x/a}", "rce.log4j"},
               {"x=${${::-j}ndi:rmi://x}", "rce.log4j"},
               {"x=1;%20cat%20/etc/hosts", "rce.chained-command"},
               {"x=$(id)", "rce.bare-command"},
               {"x=%60/bin/sh%20-i%60", "rce.shell-path"},
               {"x={{7*7}}", "rce.template"},
               {"x=%25{%23a=1}", "rce.ognl"},
               {"x=<?=%60id%60", "php.short-tag"},
               {"x[__proto__][admin]=1", "prototype.pollution"},
               {"p=php://filter/convert.base64-encode/resource=x", "php.wrapper"},
               {"u=http://169.254.169.254/latest", "ssrf.metadata"},
               {"u=gopher://x:70/_", "ssrf.scheme"},
               {"x=a%0d%0aSet-Cookie:%20a=b", "crlf.header"},
               {"u=*)(uid=*", "ldap.filter"},
               {"x=<!--%23exec%20cmd=ls-->", "ssi.directive"}};
  for (const auto& tested : cases) {
    EXPECT_EQ(judge_query(tested.query), tested.rule) << tested.query;
  }
}

// Was: values of letters, digits and a few marks were taken for harmless and never looked at.
TEST_F(AttackDetectorTest, FindsAttacksThatAreMadeOfWords) {
  const struct {
    std::string_view query;
    std::string_view rule;
  } cases[] = {{"__proto__.admin=1", "prototype.pollution"},
               {"constructor.prototype.x=1", "prototype.pollution"},
               {"class.module.classLoader.DefaultAssertionStatus=x", "rce.java"},
               {"x=rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA", "rce.java-base64"},
               {"x=__class__.__mro__", "rce.template"},
               {"host=169.254.169.254", "ssrf.metadata"},
               {"host=metadata.google.internal", "ssrf.metadata"},
               {"host=2852039166", "ssrf.metadata"},
               {"file=0x2e0x2e0x2f", "traversal.dots"},
               {"x=information_schema.tables", "sqli.catalogue"},
               {"x=xp_cmdshell", "sqli.catalogue"},
               {"auto_prepend_file=x", "php.call"}};
  for (const auto& tested : cases) {
    EXPECT_EQ(judge_query(tested.query), tested.rule) << tested.query;
  }
  EXPECT_EQ(judge_field("X-Host", "2852039166"), "ssrf.metadata");
  EXPECT_EQ(judge_field("User-Agent", "sqlmap"), "scanner.user-agent");
  EXPECT_EQ(judge_field("User-Agent", "w3af"), "scanner.user-agent");
}

TEST_F(AttackDetectorTest, FindsAttacksInPathsAndFields) {
  EXPECT_EQ(judge_path("/cgi/%252e%252e/%252e%252e/x"), "traversal.dots");
  EXPECT_EQ(judge_path("/static/.git/config"), "traversal.private-file");
  EXPECT_EQ(judge_path("/.env"), "traversal.private-file");
  EXPECT_EQ(judge_path("/a/%3cscript%3e"), "xss.script-tag");
  EXPECT_EQ(judge_field("User-Agent", "${jndi:ldap://x/a}"), "rce.log4j");
  EXPECT_EQ(judge_field("X-Anything", "() { :;}; /bin/true"), "rce.shellshock");
  EXPECT_EQ(judge_field("user-agent", "sqlmap/1.7 (https://sqlmap.org)"), "scanner.user-agent");
  EXPECT_EQ(judge_field("Referer", "https://x/?id=1%27%20union%20select%20null"), "sqli.union-select");
  EXPECT_EQ(judge_field("Cookie", "id=1'+or+'1'='1"), "");
  EXPECT_EQ(judge_field("Cookie", "id=1' or '1'='1"), "sqli.tautology-string");
}

TEST_F(AttackDetectorTest, NeverLooksAtCredentials) {
  EXPECT_EQ(judge_field("authorization", "Basic ${jndi:ldap://x}"), "");
  EXPECT_EQ(judge_field("Proxy-Authorization", "' or '1'='1"), "");
}

// Each row once looked like an attack to some filter, ours or another.
TEST_F(AttackDetectorTest, LeavesOrdinaryValuesAlone) {
  for (const std::string_view query : {"q=union+select+committee",
                                       "q=select+a+size+and+a+colour+from+the+menu",
                                       "q=O'Brien",
                                       "name=Rock'n'Roll+%26+more",
                                       "q=1+and+2+or+3",
                                       "q=fish+%26+cat+food",
                                       "fields=name|id|env",
                                       "q=drop+table+lamp",
                                       "q=%22liked%22+by+5+or+7",
                                       "q=it's+%22fine%22+--+really",
                                       "filter=in(labels.name,%22test%22)",
                                       "sort=-created&page=2",
                                       "date=2023-11-24T10:00:00%2B01:00",
                                       "q=a%26b%3Dc",
                                       "next=/orders/1?x=1",
                                       "q=C%2B%2B",
                                       "expr=a+%3C+b+and+b+%3E+c",
                                       "email=a.b%40example.com",
                                       "q=%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82",
                                       "q=50%25+off",
                                       "onload=1",
                                       "q=script",
                                       "q=javascript+basics",
                                       "path=a/b/c.txt",
                                       "q=what+is+sleep+(5+hours)",
                                       "q=order+by+5+pm",
                                       "q=I+alert(ed)+him",
                                       "time=12:30--13:30",
                                       "q=the+%28first%29+and+%28second%29+case",
                                       "q=cos(accckt)",
                                       "q=006--u-m4YIaIyga-cq8yK",
                                       "id=3f2504e0-4f89-41d3-9a0c-0305e82c3301",
                                       "class=module.loader",
                                       "fields=constructor,prototype,id",
                                       "host=10.0.0.1:8080"}) {
    EXPECT_EQ(judge_query(query), "") << query;
  }
}

TEST_F(AttackDetectorTest, LeavesOrdinaryFieldsAlone) {
  const HeaderField fields[] = {
      {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"},
      {"User-Agent", "Mozilla/5.0 (Windows; U; Windows NT 5.1; id; rv:1.9) Gecko/20100101 Firefox/3.0"},
      {"User-Agent", "Go-http-client/1.1"},
      {"sec-ch-ua", "\"Not.A/Brand\";v=\"8\", \"Chromium\";v=\"114\", \"Google Chrome\";v=\"114\""},
      {"If-None-Match", "W/\"abc--gzip\""},
      {"Cookie", "a=1; id; b=\"x y\"; _ga=GA1.2.3; consent={\"a\":true}"},
      {"x-forwarded-client-cert",
       "By=spiffe://td/ns/a/sa/b;Hash=0a1b;Subject=\"CN=x,O=y and z\";URI=spiffe://td/ns/c/sa/d"},
      {"Referer", "https://shop.example.com/a/b?x=1&y=2#frag"},
      {"baggage", "userId=alice,serverNode=DF%2028,isProduction=false"},
      {"Content-Disposition", "form-data; name=\"f\"; filename=\"a.txt\""}};
  for (const HeaderField& field : fields) {
    EXPECT_EQ(judge_field(field.name, field.value), "") << field.name << ": " << field.value;
  }
  for (const std::string_view path :
       {"/", "/api/v1/namespaces/shop/pods/web-0/log", "/a/b.../c", "/~user/;jsessionid=1F", "/wiki/Foo_(bar)",
        "/%E4%BD%A0", "/etc/", "/select/union"}) {
    EXPECT_EQ(judge_path(path), "") << path;
  }
}

struct BodyCase {
  std::string_view type;
  std::string_view body;
};

const BodyCase kAttackBodies[] = {
    {"application/x-www-form-urlencoded", "a=1&id=1%27%20union%20select%20null,null--&z=1"},
    {"application/x-www-form-urlencoded", "a=1&id=1%2527%2520or%25201%253d1&b=2"},
    {"application/x-www-form-urlencoded", "a=1%2f%2a%2a%2for%2f%2a%2a%2f7%3d7"},
    {"application/x-www-form-urlencoded", "user=admin%27--"},
    {"application/json", R"({"id":"1' union select null"})"},
    {"application/json", R"({"id":"1\u0027 or \u00271\u0027=\u00271"})"},
    {"application/vnd.api+json", R"([{"a":"\u003cscript\u003e"}])"},
    {"", R"(  {"id":"1\u0027/**/union/**/select/**/null"})"},
    {"text/plain", R"([{"a":"\u003cscript\u003e"}])"},
    {"application/octet-stream", "\xef\xbb\xbf{\"a\":\"\\u003cscript\\u003e\"}"},
    {"", "id=1%27%20union%20select%20null"},
    {"multipart/form-data; boundary=b",
     "--b\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\n<script>x</script>\r\n--b--"},
    {"application/xml", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"},
    {"multipart/form-data; boundary=b", "--b\r\n\r\n<img src=x onerror=alert(1)>\r\n--b--"},
    {"text/plain", "x ${${env:A:-j}ndi:ldap://x}"},
    {"application/octet-stream", "....${jndi:ldap://x/a}...."}};

TEST_F(AttackDetectorTest, RefusesABodyWhereverItIsCutAndNothingOfItLeaves) {
  const AttackDetector blocking = detector(FindingAction::kBlock);
  const AttackDetector logging = detector(FindingAction::kLog);
  for (const BodyCase& tested : kAttackBodies) {
    const std::set<std::string> rules = send(logging, tested.type, tested.body, pieces_of(kHold)).rules;
    EXPECT_FALSE(rules.empty()) << tested.body;
    for (std::size_t cut = 1; cut <= tested.body.size(); ++cut) {
      const Judged judged = send(blocking, tested.type, tested.body, cut_at(cut));
      EXPECT_TRUE(judged.outcome.stopped) << tested.body << " cut at " << cut;
      EXPECT_EQ(judged.outcome.sent, "") << tested.body << " cut at " << cut;
      EXPECT_EQ(send(logging, tested.type, tested.body, cut_at(cut)).rules, rules) << tested.body << " cut at " << cut;
    }
    EXPECT_EQ(send(logging, tested.type, tested.body, pieces_of(1)).rules, rules) << tested.body;
    EXPECT_EQ(send(logging, tested.type, tested.body, pieces_of(1)).outcome.sent, tested.body);
  }
}

TEST_F(AttackDetectorTest, PassesOrdinaryBodiesUnchanged) {
  const BodyCase cases[] = {
      {"application/x-www-form-urlencoded", "name=O%27Brien&note=it%27s+fine+--+really&n=1+%2B+2"},
      {"application/json", R"({"query":"query($id: ID!){ user(id:$id){ name } }","variables":{"id":"7"}})"},
      {"application/json", R"({"spec":{"containers":[{"command":["/bin/sh","-c","exec app"],"env":[]}]}})"},
      {"application/json",
       R"({"text":"<p>Hello <b>you</b>, select a size from the menu; drop by!</p>","path":"C:\\a\\b"})"},
      {"text/plain", "union members select a committee and 5 others"},
      {"multipart/form-data; boundary=b",
       "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\n"
       "Content-Type: image/png\r\n\r\n\x89PNG/*../*\r\n--b--"},
      {"application/octet-stream", ""}};
  const AttackDetector blocking = detector(FindingAction::kBlock);
  for (const BodyCase& tested : cases) {
    for (const std::size_t size : {1U, 7U, 4000U}) {
      const Judged judged = send(blocking, tested.type, tested.body, pieces_of(size));
      EXPECT_FALSE(judged.outcome.stopped) << tested.body << *judged.rules.begin();
      EXPECT_EQ(judged.outcome.sent, tested.body);
    }
  }
}

std::string filler(std::size_t size) {
  std::mt19937 random(11);
  std::string bytes(size, '\0');
  for (char& c : bytes) {
    c = static_cast<char>(random());
  }
  return bytes;
}

TEST_F(AttackDetectorTest, LetsLargeUploadsPassWhileItScansThem) {
  const AttackDetector blocking = detector(FindingAction::kBlock);
  const std::string upload = filler(3'000'000);
  const Judged clean = send(blocking, "application/octet-stream", upload, pieces_of(1500));
  EXPECT_FALSE(clean.outcome.stopped) << *clean.rules.begin();
  EXPECT_EQ(clean.outcome.sent, upload);
  const std::string attack = upload + "<?php eval($_POST['x']); ?>";
  const Judged judged = send(blocking, "application/octet-stream", attack, pieces_of(1500));
  EXPECT_TRUE(judged.outcome.stopped);
  EXPECT_GT(judged.outcome.sent.size(), upload.size() - kHold);
}

TEST_F(AttackDetectorTest, HoldsATailBeyondTheLimit) {
  const AttackDetector blocking = detector(FindingAction::kBlock);
  const std::string body(20'000, 'x');
  const Judged judged = send(blocking, "text/plain", body, pieces_of(kHold));
  EXPECT_EQ(judged.outcome.sent, body);
  DetectorDriver driver(blocking);
  RequestHead head;
  head.path = "/";
  DetectorState& state = driver.begin();
  ASSERT_EQ(state.on_request_head(head), Step::kContinue);
  std::string window(kHold - 1, 'x');
  BodyStep step = state.on_body(Direction::kRequest, {window, 0, window.size(), false, kHold});
  EXPECT_EQ(step.step, Step::kHold);
  EXPECT_EQ(step.release, 0U);
  window.push_back('x');
  step = state.on_body(Direction::kRequest, {window, 0, 1, false, kHold});
  EXPECT_EQ(step.step, Step::kContinue);
  EXPECT_EQ(step.release, kHold - AttackDetector::kTailBytes);
}

// The second view is dropped and begun again many times in such a body; what it finds may not depend on the cuts.
TEST_F(AttackDetectorTest, FindsEncodedAttacksFarIntoABody) {
  const AttackDetector logging = detector(FindingAction::kLog);
  std::string body = "a=";
  for (int i = 0; i < 4; ++i) {
    body += std::string(1500, 'x') + "%2525" + std::string(700, 'y') + "/*c*/";
  }
  body += "'/**/union/**/select/**/null" + std::string(2000, 'z') + "&b=1%2527%2520or%25201%253d1";
  const std::set<std::string> whole =
      send(logging, "application/x-www-form-urlencoded", body, pieces_of(kHold), 1U << 20U).rules;
  EXPECT_EQ(whole.count("sqli.union-select"), 1U);
  EXPECT_EQ(whole.count("sqli.tautology-number"), 1U);
  for (unsigned seed = 0; seed < 30; ++seed) {
    EXPECT_EQ(send(logging, "application/x-www-form-urlencoded", body, random_pieces(seed), 1U << 20U).rules, whole);
  }
}

// Was: read as the first type says, while the service may have read it as the second.
TEST_F(AttackDetectorTest, RefusesABodyOfTwoTypesOrReadsItAsTheFirst) {
  const HeaderField fields[] = {{"Content-Type", "application/x-www-form-urlencoded"},
                                {"content-type", "application/json"}};
  for (const OnLimit on_limit : {OnLimit::kDeny, OnLimit::kAllow}) {
    const AttackDetector blocking = detector(FindingAction::kBlock, on_limit);
    DetectorDriver driver(blocking);
    RequestHead head;
    head.path = "/";
    head.fields = fields;
    const bool refused = on_limit == OnLimit::kDeny;
    EXPECT_EQ(driver.begin().on_request_head(head), refused ? Step::kStop : Step::kContinue);
    EXPECT_EQ(driver.state().reason(), refused ? Reason::kNotInspectable : Reason::kNone);
    EXPECT_EQ(driver.findings().items().size(), 1U);
    EXPECT_TRUE(refused || driver.state().wants_body(Direction::kRequest));
  }
}

struct UnreadableCase {
  HeaderField field;
  BodyForm form;
  std::string_view reported;
};

TEST_F(AttackDetectorTest, RefusesOrPassesWhatCannotBeRead) {
  const UnreadableCase cases[] = {
      {{"Content-Encoding", "compress"}, BodyForm::kUnreadable, "header:content-encoding"},
      {{"Content-Type", "application/json; charset=utf-16"}, BodyForm::kDecoded, "header:content-type"}};
  const std::pair<FindingAction, OnLimit> profiles[] = {{FindingAction::kBlock, OnLimit::kDeny},
                                                        {FindingAction::kBlock, OnLimit::kAllow},
                                                        {FindingAction::kLog, OnLimit::kDeny}};
  for (const UnreadableCase& tested : cases) {
    for (const auto& [action, on_limit] : profiles) {
      const AttackDetector tried = detector(action, on_limit);
      DetectorDriver driver(tried);
      RequestHead head;
      head.path = "/";
      head.fields = {&tested.field, 1};
      head.body_form = tested.form;
      const bool refused = action == FindingAction::kBlock && on_limit == OnLimit::kDeny;
      EXPECT_EQ(driver.begin().on_request_head(head), refused ? Step::kStop : Step::kContinue);
      EXPECT_EQ(driver.state().reason(), refused ? Reason::kNotInspectable : Reason::kNone);
      EXPECT_FALSE(!refused && driver.state().wants_body(Direction::kRequest));
      ASSERT_EQ(driver.findings().items().size(), 1U);
      EXPECT_EQ(driver.findings().items()[0].rule, "not-inspectable");
      EXPECT_EQ(driver.findings().items()[0].field, tested.reported);
      EXPECT_EQ(driver.findings().items()[0].blocked, refused);
    }
  }
}

TEST_F(AttackDetectorTest, FindingsNameThePlaceAndNeverTheValue) {
  const AttackDetector logging = detector(FindingAction::kLog);
  DetectorDriver driver(logging);
  const HeaderField fields[] = {
      {"X-Trace-ID", "${jndi:ldap://x}"},
      {std::string_view("X-0123456789012345678901234567890123456789012345678901234567890123456789"), "() { :;}; x"}};
  RequestHead head;
  head.path = "/";
  head.query = "q=<script>";
  head.fields = fields;
  EXPECT_EQ(driver.begin().on_request_head(head), Step::kContinue);
  const auto items = driver.findings().items();
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0].field, "query");
  EXPECT_EQ(items[1].field, "header:x-trace-id");
  EXPECT_EQ(items[2].field.size(), 64U);
  for (const Finding& finding : items) {
    EXPECT_EQ(finding.detector, "attack");
    EXPECT_FALSE(finding.blocked);
    EXPECT_TRUE(finding.sample.empty());
  }
}

// A value that matched nothing is remembered for the connection; one that differs in a byte is looked at.
TEST_F(AttackDetectorTest, ARememberedValueDoesNotShieldAnother) {
  const AttackDetector blocking = detector(FindingAction::kBlock);
  DetectorDriver driver(blocking);
  HeaderField field{"X-A", "harmless, and of this length: 1'"};
  RequestHead head;
  head.path = "/";
  head.fields = {&field, 1};
  EXPECT_EQ(driver.begin().on_request_head(head), Step::kContinue);
  EXPECT_EQ(driver.begin().on_request_head(head), Step::kContinue);
  field.value = "' union all select null, null, 1'";
  EXPECT_EQ(driver.begin().on_request_head(head), Step::kStop);
  EXPECT_EQ(driver.begin().on_request_head(head), Step::kStop);
}

TEST_F(AttackDetectorTest, SignaturesHaveUniqueNames) {
  std::set<std::string> names;
  for (const Signature& signature : signatures()) {
    EXPECT_TRUE(names.insert(signature.name).second) << signature.name;
    EXPECT_NE(signature.places, 0U) << signature.name;
  }
  EXPECT_GE(names.size(), 40U);
}

}  // namespace
}  // namespace gabion::inspect::attack
