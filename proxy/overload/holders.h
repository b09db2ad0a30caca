// Who holds memory of a worker, and which of them are ended when it runs out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gabion::proxy {

/// An exchange with its half of a connection, or a connection without one.
class MemoryHolder {
 public:
  /// Ends with Reason::kOverloadEnded: destroys nothing before the worker's next turn. Asked again it does not wait for
  /// its peers any more. True: it was not about to end.
  [[nodiscard]] virtual bool end_for_memory(std::uint64_t held_bytes) noexcept = 0;

 protected:
  ~MemoryHolder() = default;
};

struct HeldMemory {
  MemoryHolder* holder = nullptr;
  std::uint64_t bytes = 0;
  std::chrono::steady_clock::time_point moved_at;  ///< when bytes moved last
};

/// Less is not worth an exchange: what ordinary ones hold while they move.
inline constexpr std::uint64_t kLeastHeldBytes = 16 * 1024;
/// One after another, so that those that end have their turn.
inline constexpr std::size_t kMostEndedAtOnce = 64;

/// How many of `held` are to be ended: so many that what is left of `in_use` is below `target`, at most
/// kMostEndedAtOnce, none below kLeastHeldBytes. They are moved to the front, those that hold most first, of equals
/// those that have not moved for longest.
[[nodiscard]] std::size_t choose_largest(std::span<HeldMemory> held, std::uint64_t in_use, std::uint64_t target);

/// Who knows the holders of a worker.
class HolderSource {
 public:
  /// Appends all of them; they live until the worker's turn is over.
  virtual void list_holders(std::vector<HeldMemory>& held) = 0;

 protected:
  ~HolderSource() = default;
};

}  // namespace gabion::proxy
