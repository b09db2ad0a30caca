// Messages written by protobuf itself: what they are read as, and that changed ones are messages again.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "config/grpc/descriptor_set.h"
#include "inspect/grpc/protobuf/looks.h"
#include "inspect/grpc/protobuf/reader.h"
#include "inspect/grpc/protobuf/rewrite.h"
#include "tests/support/order_descriptors.h"

namespace gabion::inspect::grpc {
namespace {

using tests::OrderFile;
namespace pb = google::protobuf;

class ProtobufTest : public ::testing::Test {
 protected:
  ProtobufTest() : schema_(*config::parse_descriptor_set(file_.bytes())) {}

  ReadError read(std::string_view bytes) {
    return reader_.read(bytes, schema_.get(), schema_->method("/shop.Orders/Place")->request, fields_);
  }
  ReadError read_untyped(std::string_view bytes) {
    return reader_.read(bytes, nullptr, MessageReader::kNoType, fields_);
  }
  std::string told() const {
    std::string text;
    for (const TextField& field : fields_.fields()) {
      text.append(field.name).append(field.kind == TextField::Kind::kOuter ? "~" : "=");
      text.append(fields_.text().substr(field.begin, field.end - field.begin)).append(";");
    }
    return text;
  }
  /// The message with the first `old` in its texts replaced.
  std::string changed(std::string_view bytes, std::string_view old, std::string_view text) {
    EditList edits;
    edits.begin_window(0, fields_.text().size());
    EXPECT_TRUE(edits.replace(fields_.text().find(old), static_cast<std::uint32_t>(old.size()), text));
    (void)edits.settle(fields_.text().size(), EditList::Part::kLast);
    std::string out;
    rewrite_message(bytes, fields_, edits, out);
    return out;
  }
  std::unique_ptr<pb::Message> parsed(const std::string& bytes) {
    auto order = file_.order();
    EXPECT_TRUE(order->ParseFromString(bytes));
    return order;
  }

  OrderFile file_;
  std::shared_ptr<const config::GrpcSchema> schema_;
  MessageReader reader_;
  FieldList fields_;
};

TEST_F(ProtobufTest, NamesEveryField) {
  auto order = file_.order();
  const auto* reflection = order->GetReflection();
  OrderFile::set_text(*order, "note", "hello");
  OrderFile::set_text(OrderFile::add_message(*order, "items"), "name", "first");
  OrderFile::set_text(OrderFile::add_message(*order, "items"), "name", "second");
  auto& label = OrderFile::add_message(*order, "labels");
  OrderFile::set_text(label, "key", "card");
  OrderFile::set_text(label, "value", "v1");
  auto& odd = OrderFile::add_message(*order, "labels");
  OrderFile::set_text(odd, "key", "a.b c");
  OrderFile::set_text(odd, "value", "v2");
  reflection->SetUInt64(order.get(), OrderFile::field(*order, "number"), 4111111111111111);
  reflection->SetEnumValue(order.get(), OrderFile::field(*order, "state"), 1);
  reflection->AddInt64(order.get(), OrderFile::field(*order, "codes"), -5);
  reflection->AddInt64(order.get(), OrderFile::field(*order, "codes"), 300);
  OrderFile::set_text(*order, "blob", std::string("\xff\x00z", 3));
  reflection->SetInt32(order.get(), OrderFile::field(*order, "delta"), -7);
  reflection->SetUInt64(order.get(), OrderFile::field(*order, "fixed"), 12);
  reflection->SetDouble(order.get(), OrderFile::field(*order, "price"), 1.5);
  reflection->SetBool(order.get(), OrderFile::field(*order, "paid"), true);
  OrderFile::set_text(OrderFile::sub_message(*order, "parent"), "note", "deep");
  ASSERT_EQ(read(order->SerializeAsString()), ReadError::kNone);
  const std::string text = told();
  for (const std::string_view expected :
       {"shop.Order.note=hello;", "shop.Order.items.0.name=first;", "shop.Order.items.1.name=second;",
        "shop.Order.labels.card.key=card;", "shop.Order.labels.card.value=v1;", "shop.Order.number=4111111111111111;",
        "shop.Order.state=PENDING;", "shop.Order.codes.0=-5;", "shop.Order.codes.1=300;", "shop.Order.delta=-7;",
        "shop.Order.fixed=12;", "shop.Order.price=1.5;", "shop.Order.paid=true;", "shop.Order.parent.note=deep;"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << " in " << text;
  }
  const bool has_position = text.find("shop.Order.labels.0.key=a.b c;") != std::string::npos ||
                            text.find("shop.Order.labels.1.key=a.b c;") != std::string::npos;
  EXPECT_TRUE(has_position) << "a key that is no word stays a position: " << text;
}

TEST_F(ProtobufTest, ReadsByLooksWithoutADescriptor) {
  auto order = file_.order();
  OrderFile::set_text(*order, "note", "hello");
  OrderFile::set_text(OrderFile::add_message(*order, "items"), "name", "first");
  OrderFile::set_text(OrderFile::sub_message(OrderFile::sub_message(*order, "parent"), "parent"), "note",
                      "deep words!");
  ASSERT_EQ(read_untyped(order->SerializeAsString()), ReadError::kNone);
  const std::string text = told();
  for (const std::string_view expected : {"1=hello;", "2.1=first;", "8.8.1=deep words!;"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << " in " << text;
  }
  EXPECT_NE(text.find("8~"), std::string::npos) << "the whole of a nested message is text to rules, too";
  ASSERT_EQ(read_untyped("{\"no\": \"protobuf\"}"), ReadError::kNone);
  EXPECT_EQ(told(), "message={\"no\": \"protobuf\"};");
}

TEST_F(ProtobufTest, ATextThatIsBuiltToReadAsAMessageIsShownAsAWhole) {
  const std::string text = "1' UNION  SELECT\tpw FROM users -- \xff\x31\x31";
  std::string bytes = "\x0a";
  bytes.push_back(static_cast<char>(text.size()));
  ASSERT_TRUE(is_message(text));
  ASSERT_EQ(read_untyped(bytes + text), ReadError::kNone);
  EXPECT_NE(told().find("1~" + text), std::string::npos) << told();
}

TEST_F(ProtobufTest, WholesBeyondTheirBoundAreRefused) {
  std::string filler;
  for (int i = 0; i < 1000; ++i) {
    filler += "\x08\x01";
  }
  std::string bytes;
  for (int i = 0; i < 5000; ++i) {  // 2,000 bytes each: more than 8 MiB
    bytes += "\x0a\xd0\x0f" + filler;
  }
  EXPECT_EQ(read_untyped(bytes), ReadError::kFields);
}

TEST_F(ProtobufTest, AnUnknownFieldOfAKnownMessageIsTextByNumber) {
  ASSERT_EQ(read(std::string("\xfa\x01\x04"
                             "evil",
                             7)),
            ReadError::kNone);
  EXPECT_EQ(told(), "shop.Order.31=evil;");
  // A number where a string is declared is an unknown field to protobuf, and no text.
  ASSERT_EQ(read("\x08\x05"), ReadError::kNone);
  EXPECT_EQ(told(), "");
}

TEST_F(ProtobufTest, RefusesWhatIsNoMessageOfItsType) {
  for (const std::string_view bad : {"\x0a",
                                     "\x0a\x05"
                                     "abc",
                                     "\x07", "\x0c", "\x0b\x0a\x01x", "\x02", "\x42\x02\x0a\x05", "\x32\x02\x80\x80"}) {
    EXPECT_EQ(read(bad), ReadError::kMalformed) << bad;
  }
  EXPECT_EQ(read("\xa3\x06\x0a\x01x\xa4\x06"), ReadError::kNone) << "an unknown group is read";
  EXPECT_EQ(told(), "shop.Order.100.1=x;");
  EXPECT_EQ(read("\xa3\x06\x0a\x01x\xac\x06"), ReadError::kMalformed) << "ended by another";
}

TEST_F(ProtobufTest, IsBoundedInDepthAndFields) {
  std::string deep;
  for (int i = 0; i < 40; ++i) {
    std::string outer = "\x42";
    write_varint(outer, deep.size());
    deep = outer + deep;
  }
  EXPECT_EQ(read(deep), ReadError::kDepth);
  std::string groups(200, '\x0b');
  EXPECT_NE(read(groups), ReadError::kNone);
  std::string many;
  for (std::size_t i = 0; i <= FieldList::kMostFields; ++i) {
    many.append("\x12\x00", 2);
  }
  EXPECT_EQ(read(many), ReadError::kFields);
  EXPECT_EQ(read_untyped(deep), ReadError::kNone) << "deeper than is guessed it is text";
}

TEST_F(ProtobufTest, AMaskKeepsEveryLength) {
  auto order = file_.order();
  OrderFile::set_text(OrderFile::sub_message(*order, "parent"), "note", "pay 4111111111111111 now");
  const std::string bytes = order->SerializeAsString();
  ASSERT_EQ(read(bytes), ReadError::kNone);
  const std::string masked = changed(bytes, "4111111111111111", "************1111");
  EXPECT_EQ(masked.size(), bytes.size());
  EXPECT_EQ(OrderFile::text(OrderFile::sub_message(*parsed(masked), "parent"), "note"), "pay ************1111 now");
}

TEST_F(ProtobufTest, AChangedLengthChangesThoseAroundIt) {
  for (const std::size_t size : {0U, 1U, 100U, 120U, 127U, 128U, 200U, 16'384U, 70'000U}) {
    auto order = file_.order();
    auto* level = order.get();
    for (int i = 0; i < 5; ++i) {
      OrderFile::set_text(*level, "note", std::string(20, 'n'));
      level = &OrderFile::sub_message(*level, "parent");
    }
    OrderFile::set_text(*level, "note", "secret");
    OrderFile::set_text(OrderFile::add_message(*order, "items"), "name", "behind");
    const std::string bytes = order->SerializeAsString();
    ASSERT_EQ(read(bytes), ReadError::kNone);
    const std::string text(size, 'x');
    OrderFile::set_text(*level, "note", text);
    EXPECT_EQ(parsed(changed(bytes, "secret", text))->DebugString(), order->DebugString()) << size;
  }
}

TEST_F(ProtobufTest, NumbersAreCoveredAsNumbers) {
  auto order = file_.order();
  const auto* reflection = order->GetReflection();
  const auto* number = OrderFile::field(*order, "number");
  reflection->SetUInt64(order.get(), number, 4111111111111111);
  reflection->SetUInt64(order.get(), OrderFile::field(*order, "fixed"), 4111111111111111);
  const std::string bytes = order->SerializeAsString();
  ASSERT_EQ(read(bytes), ReadError::kNone);
  const auto covered = parsed(changed(bytes, "4111111111111111", "9999999999991111"));
  EXPECT_EQ(reflection->GetUInt64(*covered, number), 9999999999991111U);
  const auto emptied = parsed(changed(bytes, "4111111111111111", "[CREDIT_CARD]"));
  EXPECT_EQ(reflection->GetUInt64(*emptied, number), 0U) << "what is no number is 0";
}

TEST_F(ProtobufTest, WhereNoTypeIsKnownTheLengthStays) {
  auto order = file_.order();
  OrderFile::set_text(OrderFile::sub_message(*order, "parent"), "note", "secret");
  const std::string bytes = order->SerializeAsString();
  ASSERT_EQ(read_untyped(bytes), ReadError::kNone);
  EXPECT_EQ(OrderFile::text(OrderFile::sub_message(*parsed(changed(bytes, "secret", "[REDACTED]")), "parent"), "note"),
            "******");
}

TEST_F(ProtobufTest, RandomBytesAreReadWithinBounds) {
  std::mt19937 random(20261125);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 60, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random() % 4 == 0 ? random() : random() % 32);
    }
    (void)read(bytes);
    ASSERT_EQ(read_untyped(bytes), ReadError::kNone);
    for (const TextField& field : fields_.fields()) {
      ASSERT_LE(field.begin, field.end);
      ASSERT_LT(field.end, fields_.text().size());
    }
  }
}

TEST(Looks, TellTextFromMessages) {
  EXPECT_TRUE(is_plain_text("caf\xc3\xa9\t\r\n"));
  EXPECT_FALSE(is_plain_text("a\x01"));
  EXPECT_FALSE(is_plain_text("\xff"));
  EXPECT_TRUE(is_utf8("a\x01"));
  EXPECT_TRUE(is_message("\x0a\x01x"));
  EXPECT_FALSE(is_message(""));
  EXPECT_FALSE(is_message("\x0b\x0c")) << "groups";
}

}  // namespace
}  // namespace gabion::inspect::grpc
