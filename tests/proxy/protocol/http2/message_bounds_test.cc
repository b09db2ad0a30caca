// What may come of a message: blocks and data in every order that matters.
#include "proxy/protocol/http2/message_bounds.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "proxy/protocol/http2/priority.h"

namespace gabion::proxy::http2 {
namespace {

using Of = MessageBounds::Of;

FieldBlock block_of(const std::vector<inspect::HeaderField>& fields) {
  FieldBlock block;
  for (const auto& field : fields) {
    block.append(field.name, field.value);
  }
  return block;
}

const std::vector<inspect::HeaderField> kPost = {{":method", "POST"}, {"content-length", "3"}};
const std::vector<inspect::HeaderField> kTrailer = {{"x-a", "1"}};

std::vector<inspect::HeaderField> answer(std::string_view status, std::optional<std::string_view> length = {}) {
  std::vector<inspect::HeaderField> fields = {{":status", status}};
  if (length) {
    fields.push_back({"content-length", *length});
  }
  return fields;
}

TEST(MessageBounds, HoldARequestAgainstItsLength) {
  MessageBounds request;
  EXPECT_TRUE(request.take_block(block_of(kPost), false));
  EXPECT_TRUE(request.take_data(2));
  EXPECT_TRUE(request.take_data(0));
  EXPECT_TRUE(request.take_data(1));
  EXPECT_TRUE(request.take_end());
}

TEST(MessageBounds, StayMalformed) {
  MessageBounds request;
  EXPECT_TRUE(request.take_block(block_of(kPost), false));
  EXPECT_FALSE(request.take_data(4));
  EXPECT_FALSE(request.take_data(0));
  EXPECT_FALSE(request.take_block(block_of(kTrailer), true));
  EXPECT_FALSE(request.take_end());
}

TEST(MessageBounds, AreAsWideAsTheyCome) {
  constexpr std::uint64_t kMost = 9'999'999'999'999'999'999U;
  MessageBounds request;
  EXPECT_TRUE(request.take_block(block_of({{":method", "POST"}, {"content-length", "9999999999999999999"}}), false));
  EXPECT_TRUE(request.take_data(kMost));
  EXPECT_FALSE(MessageBounds(request).take_data(1));
  EXPECT_TRUE(request.take_end());
}

TEST(MessageBounds, RefuseLengthsThatAreNone) {
  for (const char* length : {"", " ", "-1", "+1", "0x1", "1,1", "1 ", "99999999999999999999"}) {
    MessageBounds request;
    EXPECT_FALSE(request.take_block(block_of({{":method", "POST"}, {"content-length", length}}), false)) << length;
    MessageBounds response(Of::kAnswer);
    EXPECT_FALSE(response.take_block(block_of(answer("200", length)), false)) << length;
  }
}

TEST(MessageBounds, TakeTrailersAtTheEndOnly) {
  for (const Of of : {Of::kRequest, Of::kAnswer}) {
    MessageBounds message(of);
    ASSERT_TRUE(message.take_block(block_of(of == Of::kRequest ? kPost : answer("200", "3")), false));
    ASSERT_TRUE(message.take_data(3));
    EXPECT_FALSE(MessageBounds(message).take_block(block_of(kTrailer), false));
    EXPECT_FALSE(MessageBounds(message).take_block(block_of({{":status", "200"}}), true));
    EXPECT_FALSE(MessageBounds(message).take_block(block_of({{":method", "GET"}}), true));
    EXPECT_TRUE(MessageBounds(message).take_block(FieldBlock(), true));
    EXPECT_TRUE(message.take_block(block_of(kTrailer), true));
  }
}

TEST(MessageBounds, HoldTrailersAgainstTheLength) {
  MessageBounds request;
  ASSERT_TRUE(request.take_block(block_of(kPost), false));
  ASSERT_TRUE(request.take_data(2));
  EXPECT_FALSE(request.take_block(block_of(kTrailer), true));
}

TEST(MessageBounds, TakeInterimAnswersBeforeTheLast) {
  MessageBounds response(Of::kAnswer);
  EXPECT_TRUE(response.take_block(block_of(answer("100")), false));
  EXPECT_FALSE(MessageBounds(response).take_data(1));
  EXPECT_FALSE(MessageBounds(response).take_data(0));
  EXPECT_FALSE(MessageBounds(response).take_end());
  EXPECT_FALSE(MessageBounds(response).take_block(block_of(answer("103")), true));
  EXPECT_FALSE(MessageBounds(response).take_block(block_of(kTrailer), true));
  EXPECT_FALSE(MessageBounds(response).take_block(FieldBlock(), true));
  EXPECT_TRUE(response.take_block(block_of(answer("103")), false));
  EXPECT_TRUE(response.take_block(block_of(answer("200")), false));
  EXPECT_TRUE(response.take_data(1'000'000));
  EXPECT_TRUE(response.take_end());
}

TEST(MessageBounds, RefuseAnswersWithoutAStatus) {
  for (const char* status : {"", "2", "20", "2000", "099", "000", "1x0", "-20", " 200", "101"}) {
    MessageBounds response(Of::kAnswer);
    EXPECT_FALSE(response.take_block(block_of(answer(status)), false)) << status;
  }
  EXPECT_FALSE(MessageBounds(Of::kAnswer).take_block(block_of({{"x-a", "1"}, {":status", "200"}}), false));
}

TEST(MessageBounds, ExpectNoBodyWhereThereIsNone) {
  struct Bodiless {
    Of of;
    const char* status;
    std::optional<std::string_view> length;
  };
  for (const auto& [of, status, length] : {Bodiless{Of::kAnswerToHead, "200", "3"},
                                           {Of::kAnswerToHead, "404", {}},
                                           {Of::kAnswer, "204", {}},
                                           {Of::kAnswer, "204", "0"},
                                           {Of::kAnswer, "304", "3"},
                                           {Of::kAnswer, "304", {}},
                                           {Of::kAnswerToConnect, "204", {}},
                                           {Of::kAnswerToConnect, "304", "3"}}) {
    MessageBounds response(of);
    ASSERT_TRUE(response.take_block(block_of(answer(status, length)), false)) << status;
    EXPECT_FALSE(MessageBounds(response).take_data(1)) << status;
    EXPECT_TRUE(response.take_data(0)) << status;
    EXPECT_TRUE(response.take_end()) << status;
  }
  for (const Of of : {Of::kAnswer, Of::kAnswerToHead, Of::kAnswerToConnect}) {
    EXPECT_FALSE(MessageBounds(of).take_block(block_of(answer("204", "3")), true));
    EXPECT_FALSE(MessageBounds(of).take_block(block_of(answer("103", "0")), false));
    EXPECT_FALSE(MessageBounds(of).take_block(block_of(answer("103", "3")), false));
  }
}

TEST(MessageBounds, LetATunnelBe) {
  MessageBounds tunnel(Of::kAnswerToConnect);
  EXPECT_TRUE(tunnel.take_block(block_of(answer("200", "3")), false));
  EXPECT_TRUE(tunnel.take_data(1'000));
  EXPECT_TRUE(tunnel.take_end());
}

/// Else what stands behind its length would begin the next answer of an HTTP/1 connection.
TEST(MessageBounds, HoldARefusedTunnelAgainstItsLength) {
  for (const char* status : {"300", "302", "403", "503", "600"}) {
    MessageBounds refused(Of::kAnswerToConnect);
    ASSERT_TRUE(refused.take_block(block_of(answer(status, "3")), false));
    EXPECT_FALSE(MessageBounds(refused).take_data(4)) << status;
    EXPECT_TRUE(refused.take_data(2));
    EXPECT_FALSE(MessageBounds(refused).take_end()) << status;
    EXPECT_TRUE(refused.take_data(1));
    EXPECT_TRUE(refused.take_end()) << status;
  }
}

TEST(Priority, IsReadAsFarAsItHasAMeaning) {
  struct Case {
    std::string_view value;
    unsigned urgency;
    bool incremental;
  };
  for (const auto& [value, urgency, incremental] : {Case{"", 3, false},
                                                    {"u=0", 0, false},
                                                    {"u=7, i", 7, true},
                                                    {"i,u=1", 1, true},
                                                    {"i=?1\t,\tu=2;x=y", 2, true},
                                                    {"i, i=?0", 3, false},
                                                    {"u=1, u=5", 5, false},
                                                    {"u=8", 3, false},
                                                    {"u=-1", 3, false},
                                                    {"u=10", 3, false},
                                                    {"u=\"1\"", 3, false},
                                                    {"U=1", 3, false},
                                                    {"u=1 junk", 3, false},
                                                    {" u=1 ;x , i;y", 1, true},
                                                    {"a=(1 2), u=4", 4, false},
                                                    {",,,u=6,", 6, false},
                                                    {"   ", 3, false}}) {
    EXPECT_EQ(parse_priority(value).urgency, urgency) << value;
    EXPECT_EQ(parse_priority(value).incremental, incremental) << value;
  }
}

}  // namespace
}  // namespace gabion::proxy::http2
