// Names are viewed only when all of them are there, since they move as they grow.
#include "inspect/grpc/protobuf/field_list.h"

#include <algorithm>

namespace gabion::inspect::grpc {
namespace {

constexpr std::size_t kMostOuterBytes = 8U << 20U;

}  // namespace

void FieldList::clear() noexcept {
  text_.clear();
  names_.clear();
  outer_begin_ = outer_bytes_ = 0;
  fields_.clear();
  field_names_.clear();
  sources_.clear();
  enclosures_.clear();
  outer_.clear();
}

void FieldList::release() noexcept {
  constexpr std::size_t kLittle = 16U * 1024U;
  if (memory_bytes() > kLittle) {
    *this = FieldList();
  }
}

std::size_t FieldList::memory_bytes() const noexcept {
  return text_.capacity() + names_.capacity() + fields_.capacity() * sizeof(TextField) +
         field_names_.capacity() * sizeof(Name) + sources_.capacity() * sizeof(FieldSource) +
         enclosures_.capacity() * sizeof(Enclosure) + outer_.capacity() * sizeof(Outer);
}

bool FieldList::add(std::string_view name, std::size_t root_size, const FieldSource& source, std::string_view text,
                    TextField::Kind kind) {
  if (is_full()) {
    return false;
  }
  const std::size_t cut = name.size() - std::min(name.size(), kMostNameBytes);
  const Name placed{names_.size(), name.size() - cut};
  names_.append(name.substr(cut));
  TextField field;
  field.root_size = cut == 0 ? root_size : 0;
  field.kind = kind;
  if (kind != TextField::Kind::kOuter) {
    append(field, source, placed, text);
  } else {
    if (text.size() > kMostOuterBytes - outer_bytes_) {
      return false;
    }
    outer_bytes_ += text.size();
    outer_.push_back({field, source, text, placed});
  }
  return true;
}

void FieldList::append(TextField field, const FieldSource& source, Name name, std::string_view text) {
  field.begin = text_.size();
  text_.append(text);
  field.end = text_.size();
  text_.push_back('\n');
  fields_.push_back(field);
  field_names_.push_back(name);
  sources_.push_back(source);
}

void FieldList::seal() {
  outer_begin_ = text_.size();
  for (const Outer& outer : outer_) {
    append(outer.field, outer.source, outer.name, outer.text);
  }
  outer_.clear();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    fields_[i].name = std::string_view(names_).substr(field_names_[i].begin, field_names_[i].size);
  }
}

std::uint32_t FieldList::add_enclosure(const Enclosure& enclosure) {
  enclosures_.push_back(enclosure);
  return static_cast<std::uint32_t>(enclosures_.size() - 1);
}

}  // namespace gabion::inspect::grpc
