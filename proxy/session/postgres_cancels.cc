// Which of our cancel keys stands for which of the servers': see postgres_cancels.h.
#include "proxy/session/postgres_cancels.h"

#include "proxy/protocol/postgres/body_reader.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kKeyBytes = 4;

}  // namespace

PostgresKey PostgresCancels::key_of(std::uint64_t random) {
  PostgresKey ours;
  ours.process = static_cast<std::uint32_t>(random >> 32U);
  for (std::size_t i = 0; i < kKeyBytes; ++i) {
    ours.key.push_back(static_cast<char>(random >> (24U - 8U * i)));
  }
  return ours;
}

bool PostgresCancels::add(std::uint64_t random, const PostgresCancel& session) {
  const std::scoped_lock lock(mutex_);
  return sessions_.size() < kMost && sessions_.emplace(random, session).second;
}

void PostgresCancels::remove(std::uint64_t random) noexcept {
  const std::scoped_lock lock(mutex_);
  sessions_.erase(random);
}

std::optional<PostgresCancel> PostgresCancels::find(std::uint32_t process, std::string_view key) const {
  if (key.size() != kKeyBytes) {
    return std::nullopt;
  }
  const std::uint64_t random = std::uint64_t{process} << 32U | postgres::read_uint32(key.data());
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(random);
  return found == sessions_.end() ? std::nullopt : std::optional(found->second);
}

std::size_t PostgresCancels::size() const noexcept {
  const std::scoped_lock lock(mutex_);
  return sessions_.size();
}

}  // namespace gabion::proxy
