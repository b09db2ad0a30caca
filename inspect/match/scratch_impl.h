// What Scratch holds: the spaces of the engines and buffers for transformed bytes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "inspect/match/pattern.h"
#include "inspect/match/rules/regex_cache.h"
#include "inspect/match/rules/regex_space.h"
#include "inspect/scratch.h"

struct hs_scratch;

namespace gabion::inspect::waf::engine {
class PersistentTable;
class ScanMemos;
struct WorkerSpace;
}  // namespace gabion::inspect::waf::engine

namespace gabion::inspect::dlp {
class CleanMemos;
}  // namespace gabion::inspect::dlp

namespace gabion::inspect {

/// Buffers keep their capacity from exchange to exchange; each is used within one call only.
struct Scratch::Impl {
  hs_scratch* engine = nullptr;                              ///< of Hyperscan
  std::unique_ptr<match::RegexSpace> regex;                  ///< of PCRE2; null until the first match
  std::unique_ptr<waf::engine::PersistentTable> persistent;  ///< collections of rules that outlive an exchange
  std::unique_ptr<waf::engine::ScanMemos> memos;             ///< what scans of repeated values said
  std::unique_ptr<dlp::CleanMemos> clean;                    ///< fields of heads that hold nothing sensitive
  match::RegexCache regexes;                                 ///< of texts made at run time
  std::unique_ptr<waf::engine::WorkerSpace> space;           ///< of the rule engine; goes first, it borrows the others
  std::vector<int> linear_hits;                              ///< of RE2: members of a set that matched
  std::vector<match::Match> hits;                            ///< of a Stream that reports every match
  std::string decoded;                                       ///< a value after its first decoding
  std::string between;                                       ///< on the way to `normalized`
  std::string normalized;                                    ///< the same decoded again, comments collapsed
};

}  // namespace gabion::inspect
