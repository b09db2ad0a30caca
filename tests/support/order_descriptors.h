// The descriptor set that tests of gRPC share, made with protobuf's own API, and messages of it.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include <memory>
#include <string>

namespace gabion::tests {

namespace pb = google::protobuf;

/// package shop; message Order { string note = 1; repeated Item items = 2; map<string, string> labels = 3;
///   uint64 number = 4; State state = 5; repeated int64 codes = 6; bytes blob = 7; Order parent = 8; sint32 delta = 9;
///   fixed64 fixed = 10; double price = 11; bool paid = 12; } message Item { string name = 1; }
/// service Orders { rpc Place(Order) returns (Order); rpc Watch(Order) returns (stream Item); }
class OrderFile {
 public:
  OrderFile() {
    auto& file = *set_.add_file();
    file.set_name("shop/orders.proto");
    file.set_package("shop");
    file.set_syntax("proto3");
    auto& state = *file.add_enum_type();
    state.set_name("State");
    add_value(state, "UNKNOWN", 0);
    add_value(state, "PENDING", 1);
    auto& item = *file.add_message_type();
    item.set_name("Item");
    add(item, "name", 1, pb::FieldDescriptorProto::TYPE_STRING);
    auto& order = *file.add_message_type();
    order.set_name("Order");
    add(order, "note", 1, pb::FieldDescriptorProto::TYPE_STRING);
    repeat(add(order, "items", 2, pb::FieldDescriptorProto::TYPE_MESSAGE)).set_type_name(".shop.Item");
    repeat(add(order, "labels", 3, pb::FieldDescriptorProto::TYPE_MESSAGE)).set_type_name(".shop.Order.LabelsEntry");
    add(order, "number", 4, pb::FieldDescriptorProto::TYPE_UINT64);
    add(order, "state", 5, pb::FieldDescriptorProto::TYPE_ENUM).set_type_name(".shop.State");
    repeat(add(order, "codes", 6, pb::FieldDescriptorProto::TYPE_INT64));
    add(order, "blob", 7, pb::FieldDescriptorProto::TYPE_BYTES);
    add(order, "parent", 8, pb::FieldDescriptorProto::TYPE_MESSAGE).set_type_name(".shop.Order");
    add(order, "delta", 9, pb::FieldDescriptorProto::TYPE_SINT32);
    add(order, "fixed", 10, pb::FieldDescriptorProto::TYPE_FIXED64);
    add(order, "price", 11, pb::FieldDescriptorProto::TYPE_DOUBLE);
    add(order, "paid", 12, pb::FieldDescriptorProto::TYPE_BOOL);
    auto& entry = *order.add_nested_type();
    entry.set_name("LabelsEntry");
    entry.mutable_options()->set_map_entry(true);
    add(entry, "key", 1, pb::FieldDescriptorProto::TYPE_STRING);
    add(entry, "value", 2, pb::FieldDescriptorProto::TYPE_STRING);
    auto& service = *file.add_service();
    service.set_name("Orders");
    for (const char* name : {"Place", "Watch"}) {
      auto& method = *service.add_method();
      method.set_name(name);
      method.set_input_type(".shop.Order");
      method.set_output_type(std::string(name) == "Place" ? ".shop.Order" : ".shop.Item");
    }
    pool_.BuildFile(file);
  }

  [[nodiscard]] pb::FileDescriptorSet& set() noexcept { return set_; }
  [[nodiscard]] std::string bytes() const { return set_.SerializeAsString(); }
  [[nodiscard]] std::unique_ptr<pb::Message> order() {
    return std::unique_ptr<pb::Message>(factory_.GetPrototype(pool_.FindMessageTypeByName("shop.Order"))->New());
  }

  static const pb::FieldDescriptor* field(const pb::Message& message, const std::string& name) {
    return message.GetDescriptor()->FindFieldByName(name);
  }
  static void set_text(pb::Message& message, const std::string& name, const std::string& value) {
    message.GetReflection()->SetString(&message, field(message, name), value);
  }
  static std::string text(const pb::Message& message, const std::string& name) {
    return message.GetReflection()->GetString(message, field(message, name));
  }
  static pb::Message& add_message(pb::Message& message, const std::string& name) {
    return *message.GetReflection()->AddMessage(&message, field(message, name));
  }
  static pb::Message& sub_message(pb::Message& message, const std::string& name) {
    return *message.GetReflection()->MutableMessage(&message, field(message, name));
  }

 private:
  static pb::FieldDescriptorProto& add(pb::DescriptorProto& message, const char* name, int number,
                                       pb::FieldDescriptorProto::Type type) {
    auto& field = *message.add_field();
    field.set_name(name);
    field.set_number(number);
    field.set_type(type);
    field.set_label(pb::FieldDescriptorProto::LABEL_OPTIONAL);
    return field;
  }
  static pb::FieldDescriptorProto& repeat(pb::FieldDescriptorProto& field) {
    field.set_label(pb::FieldDescriptorProto::LABEL_REPEATED);
    return field;
  }
  static void add_value(pb::EnumDescriptorProto& type, const char* name, int number) {
    auto& value = *type.add_value();
    value.set_name(name);
    value.set_number(number);
  }

  pb::FileDescriptorSet set_;
  pb::DescriptorPool pool_;
  pb::DynamicMessageFactory factory_{&pool_};
};

}  // namespace gabion::tests
