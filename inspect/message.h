// What inspection sees of a message: borrowed bytes of one exchange, head first, then body pieces.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/dlp_config.h"
#include "config/ip_address.h"
#include "config/spiffe_id.h"
#include "config/waf_config.h"

namespace gabion::inspect {

enum class Direction : std::uint8_t { kRequest, kResponse };

/// One field line. Views into the read buffer of the connection: valid until the next decode call.
/// Names keep the spelling they came in; compare without case. Values have no surrounding blanks.
struct HeaderField {
  std::string_view name;
  std::string_view value;
};

/// In what form detectors are given a body. Set by Inspection before they see the head.
enum class BodyForm : std::uint8_t {
  kPlain,       ///< as it came
  kDecoded,     ///< it has a content coding, which is undone first: offsets are of the decoded text
  kMessages,    ///< gRPC: on_message() for each message, not on_body()
  kUnreadable,  ///< its content coding cannot be undone; whoever has to read it judges by on_limit
};

/// What the bytes given to on_body() are.
enum class BodyUnit : std::uint8_t {
  kBody,           ///< the message's body, which its Content-Type describes
  kTextMessage,    ///< one message of a WebSocket that the request opened: JSON if it can be read as such, else a text
  kBinaryMessage,  ///< likewise: JSON, else text, else bytes
};

/// Who talks to whom, as text: of a connection, which owns it.
struct Ends {
  std::string client_address;
  std::uint16_t client_port = 0;
  std::string server_address;
  std::uint16_t server_port = 0;
};

/// A rule set of `inspection.waf` that a request must be judged by, because an L7 rule says so.
struct WafDemand {
  std::string_view rules;  ///< its name; views the rule set of policies
  config::WafMode mode = config::WafMode::kBlock;
};

/// A profile of `inspection.dlp` by which a message must be looked at, because an L7 rule says so.
struct DlpDemand {
  std::string_view profile;                              ///< its name; views the rule set of policies
  config::DlpAction action = config::DlpAction::kBlock;  ///< kLog, kMask or kBlock
  config::DlpDirection direction = config::DlpDirection::kBoth;
};

/// What L7 rules want done beside what the listener's profile does.
struct Demands {
  std::vector<WafDemand> waf;
  std::vector<DlpDemand> dlp;
  /// Keeps the capacity.
  void clear() noexcept {
    waf.clear();
    dlp.clear();
  }
};

struct ConnectionFacts;

/// A request's head. `path` and `query` are filled by the pipeline: the normalised path is what is judged
/// *and* forwarded.
struct RequestHead {
  std::string_view method;
  std::string_view target;     ///< as received, origin-form or "*" (absolute-form is reduced by the decoder)
  std::string_view authority;  ///< Host without change of case, port included; empty only in HTTP/1.0
  std::span<const HeaderField> fields;
  std::uint8_t major_version = 1;
  std::uint8_t minor_version = 1;
  std::string_view path;   ///< set by Inspection::on_request_head
  std::string_view query;  ///< set by Inspection::on_request_head; without '?'; `has_query` tells "" from absent
  bool has_query = false;
  bool has_body = false;                         ///< on_body follows, with its end at last
  std::span<const HeaderField> received;         ///< all fields as they came; `fields` are what is forwarded
  std::string_view id;                           ///< of the exchange, for logs and UNIQUE_ID
  std::chrono::system_clock::time_point time{};  ///< when it began
  const Ends* ends = nullptr;                    ///< null: nobody asks
  BodyForm body_form = BodyForm::kPlain;         ///< set by Inspection::on_request_head
  BodyUnit body_unit = BodyUnit::kBody;
  const Demands* demands = nullptr;        ///< set by Inspection::on_request_head
  const ConnectionFacts* facts = nullptr;  ///< set by Inspection::on_request_head
};

/// A response's head.
struct ResponseHead {
  std::uint16_t status = 0;
  std::span<const HeaderField> fields;
  std::uint8_t major_version = 1;  ///< of the hop it came from
  std::uint8_t minor_version = 1;
  bool has_body = false;                  ///< on_body follows, with its end at last
  BodyForm body_form = BodyForm::kPlain;  ///< set by Inspection::on_response_head
  BodyUnit body_unit = BodyUnit::kBody;
};

/// Which half of a NetworkPolicy judges: ingress at the destination's sidecar, egress at the source's.
enum class Side : std::uint8_t { kIngress, kEgress };

/// What is known about a connection before any byte of a message is read. Borrows; the connection owns.
struct ConnectionFacts {
  Side side = Side::kIngress;
  /// kIngress: who calls (socket peer). kEgress: the destination pod's address.
  config::IpAddress peer_address;
  /// kIngress: the verified client certificate's id, null without mTLS. kEgress: null (the destination is judged by
  /// address; its certificate is checked against the route's server_ids when dialling).
  const config::SpiffeId* peer_identity = nullptr;
  /// The destination pod's own port, never a tunnel or Service port (policy.md §2.3).
  std::uint16_t port = 0;
};

/// ASCII letters only, as field names and tokens compare (RFC 9110 §5.1).
[[nodiscard]] bool equals_without_case(std::string_view a, std::string_view b) noexcept;

/// Finds a field by name without case; first match or nullptr.
[[nodiscard]] const HeaderField* find_field(std::span<const HeaderField> fields, std::string_view name) noexcept;

}  // namespace gabion::inspect
