// The command line: what it makes of its words, and which it refuses before anything is sent.
#include "bench/load/command_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace gabion::bench {
namespace {

std::variant<CommandLine, int> read(std::vector<std::string> words) {
  words.insert(words.begin(), "gabion-bench");
  std::vector<char*> pointers;
  for (auto& word : words) {
    pointers.push_back(word.data());
  }
  return read_command_line(static_cast<int>(pointers.size()), pointers.data());
}

CommandLine good(const std::vector<std::string>& words) {
  auto line = read(words);
  if (std::holds_alternative<int>(line)) {
    ADD_FAILURE() << "refused";
    return {};
  }
  return std::get<CommandLine>(std::move(line));
}

TEST(CommandLineTest, DefaultsAreThoseOfTheHelp) {
  const CommandLine line = good({"http://127.0.0.1:80/x"});
  EXPECT_EQ(line.plan.connections, 32U);
  EXPECT_EQ(line.plan.threads, 1U);
  EXPECT_EQ(line.plan.duration, std::chrono::seconds(10));
  EXPECT_EQ(line.plan.warmup, std::chrono::seconds(0));
  EXPECT_EQ(line.plan.timeout, std::chrono::seconds(10));
  EXPECT_FALSE(line.plan.rate.has_value());
  EXPECT_FALSE(line.plan.requests.has_value());
  EXPECT_EQ(line.plan.slow_bytes_per_second, 1024U);
  EXPECT_EQ(line.plan.mix.at(0).bytes, "GET /x HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n");
  EXPECT_TRUE(line.plan.mix.at(0).expect.contains(204));
  EXPECT_EQ(line.max_errors.count, 0U);
}

TEST(CommandLineTest, EveryOptionArrives) {
  const CommandLine line = good({"-c",
                                 "10",
                                 "-t",
                                 "2",
                                 "-d",
                                 "3s",
                                 "-n",
                                 "7",
                                 "--warmup",
                                 "500ms",
                                 "-r",
                                 "50/s",
                                 "--timeout",
                                 "1s",
                                 "-X",
                                 "POST",
                                 "-H",
                                 "A: 1",
                                 "-H",
                                 "B:2",
                                 "--body",
                                 "hi",
                                 "--source",
                                 "127.0.0.2",
                                 "--churn",
                                 "--idle",
                                 "3",
                                 "--slow",
                                 "4",
                                 "--slow-rate",
                                 "2KiB/s",
                                 "--expect",
                                 "200,403",
                                 "--max-errors",
                                 "0.5%",
                                 "--json",
                                 "-",
                                 "--quiet",
                                 "http://127.0.0.1/"});
  EXPECT_EQ(line.plan.connections, 10U);
  EXPECT_EQ(line.plan.threads, 2U);
  EXPECT_EQ(line.plan.duration, std::chrono::seconds(3));
  EXPECT_EQ(line.plan.requests, 7U);
  EXPECT_EQ(line.plan.warmup, std::chrono::milliseconds(500));
  EXPECT_EQ(line.plan.rate, 50.0);
  EXPECT_EQ(line.plan.timeout, std::chrono::seconds(1));
  EXPECT_EQ(line.plan.source->to_string(), "127.0.0.2");
  EXPECT_EQ(line.plan.idle, 3U);
  EXPECT_EQ(line.plan.slow, 4U);
  EXPECT_EQ(line.plan.slow_bytes_per_second, 2048U);
  EXPECT_EQ(line.plan.mix.at(0).bytes,
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nA: 1\r\nB: 2\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_TRUE(line.plan.mix.at(0).expect.contains(403));
  EXPECT_FALSE(line.plan.mix.at(0).expect.contains(204));
  EXPECT_EQ(line.max_errors.percent, 0.5);
  EXPECT_EQ(line.json_file, "-");
  EXPECT_TRUE(line.quiet);
}

TEST(CommandLineTest, GrpcAndWebSocketHaveStatusesOfTheirOwn) {
  const CommandLine call = good({"--grpc", "--body", "x", "http://127.0.0.1:80/a.B/C"});
  EXPECT_EQ(call.plan.version, HttpVersion::kHttp2);
  EXPECT_EQ(call.plan.exchange, Exchange::kGrpc);
  EXPECT_TRUE(call.plan.mix.at(0).expect.contains(0));
  EXPECT_FALSE(call.plan.mix.at(0).expect.contains(200));
  EXPECT_TRUE(good({"--grpc", "--expect", "7", "http://127.0.0.1/a.B/C"}).plan.mix.at(0).expect.contains(7));
  const CommandLine message = good({"--websocket", "--body-bytes", "1KiB", "http://127.0.0.1:80/"});
  EXPECT_EQ(message.plan.version, HttpVersion::kHttp1);
  EXPECT_EQ(message.plan.exchange, Exchange::kWebSocket);
  EXPECT_TRUE(message.plan.mix.at(0).expect.contains(101));
  EXPECT_EQ(message.plan.mix.at(0).body.size(), 1024U);
}

TEST(CommandLineTest, RefusesWithExitTwo) {
  const std::string url = "http://127.0.0.1/";
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {},
           {"ftp://127.0.0.1/"},
           {"http://example.com/"},
           {url, url},
           {"--nonsense", url},
           {"-c", "0", url},
           {"-c", "x", url},
           {"-t", "33", url},
           {"-d", "10", url},
           {"-d", "0s", url},
           {"-d", "48h", url},
           {"-n", "0", url},
           {"-r", "0", url},
           {"-r", "-5", url},
           {"-r", "nan", url},
           {"-r", "5/m", url},
           {"-H", "no colon", url},
           {"-H", "Content-Length: 3", url},
           {"-X", "GE T", url},
           {"--body", "x", "--body-file", "y", url},
           {"--body-file", "/nowhere/at/all", url},
           {"-m", "/nowhere/at/all", url},
           {"-m", "/nowhere", "-X", "GET", url},
           {"--expect", "20", url},
           {"--max-errors", "101%", url},
           {"--max-errors", "-1", url},
           {"--slow-rate", "0", url},
           {"--body", "x", "--body-bytes", "1", url},
           {"--body-bytes", "1GiB", url},
           {"--body-bytes", "many", url},
           {"-m", "/nowhere", "--body-bytes", "1", url},
           {"--grpc", url},
           {"--grpc", "-X", "GET", "http://127.0.0.1/a/b"},
           {"--grpc", "--expect", "200", "http://127.0.0.1/a/b"},
           {"--expect", "0", url},
           {"--grpc", "--websocket", "http://127.0.0.1/a/b"},
           {"--http2", "--websocket", url},
           {"--grpc", "--slow", "1", "http://127.0.0.1/a/b"},
           {"--websocket", "--slow", "1", url},
           {"--websocket", "-X", "POST", url},
           {"--slow-rate", "1MB", url},
           {"--source", "here", url},
           {"--ca", "x", url},
           {"https://127.0.0.1/"},
           {"--ca", "/nowhere/at/all", "https://127.0.0.1/"},
           {"--ca", "x", "--cert", "y", "https://127.0.0.1/"},
           {"--ca", "x", "--key", "y", "https://127.0.0.1/"},
           {"--key", "y", url},
           {"--ca", "x", "--server-id", "not-an-id", "https://127.0.0.1/"},
       }) {
    const auto line = read(words);
    ASSERT_TRUE(std::holds_alternative<int>(line)) << ::testing::PrintToString(words);
    EXPECT_EQ(std::get<int>(line), kExitCommandLine) << ::testing::PrintToString(words);
  }
}

TEST(CommandLineTest, HelpAndVersionAreNoErrors) {
  EXPECT_EQ(std::get<int>(read({"--help"})), kExitOk);
  EXPECT_EQ(std::get<int>(read({"--version"})), kExitOk);
}

TEST(ErrorLimitTest, CountsOrShares) {
  Tally tally;
  tally.requests = 995;
  tally.add(Failure::kStatus);  // one of the 995
  for (int i = 0; i < 5; ++i) {
    tally.add(Failure::kReset);
  }
  EXPECT_EQ(tally.total_errors(), 6U);
  EXPECT_EQ(tally.attempts(), 1000U);
  for (const char* enough : {"6", "7", "0.6%", "100%"}) {
    EXPECT_TRUE(ErrorLimit::parse(enough)->allows(tally)) << enough;
  }
  for (const char* too_few : {"0", "5", "0%", "0.59%"}) {
    EXPECT_FALSE(ErrorLimit::parse(too_few)->allows(tally)) << too_few;
  }
}

}  // namespace
}  // namespace gabion::bench
