// Answers stand where their workers stand, whoever is quicker: a counter labelled with a worker must not change hands.
#include "proxy/server/ask_workers.h"

#include <gtest/gtest.h>

#include <array>

namespace gabion::proxy {
namespace {

TEST(AskWorkers, AnswersAreInTheOrderOfTheWorkers) {
  boost::asio::io_context io;
  std::array<int, 3> numbers = {10, 20, 30};
  std::vector<std::function<void()>> later;
  std::vector<int> answers;
  ask_workers<int>(
      io, std::vector<int*>{&numbers[0], &numbers[1], &numbers[2]},
      [&](const int& number, auto take) { later.emplace_back([number, take] { take(number + 1); }); },
      [&](std::vector<int> all) { answers = std::move(all); });
  for (auto answer = later.rbegin(); answer != later.rend(); ++answer) {
    EXPECT_TRUE(answers.empty());
    (*answer)();
    io.restart();
    io.run();
  }
  EXPECT_EQ(answers, (std::vector{11, 21, 31}));
}

}  // namespace
}  // namespace gabion::proxy
