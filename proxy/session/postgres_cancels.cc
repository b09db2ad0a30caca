// Which of our cancel keys stands for which of the servers': see postgres_cancels.h.
#include "proxy/session/postgres_cancels.h"

namespace gabion::proxy {
namespace {

std::string index_of(const PostgresKey& key) {
  std::string index;
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    index.push_back(static_cast<char>(key.process >> (shift - 8U)));
  }
  return index + key.key;
}

}  // namespace

bool PostgresCancels::add(const PostgresKey& ours, const PostgresCancel& session) {
  const std::scoped_lock lock(mutex_);
  return sessions_.size() < kMost && sessions_.emplace(index_of(ours), session).second;
}

void PostgresCancels::remove(const PostgresKey& ours) noexcept {
  const std::scoped_lock lock(mutex_);
  sessions_.erase(index_of(ours));
}

std::optional<PostgresCancel> PostgresCancels::find(const PostgresKey& ours) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(index_of(ours));
  return found == sessions_.end() ? std::nullopt : std::optional(found->second);
}

std::size_t PostgresCancels::size() const noexcept {
  const std::scoped_lock lock(mutex_);
  return sessions_.size();
}

}  // namespace gabion::proxy
