// Compiles the catalogue's forms and the user's patterns into tables and one streaming set.
#include "inspect/dlp/type_set.h"

#include <algorithm>
#include <bitset>

#include "inspect/dlp/catalogue.h"
#include "inspect/dlp/checks/checks.h"
#include "inspect/dlp/custom_type.h"
#include "inspect/dlp/scanner.h"
#include "inspect/dlp/score.h"

namespace gabion::inspect::dlp {
namespace {

/// Names whose value is a secret, to the sign between both.
constexpr const char* kKeyName =
    "(?i)(?:password|passwd|passphrase|secret|token|api_?key|api-key|access_?key|auth_?key|private_?key|credentials)"
    "[\"']?\\s?[=:>]";
constexpr const char* kUserInfo = "://[^/\\s\"'<>@]{3,90}@";

struct NamedGroup {
  std::string_view name;
  std::uint8_t bit;
};
constexpr NamedGroup kGroups[] = {
    {"default", kDefault}, {"pci", kPci}, {"gdpr", kGdpr}, {"hipaa", kHipaa}, {"secrets", kSecrets}};

using Selected = std::vector<bool>;

bool select_group(std::string_view name, bool wanted, Selected& selected) {
  const auto all = catalogue();
  const auto* group = std::find_if(std::begin(kGroups), std::end(kGroups), [&](auto& one) { return one.name == name; });
  if (group == std::end(kGroups) && name != "all") {
    return false;
  }
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (name == "all" || (all[at].groups & group->bit) != 0) {
      selected[at] = wanted;
    }
  }
  return true;
}

Selected select(const Selection& selection, config::Errors& errors) {
  const auto all = catalogue();
  Selected selected(all.size(), false);
  if (selection.entities.empty()) {
    select_group("default", true, selected);
  }
  for (std::size_t i = 0; i < selection.entities.size(); ++i) {
    std::string_view entity = selection.entities[i];
    const bool wanted = !entity.starts_with('-');
    if (entity.starts_with('-') || entity.starts_with('+')) {
      entity.remove_prefix(1);
    }
    if (select_group(entity, wanted, selected)) {
      continue;
    }
    const auto at = std::find_if(all.begin(), all.end(), [&](const Type& type) { return type.id == entity; });
    const auto is_named = [&](const CustomType& type) { return type.name == entity; };
    if (at != all.end()) {
      selected[static_cast<std::size_t>(at - all.begin())] = wanted;
    } else if (std::none_of(selection.custom.begin(), selection.custom.end(), is_named)) {
      errors.emplace_back("there is no type or set \"" + std::string(entity) + "\"",
                          i < selection.places.size() ? selection.places[i] : std::string());
    }
  }
  return selected;
}

/// An exact literal as an expression.
std::string quoted(std::string_view literal) {
  std::string expression;
  for (const char c : literal) {
    if (!is_token_byte(c) && c != ' ' && c != '_') {
      expression += '\\';
    }
    expression += c;
  }
  return expression;
}

class Compiler {
 public:
  Compiler(TypeSet::Tables& tables, config::Errors& errors) : tables_(tables), errors_(errors) {}

  void add(const Type& type, bool is_selected) {
    const auto index = static_cast<TypeIndex>(tables_.types.size());
    tables_.types.push_back({std::string(type.id), {type.cues, type.inner, type.fields}, {}, is_selected});
    for (const Form& form : is_selected ? type.forms : std::span<const Form>{}) {
      add(form, index);
    }
  }

  void add(const CustomType& custom) {
    auto compiled = compile_custom(custom, errors_);
    const auto taken = [&](const auto& type) { return type.name == custom.name; };
    if (std::any_of(tables_.types.begin(), tables_.types.end(), taken)) {
      errors_.emplace_back("type " + custom.name + ": the name is taken", custom.where);
    }
    if (!compiled) {
      return;
    }
    compiled->type = static_cast<TypeIndex>(tables_.types.size());
    tables_.types.push_back({custom.name, {joined(custom.cues), {}, joined(custom.fields)}, {}, true});
    targets_of(custom.pattern, {StreamTarget::Kind::kCustom, static_cast<std::uint16_t>(tables_.custom.size())});
    tables_.custom.push_back(std::move(*compiled));
  }

  void finish() {
    for (auto& type : tables_.types) {
      type.cue_words.add_cues(type.cues);
    }
    if (expressions_.empty() || !errors_.empty()) {
      return;
    }
    std::vector<match::Pattern> patterns;
    for (const std::string& expression : expressions_) {
      patterns.push_back({expression.c_str(), expression.c_str()});
    }
    auto stream = match::StreamSet::compile_every(patterns);
    if (!stream) {
      errors_.push_back(stream.error());
      return;
    }
    tables_.stream = std::move(*stream);
  }

 private:
  std::string_view joined(const std::vector<std::string>& cues) {
    auto text = std::make_unique<std::string>();
    for (const std::string& cue : cues) {
      *text += text->empty() ? "" : "|";
      for (const char c : cue) {
        const bool is_word = is_token_byte(c) || static_cast<unsigned char>(c) >= 0x80;
        *text += !is_word ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
      }
    }
    tables_.texts.push_back(std::move(text));
    return *tables_.texts.back();
  }

  void targets_of(const std::string& expression, StreamTarget target) {
    expressions_.push_back(expression);
    tables_.targets.push_back(target);
  }

  void add(const Form& form, TypeIndex type) {
    const auto index = static_cast<FormIndex>(tables_.forms.size());
    auto shape = Shape::compile(form.shape, form.separators);
    const NamedCheck* check = form.check.empty() ? nullptr : find_check(form.check);
    if (!shape || (check == nullptr && !form.check.empty())) {
      errors_.emplace_back("the catalogue's " + tables_.types[type].name + ": " +
                               (shape ? "no check " + std::string(form.check) : shape.error().what),
                           "");
      return;
    }
    const bool decodes = form.walk == Walk::kPem || form.walk == Walk::kPutty || form.walk == Walk::kJwt;
    tables_.forms.push_back(
        {.type = type,
         .walk = form.walk,
         .cleaning = form.cleaning,
         .shape = std::move(*shape),
         .passes = check != nullptr ? check->passes : nullptr,
         .worth = worth_of(form.evidence, form.need, decodes || (check != nullptr && form.proof == Proof::kWhole)),
         .lead = '\0',
         .may_have_siblings = form.check == "credit_card" || form.check == "iban",
         .anchor_bytes = static_cast<std::uint16_t>(form.anchor.size())});
    tables_.forms.back().lead = tables_.forms.back().shape.lead();
    place(form, index);
  }

  void place(const Form& form, FormIndex index) {
    switch (form.walk) {
      case Walk::kToken:
        place_token(index);
        return;
      case Walk::kSpread:
        place_spread(index);
        return;
      case Walk::kIban:
        tables_.iban = index;
        return;
      case Walk::kPhone:
        tables_.phone = index;
        return;
      case Walk::kEmail:
        tables_.email = index;
        return;
      case Walk::kUserInfo:
        targets_of(kUserInfo, {StreamTarget::Kind::kForm, index});
        return;
      case Walk::kKeyName:
        targets_of(kKeyName, {StreamTarget::Kind::kForm, index});
        return;
      case Walk::kLiteral:
      case Walk::kNamed:
      case Walk::kPem:
      case Walk::kPutty:
      case Walk::kJwt:
      case Walk::kMrz:
        targets_of(quoted(form.anchor), {StreamTarget::Kind::kForm, index});
        return;
    }
  }

  void place_spread(FormIndex index) {
    const Shape& shape = tables_.forms[index].shape;
    for (std::size_t code = 0; code < tables_.spread_over.size(); ++code) {
      tables_.spread_over[code] = tables_.spread_over[code] || shape.spreads_over(static_cast<char>(code));
    }
    const std::size_t least = shape.min_count();
    tables_.spread_least = tables_.spread.empty() ? least : std::min(tables_.spread_least, least);
    tables_.spread.push_back(index);
  }

  void place_token(FormIndex index) {
    const auto token = tables_.forms[index].shape.first_token();
    constexpr std::size_t kTwoLetters = 2;
    if (!token.may_be_digits && !token.is_whole && token.max == kTwoLetters) {
      tables_.after_letters.push_back(index);
      return;
    }
    const CompiledForm& form = tables_.forms[index];
    const std::size_t most = std::min(token.max, TypeSet::Tables::kTokenLengths - 1);
    for (std::size_t length = token.min; length <= most; ++length) {
      // With a lead it begins before the token.
      const TokenForm entry{index, form.lead == '\0' ? form.shape.outline(length) : OutlineNeed{}};
      if (token.may_be_digits) {
        (token.is_whole ? tables_.digits_whole : tables_.digits_grouped)[length].push_back(entry);
      }
      if (token.may_be_mixed) {
        (token.is_whole ? tables_.mixed_whole : tables_.mixed_grouped)[length].push_back(entry);
      }
    }
  }

  TypeSet::Tables& tables_;
  config::Errors& errors_;
  std::vector<std::string> expressions_;
};

}  // namespace

TypeSet::TypeSet(std::shared_ptr<const Tables> tables) noexcept : tables_(std::move(tables)) {}
TypeSet::TypeSet(TypeSet&&) noexcept = default;
TypeSet& TypeSet::operator=(TypeSet&&) noexcept = default;
TypeSet::~TypeSet() = default;

config::CheckedResult<TypeSet> TypeSet::compile(const Selection& selection) {
  config::Errors errors;
  const Selected selected = select(selection, errors);
  if (selection.custom.size() > kMaxCustom) {
    errors.emplace_back("there are " + std::to_string(selection.custom.size()) + " patterns; at most " +
                            std::to_string(kMaxCustom) + " are allowed",
                        "");
    return errors;
  }
  auto tables = std::make_shared<Tables>();
  tables->min_score = selection.min_score;
  Compiler compiler(*tables, errors);
  const auto all = catalogue();
  for (std::size_t at = 0; at < all.size(); ++at) {
    compiler.add(all[at], selected[at]);
  }
  for (const CustomType& custom : selection.custom) {
    compiler.add(custom);
  }
  compiler.finish();
  if (!errors.empty()) {
    return errors;
  }
  TypeSet set(std::move(tables));
  if (set.scanner_bytes() > kMaxScannerBytes) {
    errors.emplace_back("the patterns together need " + std::to_string(set.scanner_bytes()) +
                            " bytes of memory for each direction; at most " + std::to_string(kMaxScannerBytes) +
                            " are allowed: shorten repeats",
                        "");
    return errors;
  }
  check_examples(set, selection.custom, errors);
  if (!errors.empty()) {
    return errors;
  }
  return set;
}

config::Result<void> TypeSet::prepare(Scratch& scratch) const {
  if (tables_->stream) {
    if (auto ready = tables_->stream->prepare(scratch); !ready) {
      return ready;
    }
  }
  for (const CompiledCustom& custom : tables_->custom) {
    if (auto ready = custom.pattern.prepare(scratch); !ready) {
      return ready;
    }
  }
  return {};
}

std::size_t TypeSet::size() const noexcept {
  return tables_->types.size();
}

std::string_view TypeSet::name(TypeIndex type) const noexcept {
  return tables_->types[type].name;
}

std::optional<TypeIndex> TypeSet::find(std::string_view name) const noexcept {
  for (std::size_t at = 0; at < tables_->types.size(); ++at) {
    if (tables_->types[at].name == name) {
      return static_cast<TypeIndex>(at);
    }
  }
  return std::nullopt;
}

bool TypeSet::is_selected(TypeIndex type) const noexcept {
  return tables_->types[type].is_selected;
}

std::size_t TypeSet::scanner_bytes() const noexcept {
  return sizeof(Scanner) + (tables_->stream ? tables_->stream->stream_bytes() : 0);
}

}  // namespace gabion::inspect::dlp
