// Which admin request gets which answer, and who may ask at all.
#include "proxy/admin/admin_routes.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace gabion::proxy {
namespace {

const config::IpAddress kPodAddress = config::IpAddress::v4(0x0A010203);

class AdminRoutesTest : public ::testing::Test {
 protected:
  AdminRoutesTest() {
    actions_.readiness = [this] { return readiness_; };
    actions_.metrics = [](const std::function<void(std::string)>&) {};
    actions_.config_json = [] { return std::string(R"({"workers":2})"); };
    actions_.certs_json = [] { return std::string(R"({"certs":[]})"); };
    actions_.policy_json = [] { return std::string(R"({"rules":[]})"); };
    actions_.drain = [this] { ++drains_; };
    actions_.set_log_level = [this](std::string_view level) {
      level_ = level == "debug" ? "debug" : level_;
      return level == "debug";
    };
    actions_.log_level = [this] { return level_; };
    actions_.quit = [this] { ++quits_; };
  }

  AdminAnswer ask(std::string_view method, std::string_view target) const {
    AdminRequest request;
    request.method = method;
    request.target = target;
    request.hosts = {"localhost:15000"};
    return answer_admin(request, actions_);
  }

  AdminActions actions_;
  Readiness readiness_{true, {}};
  std::string level_ = "info";
  int drains_ = 0;
  int quits_ = 0;
};

TEST_F(AdminRoutesTest, ShowsWhatItIsAskedFor) {
  EXPECT_EQ(ask("GET", "/live").body, R"({"live":true})");
  EXPECT_EQ(ask("GET", "/config").body, R"({"workers":2})");
  EXPECT_EQ(ask("GET", "/certs").body, R"({"certs":[]})");
  EXPECT_EQ(ask("GET", "/policy?x=y").body, R"({"rules":[]})");
  EXPECT_EQ(ask("GET", "/log").body, R"({"level":"info"})");
}

TEST_F(AdminRoutesTest, LeavesQuestionsForTheWorkersToTheServer) {
  const AdminAnswer metrics = ask("GET", "/metrics");
  EXPECT_EQ(metrics.step, AdminStep::kAsk);
  EXPECT_EQ(metrics.question, &actions_.metrics);
  EXPECT_EQ(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(ask("GET", "/connections").status, 404);
  actions_.connections = actions_.metrics;
  EXPECT_EQ(ask("GET", "/connections").question, &actions_.connections);
  EXPECT_EQ(ask("GET", "/connections").content_type, "application/json");
}

TEST_F(AdminRoutesTest, SaysWhatIsMissingUntilReady) {
  EXPECT_EQ(ask("GET", "/ready").status, 200);
  EXPECT_EQ(ask("GET", "/ready").body, R"({"ready":true,"missing":[]})");
  readiness_ = {false, {"policy", "a \"quoted\" thing"}};
  EXPECT_EQ(ask("GET", "/ready").status, 503);
  EXPECT_EQ(ask("GET", "/ready").body, R"({"ready":false,"missing":["policy","a \"quoted\" thing"]})");
}

TEST_F(AdminRoutesTest, DrainsAndQuitsOnlyByPost) {
  EXPECT_EQ(ask("GET", "/drain").status, 405);
  EXPECT_EQ(ask("GET", "/quit").status, 405);
  EXPECT_EQ(drains_, 0);
  EXPECT_EQ(ask("POST", "/drain").status, 202);
  EXPECT_EQ(drains_, 1);
  const AdminAnswer quit = ask("POST", "/quit");
  EXPECT_EQ(quit.status, 202);
  EXPECT_EQ(quit.step, AdminStep::kQuit);
  EXPECT_EQ(quits_, 0) << "only after the answer is sent";
}

TEST_F(AdminRoutesTest, ChangesTheLogLevelOrSaysHow) {
  EXPECT_EQ(ask("POST", "/log?level=debug").body, R"({"level":"debug"})");
  for (const std::string_view target : {"/log?level=loud", "/log", "/log?", "/log?level", "/log?lev=debug"}) {
    EXPECT_EQ(ask("POST", target).status, 400) << target;
  }
}

TEST_F(AdminRoutesTest, NamesTheMethodsOfAPath) {
  struct Case {
    std::string_view method;
    std::string_view target;
    std::string_view allow;
  };
  for (const Case& tested : {Case{"POST", "/live", "GET"}, Case{"HEAD", "/ready", "GET"}, Case{"GET", "/drain", "POST"},
                             Case{"DELETE", "/quit", "POST"}, Case{"PUT", "/log", "GET, POST"},
                             Case{"get", "/drain", "POST"}, Case{"", "/", "GET"}}) {
    const AdminAnswer answer = ask(tested.method, tested.target);
    EXPECT_EQ(answer.status, 405) << tested.method << tested.target;
    EXPECT_EQ(answer.allow, tested.allow) << tested.method << tested.target;
  }
  EXPECT_EQ(drains_ + quits_, 0);
}

TEST_F(AdminRoutesTest, ListsThePathsForOneThatIsNotThere) {
  for (const std::string_view target : {"/nothing", "", "*", "/live/", "//live", "/LIVE", "http://localhost/live"}) {
    const AdminAnswer answer = ask("GET", target);
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_NE(answer.body.find(R"({"path":"/log","methods":"GET, POST"})"), std::string::npos) << answer.body;
  }
}

TEST_F(AdminRoutesTest, HasAPlainPageWithLinksAndNoScript) {
  const AdminAnswer page = ask("GET", "/");
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_NE(page.body.find(R"(<a href="/metrics">)"), std::string::npos);
  EXPECT_EQ(page.body.find(R"(href="/quit")"), std::string::npos);
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
}

TEST_F(AdminRoutesTest, TurnsAnActionThatThrowsIntoA500WithoutItsText) {
  actions_.config_json = []() -> std::string { throw std::runtime_error("secret"); };
  const AdminAnswer answer = ask("GET", "/config");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
}

TEST_F(AdminRoutesTest, RefusesForeignHostsAndOriginsBeforeAnythingElse) {
  struct Case {
    const char* name;
    std::vector<std::string_view> hosts;
    std::string_view origin;
    int status;
  };
  for (const Case& tested :
       {Case{"local", {"127.0.0.1:15000"}, "", 202}, Case{"no host", {}, "", 403},
        Case{"two hosts", {"localhost", "localhost"}, "", 403}, Case{"rebinding", {"evil.example:15000"}, "", 403},
        Case{"own page", {"localhost"}, "http://localhost:15000", 202},
        Case{"foreign page", {"localhost"}, "http://evil.example", 403},
        Case{"opaque origin", {"localhost"}, "null", 403},
        Case{"https origin", {"localhost"}, "https://localhost", 403}, Case{"pod address", {"10.1.2.3:15020"}, "", 202},
        Case{"another address", {"10.1.2.4:15020"}, "", 403}}) {
    AdminRequest request;
    request.method = "POST";
    request.target = "/drain";
    request.hosts = tested.hosts;
    request.origin = tested.origin;
    request.local_address = kPodAddress;
    const int before = drains_;
    EXPECT_EQ(answer_admin(request, actions_).status, tested.status) << tested.name;
    EXPECT_EQ(drains_ - before, tested.status == 202 ? 1 : 0) << tested.name;
  }
}

TEST(LocalHost, IsALoopbackLiteralTheNameOrTheOwnAddress) {
  for (const std::string_view host : {"localhost", "LocalHost", "localhost:1", "127.0.0.1", "127.255.0.9:15000",
                                      "[::1]", "[::1]:15000", "10.1.2.3", "10.1.2.3:80"}) {
    EXPECT_TRUE(is_local_host(host, kPodAddress)) << host;
  }
  for (const std::string_view host : {"",
                                      ":15000",
                                      "localhost.evil.example",
                                      "evil.localhost",
                                      "localhost:",
                                      "localhost:x",
                                      "localhost:123456",
                                      "127.0.0.1.evil.example",
                                      "128.0.0.1",
                                      "0.0.0.0",
                                      "[::2]",
                                      "[::1",
                                      "::1]",
                                      "[]",
                                      "10.1.2.4",
                                      "127.1",
                                      "localhost@evil.example",
                                      "evil.example:localhost",
                                      "localhost:1:2",
                                      "2130706433"}) {
    EXPECT_FALSE(is_local_host(host, kPodAddress)) << host;
  }
}

}  // namespace
}  // namespace gabion::proxy
