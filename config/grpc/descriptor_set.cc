// protobuf builds and checks the descriptors; what inspection needs of them is copied into tables.
#include "config/grpc/descriptor_set.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <string>

namespace gabion::config {
namespace {

namespace pb = google::protobuf;

constexpr std::size_t kMostBytes = 16U << 20U;

/// Keeps the first thing that is wrong.
class FirstError final : public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& filename, const std::string& element, const pb::Message* /*descriptor*/,
                ErrorLocation /*location*/, const std::string& message) override {
    if (text_.empty()) {
      text_ = fmt::format("{}: {}: {}", filename, element, message);
    }
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

GrpcKind kind_of(pb::FieldDescriptor::Type type) {
  switch (type) {
    case pb::FieldDescriptor::TYPE_INT32:
    case pb::FieldDescriptor::TYPE_INT64:
      return GrpcKind::kSigned;
    case pb::FieldDescriptor::TYPE_UINT32:
    case pb::FieldDescriptor::TYPE_UINT64:
      return GrpcKind::kUnsigned;
    case pb::FieldDescriptor::TYPE_SINT32:
    case pb::FieldDescriptor::TYPE_SINT64:
      return GrpcKind::kZigzag;
    case pb::FieldDescriptor::TYPE_BOOL:
      return GrpcKind::kBool;
    case pb::FieldDescriptor::TYPE_ENUM:
      return GrpcKind::kEnum;
    case pb::FieldDescriptor::TYPE_FIXED32:
      return GrpcKind::kFixed32;
    case pb::FieldDescriptor::TYPE_FIXED64:
      return GrpcKind::kFixed64;
    case pb::FieldDescriptor::TYPE_SFIXED32:
      return GrpcKind::kSignedFixed32;
    case pb::FieldDescriptor::TYPE_SFIXED64:
      return GrpcKind::kSignedFixed64;
    case pb::FieldDescriptor::TYPE_FLOAT:
      return GrpcKind::kFloat;
    case pb::FieldDescriptor::TYPE_DOUBLE:
      return GrpcKind::kDouble;
    case pb::FieldDescriptor::TYPE_STRING:
      return GrpcKind::kString;
    case pb::FieldDescriptor::TYPE_BYTES:
      return GrpcKind::kBytes;
    case pb::FieldDescriptor::TYPE_MESSAGE:
      return GrpcKind::kMessage;
    case pb::FieldDescriptor::TYPE_GROUP:
      return GrpcKind::kGroup;
  }
  return GrpcKind::kBytes;
}

class SchemaWriter {
 public:
  explicit SchemaWriter(GrpcSchema& schema) : schema_(schema) {}

  void add_services(const pb::FileDescriptor& file) {
    for (int i = 0; i < file.service_count(); ++i) {
      const pb::ServiceDescriptor& service = *file.service(i);
      for (int m = 0; m < service.method_count(); ++m) {
        const pb::MethodDescriptor& method = *service.method(m);
        schema_.methods.push_back({fmt::format("/{}/{}", service.full_name(), method.name()),
                                   message(*method.input_type()), message(*method.output_type())});
      }
    }
  }

  /// What add_services() met: a message may hold others, or itself.
  void write_messages() {
    for (std::size_t i = 0; i < order_.size(); ++i) {  // grows meanwhile
      GrpcMessage written{order_[i]->full_name(), {}};
      for (int f = 0; f < order_[i]->field_count(); ++f) {
        written.fields.push_back(field(*order_[i]->field(f)));
      }
      std::sort(written.fields.begin(), written.fields.end(),
                [](const GrpcField& a, const GrpcField& b) { return a.number < b.number; });
      schema_.messages.push_back(std::move(written));
    }
  }

 private:
  std::uint32_t message(const pb::Descriptor& type) {
    const auto [place, is_new] = messages_.try_emplace(&type, static_cast<std::uint32_t>(order_.size()));
    if (is_new) {
      order_.push_back(&type);
    }
    return place->second;
  }

  std::uint32_t enumeration(const pb::EnumDescriptor& type) {
    const auto [place, is_new] = enums_.try_emplace(&type, static_cast<std::uint32_t>(schema_.enums.size()));
    if (is_new) {
      auto& values = schema_.enums.emplace_back().values;
      for (int i = 0; i < type.value_count(); ++i) {
        values.emplace_back(type.value(i)->number(), type.value(i)->name());
      }
      std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    return place->second;
  }

  GrpcField field(const pb::FieldDescriptor& descriptor) {
    GrpcField written;
    written.number = static_cast<std::uint32_t>(descriptor.number());
    written.kind = kind_of(descriptor.type());
    written.is_repeated = descriptor.is_repeated();
    written.is_map = descriptor.is_map();
    written.name = descriptor.name();
    if (descriptor.message_type() != nullptr) {
      written.type = message(*descriptor.message_type());
    } else if (descriptor.enum_type() != nullptr) {
      written.type = enumeration(*descriptor.enum_type());
    }
    return written;
  }

  GrpcSchema& schema_;
  std::vector<const pb::Descriptor*> order_;
  std::map<const pb::Descriptor*, std::uint32_t> messages_;
  std::map<const pb::EnumDescriptor*, std::uint32_t> enums_;
};

}  // namespace

Result<std::shared_ptr<const GrpcSchema>> parse_descriptor_set(std::string_view bytes) {
  pb::FileDescriptorSet set;
  if (bytes.size() > kMostBytes) {
    return Error{fmt::format("is larger than {} bytes", kMostBytes), ""};
  }
  if (!set.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || set.file_size() == 0) {
    return Error{"is not a FileDescriptorSet (protoc --include_imports --descriptor_set_out=FILE)", ""};
  }
  pb::DescriptorPool pool;
  FirstError errors;
  auto schema = std::make_shared<GrpcSchema>();
  SchemaWriter writer(*schema);
  for (const pb::FileDescriptorProto& file : set.file()) {
    const pb::FileDescriptor* built = pool.BuildFileCollectingErrors(file, &errors);
    if (built == nullptr) {
      return Error{errors.text().empty() ? "holds a file that protobuf refuses" : errors.text(), ""};
    }
    writer.add_services(*built);
  }
  writer.write_messages();
  std::sort(schema->methods.begin(), schema->methods.end(),
            [](const GrpcMethod& a, const GrpcMethod& b) { return a.path < b.path; });
  return std::shared_ptr<const GrpcSchema>(std::move(schema));
}

Result<std::shared_ptr<const GrpcSchema>> load_descriptor_set(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::string bytes(kMostBytes + 1, '\0');
  if (!input.is_open()) {
    return Error{"cannot be opened for reading", ""};
  }
  input.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (input.bad()) {
    return Error{"cannot be read", ""};
  }
  bytes.resize(static_cast<std::size_t>(input.gcount()));
  return parse_descriptor_set(bytes);
}

}  // namespace gabion::config
