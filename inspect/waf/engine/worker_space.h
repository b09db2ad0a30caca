// What the transactions of one worker share: memory for scans, and transactions that wait for their next exchange.
#pragma once

#include <memory>
#include <vector>

#include "inspect/waf/engine/scanner.h"
#include "inspect/waf/engine/transaction.h"

namespace gabion::inspect::waf::engine {

/// One per worker. So a connection between two exchanges holds none of it.
struct WorkerSpace {
  static constexpr std::size_t kMostSpare = 32;
  static constexpr std::size_t kSpareBytes = 128 * 1024;  ///< of one; a larger one is freed

  /// A transaction that was used before, or null.
  [[nodiscard]] std::unique_ptr<Transaction> take() noexcept {
    if (spare.empty()) {
      return nullptr;
    }
    auto transaction = std::move(spare.back());
    spare.pop_back();
    return transaction;
  }
  /// Forgets its exchange; keeps it if it is small and few are kept.
  void give_back(std::unique_ptr<Transaction> transaction) {
    transaction->forget();
    if (spare.size() < kMostSpare && transaction->held_bytes() <= kSpareBytes) {
      spare.push_back(std::move(transaction));
    }
  }

  Scanner scanner;
  std::vector<std::unique_ptr<Transaction>> spare;
};

}  // namespace gabion::inspect::waf::engine
