// gRPC bodies through the whole pipeline, cut everywhere: what leaves, what is found, what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "config/grpc/descriptor_set.h"
#include "inspect/grpc/frame.h"
#include "inspect/pipeline.h"
#include "inspect/scratch.h"
#include "tests/support/order_descriptors.h"

namespace gabion::inspect {
namespace {

using config::FindingAction;
using config::OnLimit;
using tests::OrderFile;

constexpr std::uint32_t kHold = 4096;
constexpr std::string_view kCard = "4111111111111111";

std::string framed(std::string_view message) {
  std::string frame;
  grpc::write_prefix(frame, grpc::Compressed::kNo, message.size());
  return frame.append(message);
}

config::InspectionProfile profile(std::string name, FindingAction attacks, FindingAction cards, OnLimit on_limit) {
  config::InspectionProfile made;
  made.name = std::move(name);
  made.attacks = attacks;
  made.payment_cards = cards;
  made.on_limit = on_limit;
  return made;
}

/// What became of one body.
struct Outcome {
  bool ok = true;
  Reason reason = Reason::kNone;
  std::string sent;
  std::vector<std::string> findings;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

class PipelineMessages : public ::testing::Test {
 protected:
  PipelineMessages() {
    config::ProxyConfig config;
    config.workload = {"shop", "orders-0"};
    config.profiles = {profile("default", FindingAction::kBlock, FindingAction::kMask, OnLimit::kDeny),
                       profile("lenient", FindingAction::kBlock, FindingAction::kMask, OnLimit::kAllow),
                       profile("watch", FindingAction::kLog, FindingAction::kLog, OnLimit::kDeny)};
    for (const auto& named : config.profiles) {
      config.inbound.emplace_back().inspect = named.name;
    }
    config.grpc.schema = *config::parse_descriptor_set(file_.bytes());
    config.limits.grpc_message_bytes = 1000;
    snapshot_ = *Snapshot::compile(config, 1);
    EXPECT_TRUE(snapshot_->prepare(scratch_).has_value());
  }

  Outcome run(std::string_view profile_name, Direction direction, std::string_view body, std::size_t cut) {
    const HeaderField fields[] = {{"content-type", "application/grpc"}};
    inspection_.begin(snapshot_, snapshot_->profile_index(profile_name), facts_, scratch_, kHold);
    RequestHead head;
    head.method = "POST";
    head.target = "/shop.Orders/Place";
    head.fields = fields;
    head.has_body = true;
    EXPECT_TRUE(inspection_.on_request_head(head).allowed());
    ResponseHead answer{.status = 200, .fields = fields, .has_body = true};
    if (direction == Direction::kResponse) {
      EXPECT_TRUE(inspection_.on_response_head(answer).allowed());
    }
    EXPECT_TRUE(inspection_.reads_messages(direction));
    EXPECT_FALSE(inspection_.may_refuse_body(direction));
    Outcome outcome;
    std::string held;
    std::uint64_t offset = 0;
    const std::string_view pieces[] = {body.substr(0, cut), body.substr(cut), ""};
    for (std::size_t i = 0; i < 3 && outcome.ok; ++i) {
      held.append(pieces[i]);
      const auto result =
          inspection_.on_body(direction, {.bytes = held, .offset = offset, .fresh = pieces[i].size(), .end = i == 2});
      outcome.ok = result.ok;
      if (!outcome.ok) {
        break;
      }
      inspection_.edits(direction).write(std::string_view(held).substr(0, result.release), offset,
                                         [&](std::string_view piece) { outcome.sent.append(piece); });
      held.erase(0, result.release);
      offset += result.release;
    }
    outcome.reason = inspection_.verdict().reason;
    for (const Finding& finding : inspection_.findings()) {
      outcome.findings.push_back(std::string(finding.detector) + " " + std::string(finding.rule) + " " + finding.field);
    }
    return outcome;
  }

  Outcome at_every_cut(std::string_view profile_name, Direction direction, std::string_view body) {
    const Outcome whole = run(profile_name, direction, body, 0);
    for (std::size_t cut = 1; cut <= body.size(); ++cut) {
      EXPECT_EQ(run(profile_name, direction, body, cut).findings, whole.findings) << cut;
      EXPECT_EQ(run(profile_name, direction, body, cut).reason, whole.reason) << cut;
      if (whole.ok) {
        EXPECT_EQ(run(profile_name, direction, body, cut).sent, whole.sent) << cut;
      }
    }
    return whole;
  }

  std::string order(std::string_view note) {
    auto made = file_.order();
    OrderFile::set_text(OrderFile::sub_message(*made, "parent"), "note", std::string(note));
    return made->SerializeAsString();
  }

  OrderFile file_;
  std::shared_ptr<const Snapshot> snapshot_;
  ConnectionFacts facts_;
  Scratch scratch_;
  Inspection inspection_;
};

TEST_F(PipelineMessages, PassWhereNothingIsFound) {
  const std::string body = framed(order("hello")) + framed("") + framed(order("world"));
  const Outcome outcome = at_every_cut("default", Direction::kRequest, body);
  EXPECT_EQ(outcome.sent, body);
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_EQ(inspection_.messages(Direction::kRequest), 3U);
}

TEST_F(PipelineMessages, AnAttackRefusesAndTheMessagesBeforeHaveLeft) {
  const std::string first = framed(order("hello"));
  const std::string body = first + framed(order("1' UNION SELECT password FROM users--")) + framed(order("behind"));
  const Outcome outcome = at_every_cut("default", Direction::kRequest, body);
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.reason, Reason::kAttackDetected);
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_NE(outcome.findings[0].find("message:shop.order.parent.note"), std::string::npos) << outcome.findings[0];
  EXPECT_EQ(run("default", Direction::kRequest, body, first.size() + 3).sent, first);
  EXPECT_EQ(at_every_cut("watch", Direction::kRequest, body).sent, body);
}

TEST_F(PipelineMessages, ACardIsMaskedInPlace) {
  const std::string body = framed(order("a")) + framed(order("pay " + std::string(kCard))) + framed(order("b"));
  const Outcome outcome = at_every_cut("default", Direction::kResponse, body);
  std::string expected = body;
  expected.replace(expected.find(kCard), kCard.size(), "************1111");
  EXPECT_EQ(outcome.sent, expected);
  EXPECT_EQ(at_every_cut("watch", Direction::kResponse, body).sent, body);
}

TEST_F(PipelineMessages, WhatCannotBeJudgedIsOnLimits) {
  struct Row {
    std::string body;
    Reason reason;
    std::string_view finding;
  };
  const Row rows[] = {
      {"\x07"
       "abc",
       Reason::kBadMessage, "grpc framing message"},
      {framed(std::string(1001, 'x')), Reason::kMessageLimit, "grpc message-size message"},
      {framed("\x0a\x7f"), Reason::kBadMessage, "grpc protobuf message"},
      {framed(order("x")).substr(0, 6), Reason::kBadMessage, "grpc framing message"},
      {"\x01" + framed("x").substr(1), Reason::kBadMessage, "grpc compressed-without-encoding message"}};
  for (const Row& row : rows) {
    const Outcome denied = at_every_cut("default", Direction::kRequest, framed(order("first")) + row.body);
    EXPECT_FALSE(denied.ok);
    EXPECT_EQ(denied.reason, row.reason) << row.finding;
    EXPECT_EQ(denied.findings, std::vector{std::string(row.finding)});
    const std::string body = framed(order("first")) + row.body;
    const Outcome allowed = at_every_cut("lenient", Direction::kRequest, body);
    EXPECT_EQ(allowed.sent, body) << row.finding;
    EXPECT_EQ(allowed.findings, std::vector{std::string(row.finding)});
  }
}

TEST_F(PipelineMessages, AContentCodingAroundThemIsUnreadable) {
  const HeaderField fields[] = {{"content-type", "application/grpc"}, {"content-encoding", "gzip"}};
  inspection_.begin(snapshot_, 0, facts_, scratch_, kHold);
  RequestHead head;
  head.method = "POST";
  head.target = "/shop.Orders/Place";
  head.fields = fields;
  head.has_body = true;
  EXPECT_EQ(inspection_.on_request_head(head).reason, Reason::kNotInspectable);
}

}  // namespace
}  // namespace gabion::inspect
