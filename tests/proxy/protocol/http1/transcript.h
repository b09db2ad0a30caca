// What a decoder made of a stream, written down so that two readings of the same bytes can be compared.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/protocol/http1/decoder.h"

namespace gabion::proxy::http1 {

/// Bytes of one side of a connection, whose sender closes after the last one.
struct Stream {
  Role role = Role::kRequest;
  std::string bytes;
  DecoderLimits limits = {};
  /// Responses: for each final response in its order, whether it answers HEAD. Those beyond the list do not.
  std::vector<bool> answers_head = {};
};

struct Message {
  std::string head;  ///< describe() of it
  std::string body;
  std::string trailers;  ///< "name: value\n" each
  bool has_ended = false;
  friend bool operator==(const Message&, const Message&) = default;
};

struct Transcript {
  std::vector<Message> messages;
  DecodeError error = DecodeError::kNone;  ///< before the end of the stream
  std::string detail;
  bool is_at_message_start = false;  ///< before the end of the stream
  Decoder::Event at_eof = Decoder::Event::kNeedMore;
  friend bool operator==(const Transcript&, const Transcript&) = default;

  [[nodiscard]] std::size_t ended() const {
    return static_cast<std::size_t>(
        std::count_if(messages.begin(), messages.end(), [](const Message& message) { return message.has_ended; }));
  }
};

/// Length of the next piece, given how many bytes are left (> 0).
using Cutter = std::function<std::size_t(std::size_t left)>;
using HeadObserver = std::function<void(const Head&)>;

inline Cutter whole() {
  return [](std::size_t left) { return left; };
}
inline Cutter pieces_of(std::size_t size) {
  return [size](std::size_t left) { return std::min(size, left); };
}
/// One cut, after `first` bytes.
inline Cutter cut_at(std::size_t first) {
  return [first, done = false](std::size_t left) mutable {
    const std::size_t piece = done ? left : std::min(first, left);
    done = true;
    return piece;
  };
}
/// Seeded pieces of 1 to `most` bytes.
inline Cutter random_pieces(unsigned seed, unsigned most) {
  return [state = seed * 2654435761U + 1, most](std::size_t left) mutable {
    state = state * 1664525U + 1013904223U;
    return std::min<std::size_t>(1 + (state >> 16U) % most, left);
  };
}

inline std::string describe_framing(const Head& head) {
  switch (head.framing) {
    case Framing::kNone:
      return "none";
    case Framing::kLength:
      return "length";
    case Framing::kChunked:
      return "chunked";
    case Framing::kUntilClose:
      return "until-close";
  }
  return "?";
}

/// One line: start line, framing, and the flags that are set.
inline std::string describe_start(Role role, const Head& head) {
  std::string text = role == Role::kRequest ? std::string(head.method) + " " + std::string(head.target) + " @" +
                                                  std::string(head.authority)
                                            : std::to_string(head.status) + " '" + std::string(head.phrase) + "'";
  text += " 1." + std::to_string(head.minor_version) + " " + describe_framing(head);
  text += head.has_content_length ? " content-length=" + std::to_string(head.content_length) : "";
  text += head.is_chunked ? " te-chunked" : "";
  text += head.connection_close ? " close" : "";
  text += head.connection_keep_alive ? " keep-alive" : "";
  text += head.names_connection_options ? " options" : "";
  text += head.expects_continue ? " expects-continue" : "";
  text += head.expects_other ? " expects-other" : "";
  text += head.has_upgrade ? " upgrade" : "";
  text += head.te_trailers ? " te-trailers" : "";
  return text;
}

inline std::string describe_fields(std::span<const inspect::HeaderField> fields) {
  std::string text;
  for (const auto& field : fields) {
    text.append(field.name).append(": ").append(field.value).append("\n");
  }
  return text;
}

/// Everything a head says; the start in the first line.
inline std::string describe(Role role, const Head& head) {
  std::string text = describe_start(role, head) + "\n" + describe_fields(head.fields);
  for (const FieldId id : head.ids) {
    text += std::to_string(static_cast<unsigned>(id)) + " ";
  }
  return text;
}

/// Feeds a decoder the way a connection does: unconsumed bytes come again with more behind them. Each call gets its
/// bytes in an allocation of their own, so that a sanitizer sees a view that outlives its call.
class Recorder {
 public:
  explicit Recorder(const Stream& stream, HeadObserver on_head = {})
      : role_(stream.role),
        answers_head_(stream.answers_head),
        decoder_(stream.role, stream.limits),
        on_head_(std::move(on_head)) {
    tell_what_is_answered();
  }

  /// False once the stream is refused.
  bool feed(std::string_view piece) {
    pending_.insert(pending_.end(), piece.begin(), piece.end());
    while (result_.error == DecodeError::kNone) {
      std::vector<char> bytes = pending_;
      const auto step = decoder_.next(bytes);
      if (step.consumed > bytes.size()) {
        std::abort();
      }
      note(step);
      pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(step.consumed));
      if (step.event == Decoder::Event::kNeedMore) {
        return true;
      }
    }
    return false;
  }

  Transcript close() {
    result_.is_at_message_start = decoder_.at_message_start();
    result_.at_eof = decoder_.on_eof();
    return result_;
  }

  [[nodiscard]] const Transcript& so_far() const { return result_; }
  [[nodiscard]] const Decoder& decoder() const { return decoder_; }
  [[nodiscard]] bool has_pending() const { return !pending_.empty(); }

 private:
  void note(const Decoder::Step& step) {
    switch (step.event) {
      case Decoder::Event::kNeedMore:
        return;
      case Decoder::Event::kHead:
        result_.messages.push_back({describe(role_, decoder_.head()), {}, {}, false});
        if (on_head_) {
          on_head_(decoder_.head());
        }
        return;
      case Decoder::Event::kBody:
        result_.messages.back().body.append(step.body.data(), step.body.size());
        return;
      case Decoder::Event::kEnd:
        result_.messages.back().trailers = describe_fields(decoder_.trailers());
        result_.messages.back().has_ended = true;
        tell_what_is_answered();
        return;
      case Decoder::Event::kError:
        result_.error = decoder_.error();
        result_.detail = decoder_.detail();
        if (decoder_.next({}).event != Decoder::Event::kError) {
          std::abort();
        }
        return;
    }
  }

  void tell_what_is_answered() {
    const std::size_t answered = result_.ended();
    decoder_.expect_answer_to_head(answered < answers_head_.size() && answers_head_[answered]);
  }

  Role role_;
  std::vector<bool> answers_head_;
  Decoder decoder_;
  HeadObserver on_head_;
  std::vector<char> pending_;
  Transcript result_;
};

inline Transcript record(const Stream& stream, Cutter next_piece, HeadObserver on_head = {}) {
  Recorder recorder(stream, std::move(on_head));
  std::string_view rest = stream.bytes;
  while (!rest.empty()) {
    const std::size_t piece = next_piece(rest.size());
    if (!recorder.feed(rest.substr(0, piece))) {
      break;
    }
    rest.remove_prefix(piece);
  }
  return recorder.close();
}

inline std::ostream& operator<<(std::ostream& out, const Transcript& transcript) {
  for (const auto& message : transcript.messages) {
    out << message.head << "\n[" << message.body << "]\n"
        << message.trailers << (message.has_ended ? "END\n" : "...\n");
  }
  return out << "error " << static_cast<int>(transcript.error) << " '" << transcript.detail << "' eof "
             << static_cast<int>(transcript.at_eof) << (transcript.is_at_message_start ? " between messages" : "");
}

}  // namespace gabion::proxy::http1
