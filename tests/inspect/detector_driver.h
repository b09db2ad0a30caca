// Drives one detector the way a connection does: head first, then the body in windows, releasing what may leave.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/detector.h"
#include "inspect/scratch.h"

namespace gabion::inspect {

/// What became of a body.
struct BodyOutcome {
  bool stopped = false;
  std::string sent;           ///< what left, masked or not
  std::size_t most_held = 0;  ///< bytes kept after a step that was not the last
};

/// Length of the next piece, given how many bytes are left (> 0).
using Cutter = std::function<std::size_t(std::size_t left)>;

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

/// Seeded pieces of 1 to 40 bytes.
inline Cutter random_pieces(unsigned seed) {
  return [state = seed * 2654435761U + 1](std::size_t left) mutable {
    state = state * 1664525U + 1013904223U;
    return std::min<std::size_t>(1 + (state >> 16U) % 40, left);
  };
}

class DetectorDriver {
 public:
  explicit DetectorDriver(const Detector& detector) : state_(detector.make_state()) {
    EXPECT_TRUE(detector.prepare(scratch_).has_value());
  }

  DetectorState& begin() {
    findings_.clear();
    edits_.clear();
    state_->reset(scratch_, findings_);
    return *state_;
  }

  /// Keeps at most `hold_limit` bytes, as the proxy does. The end comes with the last piece.
  BodyOutcome send_body(Direction direction, std::string_view body, const Cutter& cutter, std::size_t hold_limit) {
    BodyOutcome outcome;
    std::string window;
    std::uint64_t offset = 0;
    bool end = false;
    while (!end) {
      const std::size_t room = std::max<std::size_t>(hold_limit - window.size(), 1);
      const std::size_t piece = body.empty() ? 0 : std::min(cutter(body.size()), room);
      window.append(body.substr(0, piece));
      edits_.begin_window(offset, offset + window.size());
      body.remove_prefix(piece);
      end = body.empty();
      const BodyStep step = state_->on_body(
          direction,
          {.bytes = window, .offset = offset, .fresh = piece, .end = end, .hold_limit = hold_limit, .edits = &edits_});
      if (step.step == Step::kStop) {
        outcome.stopped = true;
        return outcome;
      }
      const std::uint64_t wanted = offset + (end ? window.size() : step.release);
      const std::uint64_t settled = edits_.settle(wanted, end ? EditList::Part::kLast : EditList::Part::kMiddle);
      EXPECT_FALSE(edits_.failed());
      const auto release = static_cast<std::size_t>(settled - offset);
      edits_.write(std::string_view(window).substr(0, release), offset,
                   [&outcome](std::string_view piece) { outcome.sent.append(piece); });
      window.erase(0, release);
      offset += release;
      outcome.most_held = std::max(outcome.most_held, window.size());
      if (window.size() >= hold_limit) {
        ADD_FAILURE() << "nothing left at the hold limit";
        return outcome;
      }
    }
    return outcome;
  }

  [[nodiscard]] const FindingList& findings() const { return findings_; }
  [[nodiscard]] const DetectorState& state() const { return *state_; }

 private:
  Scratch scratch_;
  FindingList findings_;
  EditList edits_;
  std::unique_ptr<DetectorState> state_;
};

}  // namespace gabion::inspect
