// How a stop proceeds: see drain.h.
#include "proxy/server/drain.h"

#include "proxy/server/ask_workers.h"
#include "proxy/worker.h"

namespace gabion::proxy {
namespace {

constexpr auto kLook = std::chrono::milliseconds(20);
/// An application that has answered its last request may have a call of its own to make.
constexpr auto kAfterInbound = std::chrono::seconds(1);
constexpr auto kForTheRest = std::chrono::milliseconds(200);  // before the deadline, to close what is idle
constexpr auto kCutTime = std::chrono::milliseconds(100);     // for the workers to send what tells peers of the cut

}  // namespace

void Drain::begin(std::vector<Worker*> workers, const config::DrainConfig& config,
                  std::function<void(std::uint32_t)> done) {
  workers_ = std::move(workers);
  config_ = config;
  done_ = std::move(done);
  deadline_ = std::chrono::steady_clock::now() + config.notice + config.grace;
  note_inbound();
  enter(DrainStep::kAnnounce);
  timer_.expires_after(config.notice);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) {
      note_inbound();  // what is under way now may be over before anybody looks
      enter(DrainStep::kInbound);
      look();
    }
  });
}

void Drain::enter(DrainStep step) {
  step_ = step;
  for (Worker* worker : workers_) {
    worker->drain(step);
  }
  // A worker does what it is told in order: its answer to a question means that it has taken the step.
  using Answer = std::vector<ConnectionSummary>;
  ask_workers<Answer>(
      io_, workers_, [](Worker& worker, auto take) { worker.list(0, std::move(take)); },
      [this, step](const std::vector<Answer>& /*nothing*/) { taken_ = step; });
}

void Drain::look() {
  note_inbound();
  if (step_ == DrainStep::kInbound && taken_ == step_ && inbound_is_over()) {
    enter(DrainStep::kAll);
  }
  const auto left = inbound() + outbound();
  if (step_ == DrainStep::kAll && taken_ == step_ && left == 0) {
    done_(0);
    return;
  }
  if (std::chrono::steady_clock::now() >= deadline_) {
    for (Worker* worker : workers_) {
      worker->cut(Reason::kDrained, [](std::uint32_t /*all are counted*/) {});
    }
    timer_.expires_after(kCutTime);
    timer_.async_wait([this, left](boost::system::error_code) { done_(left); });
    return;
  }
  timer_.expires_after(kLook);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) {
      look();
    }
  });
}

void Drain::note_inbound() {
  if (inbound() != 0) {
    last_inbound_ = std::chrono::steady_clock::now();
  }
}

bool Drain::inbound_is_over() const {
  const auto now = std::chrono::steady_clock::now();
  return inbound() == 0 && (!last_inbound_ || now >= std::min(*last_inbound_ + kAfterInbound, deadline_ - kForTheRest));
}

std::uint32_t Drain::inbound() const {
  std::uint32_t total = 0;
  for (const Worker* worker : workers_) {
    total += worker->inbound_connections();
  }
  return total;
}

std::uint32_t Drain::outbound() const {
  std::uint32_t total = 0;
  for (const Worker* worker : workers_) {
    total += worker->outbound_connections();
  }
  return total;
}

}  // namespace gabion::proxy
