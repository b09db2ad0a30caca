// Puts one question to every worker and brings their answers back to the control thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace gabion::proxy {

/// Calls `ask(worker, take)` for each; `take`, called once on any thread, carries the answer. When all have come,
/// `done` gets them on the thread of `io`, in the order of the workers. Nothing is called after `io` stopped.
template <class Answer, class Asked, class Ask>
void ask_workers(boost::asio::io_context& io, const std::vector<Asked*>& workers, Ask ask,
                 std::function<void(std::vector<Answer>)> done) {
  struct Collection {
    std::size_t missing = 0;
    std::vector<Answer> answers;
    std::function<void(std::vector<Answer>)> done;
  };
  auto collection =
      std::make_shared<Collection>(Collection{workers.size(), std::vector<Answer>(workers.size()), std::move(done)});
  for (std::size_t i = 0; i < workers.size(); ++i) {
    ask(*workers[i], [&io, collection, i](Answer answer) {
      boost::asio::post(io, [collection, i, answer = std::move(answer)]() mutable {
        collection->answers[i] = std::move(answer);
        if (--collection->missing == 0) {
          collection->done(std::move(collection->answers));
        }
      });
    });
  }
}

}  // namespace gabion::proxy
