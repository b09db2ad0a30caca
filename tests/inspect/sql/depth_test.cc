// Deep nesting in any shape: read or refused on a small stack, never the end of the process. A process for each case.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "inspect/sql/fingerprint.h"
#include "inspect/sql/normalize.h"
#include "inspect/sql/parse.h"

namespace gabion::inspect::sql {
namespace {

struct Shape {
  const char* name;
  const char* before;
  const char* open;
  const char* middle;
  const char* close;
};

constexpr Shape kShapes[] = {
    {"parentheses", "SELECT ", "(", "1", ")"},
    {"not", "SELECT ", "NOT ", "true", ""},
    {"minus", "SELECT ", "- ", "1", ""},
    {"plus", "SELECT ", "1+", "1", ""},
    {"concatenation", "SELECT ", "a||", "a", ""},
    {"or", "SELECT 1 WHERE ", "a OR ", "a", ""},
    {"or_in_parentheses", "SELECT 1 WHERE ", "(a OR ", "a", ")"},
    {"cast", "SELECT 1", "::int", "", ""},
    {"function", "SELECT ", "f(", "1", ")"},
    {"case", "SELECT ", "CASE WHEN a THEN 1 ELSE ", "1", " END"},
    {"array", "SELECT ", "ARRAY[", "1", "]"},
    {"subscript", "SELECT a", "[1]", "", ""},
    {"sub_select", "SELECT ", "(SELECT ", "1", ")"},
    {"from", "SELECT 1 FROM ", "(SELECT 1 FROM ", "t", ") x"},
    {"with", "", "WITH x AS (", "SELECT 1", ") SELECT 1"},
    {"exists", "SELECT 1 WHERE ", "EXISTS (SELECT 1 WHERE ", "true", ")"},
    {"union", "SELECT 1", " UNION SELECT 1", "", ""},
    {"union_to_the_right", "", "(SELECT 1 UNION ", "SELECT 1", ")"},
    {"join", "SELECT 1 FROM t", " CROSS JOIN t", "", ""},
    {"join_to_the_right", "SELECT 1 FROM ", "t JOIN ", "t", " ON true"},
    {"row", "SELECT ", "ROW(", "1", ")"},
    {"between", "SELECT 1 WHERE ", "a BETWEEN 1 AND ", "1", ""},
    {"values", "INSERT INTO t VALUES (1)", ",(1)", "", ""},
    {"comments", "SELECT ", "/*", "", "*/"},
    {"explain", "", "EXPLAIN ", "SELECT 1", ""},
};

std::string nested(const Shape& shape, int depth) {
  std::string text = shape.before;
  for (int i = 0; i < depth; ++i) {
    text += shape.open;
  }
  text += shape.middle;
  for (int i = 0; i < depth; ++i) {
    text += shape.close;
  }
  return text;
}

constexpr std::size_t kSmallStack = std::size_t{256} * 1024;
constexpr std::size_t kLargeStack = std::size_t{8} << 20;

enum class Work { kParse, kFingerprint };

struct Task {
  std::string text;
  Work work;
};

void* run_task(void* argument) {
  const Task& task = *static_cast<const Task*>(argument);
  Parser parser = Parser::make().value();
  Facts facts;
  parser.parse(task.text, {}, facts);
  static_cast<void>(normalize(task.text));
  if (task.work == Work::kFingerprint && facts.statements().size() == 1) {
    static_cast<void>(fingerprint(task.text, facts.statements()[0]));
  }
  return nullptr;
}

/// How the process ended that did it on a stack of that size: 0 is well.
int outcome(Task task, std::size_t stack) {
  const pid_t child = fork();
  if (child == 0) {
    pthread_attr_t attributes;
    pthread_t thread{};
    const bool ran = pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, stack) == 0 &&
                     pthread_create(&thread, &attributes, run_task, &task) == 0 && pthread_join(thread, nullptr) == 0;
    _exit(ran ? 0 : 1);
  }
  int status = -1;
  return waitpid(child, &status, 0) == child ? status : -1;
}

TEST(SqlDepth, SmallStacksParseAndNormaliseEveryShape) {
  for (const Shape& shape : kShapes) {
    for (const int depth : {100, 490, 2000, 12000}) {
      EXPECT_EQ(outcome({nested(shape, depth), Work::kParse}, kSmallStack), 0) << shape.name << " " << depth;
    }
  }
}

TEST(SqlDepth, WhatPassesTheCapHasAFingerprintOnALargeStack) {
  for (const Shape& shape : kShapes) {
    for (const int depth : {100, 490}) {
      EXPECT_EQ(outcome({nested(shape, depth), Work::kFingerprint}, kLargeStack), 0) << shape.name << " " << depth;
    }
  }
}

TEST(SqlDepth, TheCapIsCountedInNodes) {
  Parser parser = Parser::make().value();
  Facts facts;
  const Shape& plus = kShapes[3];
  parser.parse(nested(plus, 400), {}, facts);
  EXPECT_EQ(facts.error(), ParseError::kNone);
  parser.parse(nested(plus, 600), {}, facts);
  EXPECT_EQ(facts.error(), ParseError::kTooDeep);
  parser.parse(nested(plus, 60), {1U << 20, 50}, facts);
  EXPECT_EQ(facts.error(), ParseError::kTooDeep);
  parser.parse("SELECT a FROM t WHERE " + nested({"", "", "a = 1 OR ", "a", ""}, 5000), {}, facts);
  EXPECT_EQ(facts.error(), ParseError::kNone);  // OR is flat in the tree
}

// The lexer reads such runs again from every /* or +: 32 KiB kept it for seconds, and the server too.
TEST(SqlDepth, RunsThatKeepTheLexerAreRefusedAtOnce) {
  Parser parser = Parser::make().value();
  Facts facts;
  for (const Shape& shape : {Shape{"", "SELECT 1 ", "/*", "", "*/"}, Shape{"", "SELECT ", "+", "1", ""},
                             Shape{"", "SELECT 1 ", "/*+", "", "*/"}, Shape{"", "SELECT ", "+-", "1", ""}}) {
    parser.parse(nested(shape, 20000), {}, facts);
    EXPECT_EQ(facts.error(), ParseError::kTooDeep) << shape.open;
    EXPECT_EQ(normalize(nested(shape, 20000)), "") << shape.open;
  }
  for (const char* filler : {"=", "-", "*", "+-----", "/* "}) {
    parser.parse("SELECT '" + nested({"", "", filler, "", ""}, 20000) + "'", {}, facts);
    EXPECT_EQ(facts.error(), ParseError::kNone) << filler;
  }
}

// Names compared with names: a text that would make that quadratic ends with an answer, soon.
TEST(SqlDepth, MoreNamesThanAnyoneWritesAreRefused) {
  Parser parser = Parser::make().value();
  const auto error_of = [&parser](std::size_t columns) {
    std::string text = "SELECT a";
    for (std::size_t i = 1; i < columns; ++i) {
      text += ",a";
    }
    Facts facts;
    parser.parse(text + " FROM t", {}, facts);
    return facts.error();
  };
  EXPECT_EQ(error_of(20'000), ParseError::kNone);
  EXPECT_EQ(error_of(500'000), ParseError::kTooDeep);
}

TEST(SqlDepth, ManyNamesAgainstManyNamesEnd) {
  std::string text = "SELECT ";
  for (int i = 0; i < 40000; ++i) {
    text += "x.a,";
  }
  text += "1 FROM t0";
  for (int i = 1; i < 40000; ++i) {
    text += ",t" + std::to_string(i);
  }
  Parser parser = Parser::make().value();
  Facts facts;
  parser.parse(text, {}, facts);
  EXPECT_EQ(facts.error(), ParseError::kTooDeep);
}

}  // namespace
}  // namespace gabion::inspect::sql
