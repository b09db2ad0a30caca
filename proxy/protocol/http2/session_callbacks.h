// The functions by which nghttp2 calls a Session: only session*.cc include this.
#pragma once

#include <nghttp2/nghttp2.h>

#include "proxy/protocol/http2/session.h"

namespace gabion::proxy::http2 {

struct Session::Callbacks {
  static void install(nghttp2_session_callbacks& callbacks);
  /// A body comes from Stream::outgoing().
  [[nodiscard]] static nghttp2_data_provider provider() noexcept;

 private:
  [[nodiscard]] static Session& self(void* user) noexcept { return *static_cast<Session*>(user); }
  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* hd, void* user);
  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_unknown_frame(nghttp2_session*, void** payload, const nghttp2_frame_hd* hd, void* user);
  static int on_invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int error, void* user);
  static int on_data(nghttp2_session*, std::uint8_t flags, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                     void* user);
  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user);
  static int before_frame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int error, void* user);
  static ssize_t write(nghttp2_session*, const std::uint8_t* bytes, std::size_t size, int flags, void* user);
  static ssize_t offer_body(nghttp2_session*, std::int32_t id, std::uint8_t* buffer, std::size_t most,
                            std::uint32_t* flags, nghttp2_data_source* source, void* user);
  static int write_body(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* head, std::size_t size,
                        nghttp2_data_source* source, void* user);
};

}  // namespace gabion::proxy::http2
