// Takes the values of inbound requests for the judgement of statements; never refuses or changes anything itself.
#pragma once

#include <memory>

#include "config/sql_taint_config.h"
#include "inspect/detector.h"
#include "inspect/sql/taint/candidate_store.h"

namespace gabion::inspect::sql::taint {

/// Part of a profile only where some listener of the process speaks SQL. What a head or a piece of a body holds is in
/// the store before any of it leaves for the service. Bodies are read up to config.request_bytes: forms, JSON,
/// multipart and gRPC.
class TaintDetector final : public Detector {
 public:
  TaintDetector(std::shared_ptr<CandidateStore> store, config::SqlTaintConfig config)
      : store_(std::move(store)), config_(std::move(config)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "sql_taint"; }
  [[nodiscard]] std::unique_ptr<DetectorState> make_state() const override;
  [[nodiscard]] config::Result<void> prepare(Scratch& /*scratch*/) const override { return {}; }

 private:
  std::shared_ptr<CandidateStore> store_;
  config::SqlTaintConfig config_;
};

}  // namespace gabion::inspect::sql::taint
