// Values first, then the lengths that enclose them, from the innermost outwards; the rest is copied.
#include "inspect/grpc/protobuf/rewrite.h"

#include <algorithm>
#include <vector>

#include "inspect/grpc/protobuf/number_text.h"
#include "inspect/grpc/protobuf/wire.h"

namespace gabion::inspect::grpc {
namespace {

/// Bytes [begin, end) of the message leave as `text`.
struct Patch {
  std::size_t begin;
  std::size_t end;
  std::string text;
};

class Rewriter {
 public:
  Rewriter(std::string_view message, const FieldList& fields)
      : message_(message), fields_(fields), growth_(fields.enclosures().size()) {}

  /// An edit may reach over several fields: each is covered for its part.
  void apply(const EditList& edits) {
    edits.for_each_settled([this](std::uint64_t offset, std::uint64_t length, std::string_view text) {
      const auto begin = static_cast<std::size_t>(offset);
      const auto end = static_cast<std::size_t>(offset + length);
      const auto& all = fields_.fields();
      auto field = static_cast<std::size_t>(
          std::partition_point(all.begin(), all.end(), [begin](const TextField& one) { return one.end < begin; }) -
          all.begin());
      bool is_first = true;
      for (; field < all.size() && all[field].begin <= end; ++field) {
        const std::size_t from = std::max(begin, all[field].begin);
        const std::size_t to = std::min(end, all[field].end);
        if (from > to || (from == to && length != 0)) {
          continue;
        }
        const bool same = text.size() == length;
        const std::string_view part = same       ? text.substr(from - begin, to - from)
                                      : is_first ? text
                                                 : std::string_view();
        edit(field, from - all[field].begin, to - all[field].begin, part);
        is_first = false;
      }
    });
    close();
  }

  void write(std::string& out) {
    for (std::size_t i = 0; i < fields_.enclosures().size(); ++i) {
      const auto& enclosure = fields_.enclosures()[i];
      if (growth_[i] != 0) {
        patch_length(enclosure.length_begin, enclosure.begin, size_after(i));
      }
    }
    std::sort(patches_.begin(), patches_.end(), [](const Patch& a, const Patch& b) { return a.begin < b.begin; });
    std::size_t at = 0;
    for (const Patch& patch : patches_) {
      out.append(message_.substr(at, patch.begin - at)).append(patch.text);
      at = patch.end;
    }
    out.append(message_.substr(at));
  }

 private:
  /// Edits of one field come one after the other.
  void edit(std::size_t field, std::size_t from, std::size_t to, std::string_view text) {
    if (!is_open_ || field != open_) {
      close();
      is_open_ = true;
      open_ = field;
      value_.clear();
      done_ = 0;
    }
    const TextField& one = fields_.fields()[field];
    const std::string_view old = fields_.text().substr(one.begin, one.end - one.begin);
    value_.append(old.substr(done_, from - done_));
    if (text.size() != to - from && one.kind != TextField::Kind::kNumber && !can_grow(fields_.sources()[field])) {
      value_.append(to - from, '*');
    } else {
      value_.append(text);
    }
    done_ = to;
  }

  static bool can_grow(const FieldSource& source) noexcept { return source.length_begin != source.begin; }

  void close() {
    if (!is_open_) {
      return;
    }
    is_open_ = false;
    const TextField& field = fields_.fields()[open_];
    const FieldSource& source = fields_.sources()[open_];
    value_.append(fields_.text().substr(field.begin + done_, field.end - field.begin - done_));
    if (field.kind == TextField::Kind::kOuter) {
      return;  // nothing may be changed there
    }
    const std::size_t old_size = source.end - source.begin;
    Patch patch{source.begin, source.end, {}};
    if (field.kind == TextField::Kind::kNumber) {
      write_number(patch.text, source.kind, value_, old_size);
    } else {
      patch.text = value_;
    }
    std::ptrdiff_t growth = static_cast<std::ptrdiff_t>(patch.text.size()) - static_cast<std::ptrdiff_t>(old_size);
    if (growth != 0 && field.kind == TextField::Kind::kText) {
      growth += patch_length(source.length_begin, source.begin, patch.text.size());
    }
    patches_.push_back(std::move(patch));
    grow(source.enclosure, growth);
  }

  /// `growth` bytes more within `enclosure`, and what that makes its length and those around it grow by.
  void grow(std::uint32_t enclosure, std::ptrdiff_t growth) {
    while (growth != 0 && enclosure != Enclosure::kNone) {
      const auto& one = fields_.enclosures()[enclosure];
      const std::size_t before =
          growth_[enclosure] == 0 ? one.begin - one.length_begin : varint_size(size_after(enclosure));
      growth_[enclosure] += growth;
      const std::size_t after =
          growth_[enclosure] == 0 ? one.begin - one.length_begin : varint_size(size_after(enclosure));
      growth += static_cast<std::ptrdiff_t>(after) - static_cast<std::ptrdiff_t>(before);
      enclosure = one.parent;
    }
  }

  [[nodiscard]] std::size_t size_after(std::size_t enclosure) const noexcept {
    const auto& one = fields_.enclosures()[enclosure];
    return static_cast<std::size_t>(static_cast<std::ptrdiff_t>(one.end - one.begin) + growth_[enclosure]);
  }

  static std::size_t varint_size(std::uint64_t value) noexcept {
    std::size_t size = 1;
    for (; value >= 0x80; value >>= 7U) {
      ++size;
    }
    return size;
  }

  /// Returns by how many bytes the length itself grows.
  std::ptrdiff_t patch_length(std::size_t begin, std::size_t end, std::size_t size) {
    Patch patch{begin, end, {}};
    write_varint(patch.text, size);
    const auto growth = static_cast<std::ptrdiff_t>(patch.text.size()) - static_cast<std::ptrdiff_t>(end - begin);
    patches_.push_back(std::move(patch));
    return growth;
  }

  std::string_view message_;
  const FieldList& fields_;
  std::vector<std::ptrdiff_t> growth_;  ///< of each enclosure's content
  std::vector<Patch> patches_;
  std::string value_;  ///< of the open field, up to done_
  std::size_t open_ = 0;
  std::size_t done_ = 0;
  bool is_open_ = false;
};

}  // namespace

void rewrite_message(std::string_view message, const FieldList& fields, const EditList& edits, std::string& out) {
  Rewriter rewriter(message, fields);
  rewriter.apply(edits);
  rewriter.write(out);
}

}  // namespace gabion::inspect::grpc
