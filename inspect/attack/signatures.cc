// Compiles the signature table into one set for complete values and two for streams.
#include "inspect/attack/signatures.h"

#include <utility>

namespace gabion::inspect::attack {
namespace {

config::Result<SignatureSets::BodySet> compile_body_set(unsigned places) {
  std::vector<match::Pattern> patterns;
  std::vector<std::uint32_t> ids;
  for (std::uint32_t id = 0; id < signatures().size(); ++id) {
    const Signature& signature = signatures()[id];
    if ((signature.places & places) != 0) {
      patterns.push_back({signature.name, signature.expression});
      ids.push_back(id);
    }
  }
  auto set = match::StreamSet::compile(patterns);
  if (!set) {
    return set.error();
  }
  return SignatureSets::BodySet{std::move(*set), std::move(ids)};
}

}  // namespace

SignatureSets::SignatureSets(match::PatternSet values, BodySet text_body, BodySet raw_body) noexcept
    : values_(std::move(values)), text_body_(std::move(text_body)), raw_body_(std::move(raw_body)) {}

config::Result<std::shared_ptr<const SignatureSets>> SignatureSets::compile() {
  std::vector<match::Pattern> patterns;
  for (const Signature& signature : signatures()) {
    patterns.push_back({signature.name, signature.expression});
  }
  auto values = match::PatternSet::compile(patterns);
  if (!values) {
    return values.error();
  }
  auto text_body = compile_body_set(kForm | kJson);
  if (!text_body) {
    return text_body.error();
  }
  auto raw_body = compile_body_set(kRaw);
  if (!raw_body) {
    return raw_body.error();
  }
  return std::shared_ptr<const SignatureSets>(
      new SignatureSets(std::move(*values), std::move(*text_body), std::move(*raw_body)));
}

config::Result<void> SignatureSets::prepare(Scratch& scratch) const {
  for (auto prepared : {values_.prepare(scratch), text_body_.set.prepare(scratch), raw_body_.set.prepare(scratch)}) {
    if (!prepared) {
      return prepared;
    }
  }
  return {};
}

}  // namespace gabion::inspect::attack
