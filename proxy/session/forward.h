// Which fields travel on, and which are made anew at each hop (RFC 9110 §7.6, RFC 9112 §6, mesh.md §4).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "inspect/field_edits.h"
#include "inspect/message.h"
#include "proxy/net/send_queue.h"
#include "proxy/protocol/http1/head.h"
#include "proxy/protocol/http2/field_block.h"

namespace gabion::proxy {

/// What the proxy says beside what the client said. Empty views are left out.
struct RequestAdditions {
  std::string_view request_id = {};   ///< replaces x-request-id
  std::string_view traceparent = {};  ///< replaces traceparent
  bool drop_tracestate = false;
  std::string_view client_certificate = {};  ///< x-forwarded-client-cert, made by us from the verified peer
  bool at_edge = false;                      ///< the client proved no identity: what it says of others is not passed on
  /// Replaces accept-encoding where responses will be inspected; then no ranges are asked for either.
  std::string_view accept_encoding = {};
};

/// All fields that the service will see, ours included, but for Host, framing and TE.
void forwarded_fields(const http1::Head& head, const RequestAdditions& additions,
                      std::vector<inspect::HeaderField>& fields);

/// What fields may still say about a body that leaves otherwise than it came.
enum class BodyFields : std::uint8_t {
  kKept,        ///< it leaves as it came
  kUndigested,  ///< of the same length, but other bytes: digests go, parts are not offered
  kReframed,    ///< the length may differ too: it is not told, and an ETag is weak
  kDecoded,     ///< likewise, and its content coding is undone
};

/// `head` with the values that `edits` ask for; its fields are then `fields`, a copy of its own.
[[nodiscard]] inspect::RequestHead edited_head(inspect::RequestHead head, std::span<const inspect::FieldEdit> edits,
                                               std::vector<inspect::HeaderField>& fields);

/// Writes the request as it was judged; only framing and TE are taken from `head`, the one it came with. From kReframed
/// on the framing is chunked.
void write_request_head(SendQueue& out, const inspect::RequestHead& judged, const http1::Head& head, BodyFields body);

/// The same for HTTP/2 (RFC 9113 §8.3.1): no framing but content-length, which goes when the body is reframed.
void list_request_fields(http2::FieldBlock& block, const inspect::RequestHead& judged, const http1::Head& head,
                         BodyFields body, std::string_view scheme);

/// An upgrade to WebSocket, as it was judged, in the words of RFC 8441: without Connection, Upgrade and the key.
void list_connect_fields(http2::FieldBlock& block, const inspect::RequestHead& judged, std::string_view scheme);

/// A request of HTTP/1.1 without a body as the stream that it becomes by Upgrade: h2c, before anybody has judged it;
/// without the fields of its hop. Scheme "http".
void list_upgraded_request(http2::FieldBlock& block, const http1::Head& head);

/// The fields behind a body: without digests of what it was.
void write_trailers(SendQueue& out, std::span<const inspect::HeaderField> trailers, BodyFields body);

/// How the response to the client is framed.
struct ResponseFraming {
  http1::Framing framing = http1::Framing::kNone;
  bool close = false;                              ///< Connection: close
  bool keep_alive_1_0 = false;                     ///< Connection: keep-alive, for HTTP/1.0 clients that asked
  std::string_view request_id = {};                ///< added when the upstream sent none
  std::span<const inspect::FieldEdit> edits = {};  ///< fields that leave with other values
  bool client_is_1_0 = false;                      ///< knows no Transfer-Encoding
  BodyFields body = BodyFields::kKept;
};
void write_response_head(SendQueue& out, const http1::Head& head, const ResponseFraming& framing);

/// The same fields for HTTP/2: ":status" first, names in lower case, nothing about framing but content-length.
void list_response_fields(http2::FieldBlock& block, const http1::Head& head, const ResponseFraming& framing);
void list_trailers(http2::FieldBlock& block, std::span<const inspect::HeaderField> trailers, BodyFields body);

}  // namespace gabion::proxy
