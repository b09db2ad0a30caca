// Descriptor sets as protoc writes them, and what is refused of others.
#include "config/grpc/descriptor_set.h"

#include <gtest/gtest.h>

#include "tests/support/order_descriptors.h"

namespace gabion::config {
namespace {

TEST(DescriptorSet, KnowsMethodsMessagesAndEnums) {
  const auto loaded = parse_descriptor_set(tests::OrderFile().bytes());
  ASSERT_TRUE(loaded.has_value()) << loaded.error().to_string();
  const GrpcSchema& schema = **loaded;
  ASSERT_NE(schema.method("/shop.Orders/Place"), nullptr);
  EXPECT_EQ(schema.method("/shop.Orders/place"), nullptr);
  EXPECT_EQ(schema.method("shop.Orders/Place"), nullptr);
  const GrpcMessage& order = schema.messages[schema.method("/shop.Orders/Place")->request];
  EXPECT_EQ(order.name, "shop.Order");
  EXPECT_EQ(schema.messages[schema.method("/shop.Orders/Watch")->response].name, "shop.Item");
  ASSERT_NE(order.field(2), nullptr);
  EXPECT_EQ(order.field(2)->name, "items");
  EXPECT_TRUE(order.field(2)->is_repeated);
  EXPECT_EQ(schema.messages[order.field(2)->type].name, "shop.Item");
  EXPECT_TRUE(order.field(3)->is_map);
  EXPECT_EQ(order.field(4)->kind, GrpcKind::kUnsigned);
  EXPECT_EQ(order.field(9)->kind, GrpcKind::kZigzag);
  EXPECT_EQ(schema.enums[order.field(5)->type].name(1), "PENDING");
  EXPECT_EQ(schema.enums[order.field(5)->type].name(2), "");
  EXPECT_EQ(schema.messages[order.field(8)->type].name, "shop.Order");
  EXPECT_EQ(order.field(0), nullptr);
  EXPECT_EQ(order.field(13), nullptr);
}

TEST(DescriptorSet, FindsFieldsWhereNumbersHaveGaps) {
  GrpcMessage message;
  for (const std::uint32_t number : {2U, 3U, 900U}) {
    message.fields.emplace_back().number = number;
  }
  EXPECT_EQ(message.field(1), nullptr);
  EXPECT_EQ(message.field(2), &message.fields[0]);
  EXPECT_EQ(message.field(3), &message.fields[1]);
  EXPECT_EQ(message.field(900), &message.fields[2]);
  EXPECT_EQ(message.field(901), nullptr);
}

TEST(DescriptorSet, RefusesWhatIsNone) {
  EXPECT_FALSE(parse_descriptor_set("").has_value());
  EXPECT_FALSE(parse_descriptor_set("not a descriptor set").has_value());
  tests::OrderFile file;
  file.set().mutable_file(0)->add_dependency("google/protobuf/any.proto");
  const auto without_imports = parse_descriptor_set(file.bytes());
  ASSERT_FALSE(without_imports.has_value());
  EXPECT_NE(without_imports.error().what.find("google/protobuf/any.proto"), std::string::npos);
  tests::OrderFile unknown_type;
  unknown_type.set().mutable_file(0)->mutable_message_type(1)->mutable_field(1)->set_type_name(".shop.Nothing");
  EXPECT_FALSE(parse_descriptor_set(unknown_type.bytes()).has_value());
}

}  // namespace
}  // namespace gabion::config
