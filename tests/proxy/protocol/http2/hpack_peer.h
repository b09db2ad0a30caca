// nghttp2's HPACK, which ours is held against.
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/protocol/http2/hpack_reader.h"

namespace gabion::proxy::http2 {

using HpackFields = std::vector<std::pair<std::string, std::string>>;

/// What a block says; nothing when it is broken, or ends within a field.
inline std::optional<HpackFields> read_by_ours(HpackReader& reader, std::string_view block) {
  HpackFields fields;
  inspect::HeaderField field;
  reader.begin_block();
  while (true) {
    switch (reader.next(block, field)) {
      case HpackReader::Step::kField:
        fields.emplace_back(field.name, field.value);
        break;
      case HpackReader::Step::kEmpty:
        return reader.end_block() ? std::optional(fields) : std::nullopt;
      case HpackReader::Step::kIncomplete:
      case HpackReader::Step::kBroken:
        return std::nullopt;
    }
  }
}

class HpackPeer {
 public:
  explicit HpackPeer(std::size_t table_bytes = HpackReader::kFirstTableBytes) {
    nghttp2_hd_inflater* inflater = nullptr;
    nghttp2_hd_deflater* deflater = nullptr;
    if (nghttp2_hd_inflate_new(&inflater) != 0 || nghttp2_hd_deflate_new(&deflater, table_bytes) != 0) {
      throw std::bad_alloc();
    }
    inflater_.reset(inflater);
    deflater_.reset(deflater);
    limit_reading(table_bytes);
  }

  void limit_reading(std::size_t table_bytes) { nghttp2_hd_inflate_change_table_size(inflater_.get(), table_bytes); }
  void limit_writing(std::size_t table_bytes) { nghttp2_hd_deflate_change_table_size(deflater_.get(), table_bytes); }

  std::optional<HpackFields> read(std::string_view block) {
    HpackFields fields;
    const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
    std::size_t left = block.size();
    while (true) {
      nghttp2_nv nv{};
      int flags = 0;
      const auto used = nghttp2_hd_inflate_hd2(inflater_.get(), &nv, &flags, at, left, 1);
      if (used < 0) {
        return std::nullopt;
      }
      at += used;
      left -= static_cast<std::size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        fields.emplace_back(std::string(reinterpret_cast<const char*>(nv.name), nv.namelen),
                            std::string(reinterpret_cast<const char*>(nv.value), nv.valuelen));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
        nghttp2_hd_inflate_end_headers(inflater_.get());
        return fields;
      }
    }
  }

  std::string write(HpackFields fields) {
    std::vector<nghttp2_nv> nvs;
    for (auto& [name, value] : fields) {
      nvs.push_back({reinterpret_cast<std::uint8_t*>(name.data()), reinterpret_cast<std::uint8_t*>(value.data()),
                     name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    std::string block(nghttp2_hd_deflate_bound(deflater_.get(), nvs.data(), nvs.size()), '\0');
    const auto used = nghttp2_hd_deflate_hd(deflater_.get(), reinterpret_cast<std::uint8_t*>(block.data()),
                                            block.size(), nvs.data(), nvs.size());
    block.resize(used < 0 ? 0 : static_cast<std::size_t>(used));
    return block;
  }

 private:
  struct Deleter {
    void operator()(nghttp2_hd_inflater* inflater) const noexcept { nghttp2_hd_inflate_del(inflater); }
    void operator()(nghttp2_hd_deflater* deflater) const noexcept { nghttp2_hd_deflate_del(deflater); }
  };
  std::unique_ptr<nghttp2_hd_inflater, Deleter> inflater_;
  std::unique_ptr<nghttp2_hd_deflater, Deleter> deflater_;
};

}  // namespace gabion::proxy::http2
