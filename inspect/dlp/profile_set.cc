// A pod that comes or goes makes a new snapshot: what did not change must cost nothing.
#include "inspect/dlp/profile_set.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "inspect/wipe.h"

namespace gabion::inspect::dlp {
namespace {

config::Result<KeyedHash> read_key(const std::string& file) {
  if (file.empty()) {
    return KeyedHash::random();
  }
  constexpr std::size_t kMostBytes = 4096;
  std::ifstream in(file, std::ios::binary);
  std::string key(kMostBytes, '\0');
  in.read(key.data(), static_cast<std::streamsize>(key.size()));
  if (in.bad() || !in.is_open() || in.gcount() == 0) {
    return config::Error{"cannot be read, or is empty", file};
  }
  auto hash = KeyedHash::from_key(std::string_view(key).substr(0, static_cast<std::size_t>(in.gcount())));
  wipe(key);
  if (!hash) {
    return config::Error{hash.error().what, file};
  }
  return hash;
}

config::DlpProfile config_of(const config::DlpConfig& config, const std::string& name) {
  const auto own = std::find_if(config.profiles.begin(), config.profiles.end(),
                                [&](const config::DlpProfile& profile) { return profile.name == name; });
  return own == config.profiles.end() ? built_in_profile(name) : *own;
}

}  // namespace

config::CheckedResult<ProfileSet> ProfileSet::compile(const config::DlpConfig& config,
                                                      std::span<const std::string> needed, const ProfileSet* previous) {
  ProfileSet made;
  if (needed.empty()) {
    return made;
  }
  made.key_file_ = config.key_file.string();
  auto hash = read_key(made.key_file_);
  if (!hash) {
    return config::Errors{hash.error()};
  }
  const bool has_hash = previous != nullptr && previous->hash_ != nullptr && previous->key_file_ == made.key_file_;
  const bool same_key = has_hash && (made.key_file_.empty() || previous->hash_->digest("", "") == hash->digest("", ""));
  made.hash_ = same_key ? previous->hash_ : std::make_shared<const KeyedHash>(std::move(*hash));
  for (const std::string& name : needed) {
    Kept kept;
    kept.config = config_of(config, name);
    const Kept* old = nullptr;
    for (const Kept& one : previous == nullptr ? std::span<const Kept>() : std::span(previous->kept_)) {
      old = one.config.name == name ? &one : old;
    }
    const bool same_budget = old != nullptr && old->config.budget == kept.config.budget;
    if (kept.config.budget.records > 0) {
      kept.budget =
          same_budget ? old->budget : std::make_shared<Budget>(kept.config.budget.records, kept.config.budget.per);
    }
    if (old != nullptr && old->config == kept.config && same_key) {
      kept.profile = old->profile;
    } else {
      auto profile = Profile::compile(kept.config, made.hash_, kept.budget);
      if (!profile) {
        return profile.error();
      }
      kept.profile = std::move(*profile);
    }
    made.kept_.push_back(std::move(kept));
  }
  return made;
}

std::shared_ptr<const Profile> ProfileSet::find(std::string_view name) const noexcept {
  for (const Kept& one : kept_) {
    if (one.config.name == name) {
      return one.profile;
    }
  }
  return nullptr;
}

}  // namespace gabion::inspect::dlp
