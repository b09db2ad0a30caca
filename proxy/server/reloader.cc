// From files to snapshots, beside the traffic: see reloader.h.
#include "proxy/server/reloader.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "proxy/server/machine.h"
#include "proxy/server/memory.h"

namespace gabion::proxy {
namespace {

std::filesystem::path absolute_path(const std::filesystem::path& file) {
  std::error_code error;
  auto result = std::filesystem::absolute(file, error);
  return error ? file : result.lexically_normal();
}

std::string text_of(const config::Errors& errors) {
  std::string text;
  for (const auto& error : errors) {
    text += error.to_string() + '\n';
  }
  return text;
}

/// After databases were compiled beside the traffic and what served meanwhile is gone: what only that needed.
void shed_compilation() noexcept {
  trim_heap();
  forget_startup_code();
}

}  // namespace

Reloader::Reloader(boost::asio::io_context& io, const std::filesystem::path& config_file, Callbacks callbacks)
    : io_(io), config_file_(config_file), callbacks_(std::move(callbacks)), files_(absolute_path(config_file)) {}

Reloader::~Reloader() {
  stop();
}

void Reloader::stop() {
  stop_.request_stop();
  compiler_.stop();
  completer_.stop();
  compiler_.join();
  completer_.join();
}

/// Every state is taken before its file is read: what changes in between is seen as a change afterwards.
Reloader::Attempt Reloader::attempt(const std::filesystem::path& config_file, WatchedFiles known,
                                    std::uint64_t generation, const Snapshot* previous,
                                    const inspect::RuleSets* rules) {
  auto state = known.config_file_state();
  auto config = config::load_proxy_config(config_file);
  if (config.has_error()) {
    state += known.other_state() + known.rule_state();
    return {std::move(known), std::move(state), config.error()};
  }
  WatchedFiles files(config->file, *config);
  state += files.other_state();
  auto made = Snapshot::make(std::move(*config), generation, previous, rules);
  if (made) {
    files.set_rule_files((*made)->inspection->rule_files());
    state += files.rule_state_as_read();
  } else {
    files.keep_rule_files(known);
    state += files.rule_state();
  }
  return {std::move(files), std::move(state), std::move(made)};
}

config::CheckedResult<std::shared_ptr<const Snapshot>> Reloader::load_first() {
  auto first = attempt(config_file_, files_, ++generation_, nullptr, nullptr);
  files_ = std::move(first.files);
  seen_ = std::move(first.state);
  if (first.result.has_value()) {
    last_good_ = *first.result;
  }
  return std::move(first.result);
}

void Reloader::request(When when) {
  complete_rules();
  if (running_) {
    next_ = next_ ? std::max(*next_, when) : when;
    return;
  }
  if (when == When::kAlways || files_.state() != seen_) {
    run(When::kAlways);
  } else if (when == When::kIfChangedOrRefused && !refusal_.empty()) {
    run(when);
  }
}

/// What is in force lacks databases: they are compiled once, however many requests come meanwhile.
void Reloader::complete_rules() {
  if (completing_ || completed_ != nullptr || last_good_ == nullptr || !last_good_->inspection->is_provisional()) {
    return;
  }
  completing_ = true;
  boost::asio::post(completer_, [this, lacking = last_good_, stop = stop_.get_token()]() mutable {
    lower_thread_priority();
    auto completed = std::make_shared<Completed>(lacking->inspection->complete_rules(stop));
    lacking.reset();  // not the last owner of a snapshot while it waits for the control thread
    boost::asio::post(io_, [this, completed] { take_completed(*completed); });
  });
}

/// An error is not told: it is of files that changed, which an attempt of their own tells, and a later request tries
/// again.
void Reloader::take_completed(const Completed& completed) {
  completing_ = false;
  if (completed.has_value()) {
    completed_ = *completed;
    request(When::kAlways);
  }
}

void Reloader::run(When when) {
  running_ = true;
  boost::asio::post(compiler_, [this, when, known = files_, generation = generation_ + 1, previous = last_good_,
                                rules = completed_]() mutable {
    auto done =
        std::make_shared<Attempt>(attempt(config_file_, std::move(known), generation, previous.get(), rules.get()));
    previous.reset();  // not the last owner of a snapshot while it waits for the control thread
    trim_heap();
    boost::asio::post(io_, [this, when, done, rules = std::move(rules)] { finish(when, std::move(*done), rules); });
  });
}

void Reloader::finish(When when, Attempt done, const Rules& rules) {
  files_ = std::move(done.files);
  seen_ = std::move(done.state);
  if (done.result.has_error()) {
    conclude(when, done.result.error());
    return;
  }
  const std::shared_ptr<const Snapshot> fresh = std::move(*done.result);
  callbacks_.install(fresh, [this, when, fresh, rules](const config::CheckedResult<void>& installed) {
    if (installed.has_error()) {
      conclude(when, installed.error());
      return;
    }
    ++generation_;
    last_good_ = fresh;
    if (rules != nullptr && rules == completed_) {  // else they came later: there is a request for them
      completed_.reset();
      boost::asio::post(compiler_, shed_compilation);
    }
    conclude(when, {});
  });
}

void Reloader::conclude(When when, const config::Errors& errors) {
  running_ = false;
  const std::string before = std::exchange(refusal_, text_of(errors));
  if (!errors.empty() && (when == When::kAlways || refusal_ != before)) {
    callbacks_.refused(errors);
  }
  // What changed since it was read is seen now: its folder may be watched only since a moment ago.
  request(std::exchange(next_, std::nullopt).value_or(When::kIfChanged));
}

}  // namespace gabion::proxy
