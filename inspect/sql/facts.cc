// Storage of facts: flat vectors, one block of names, spans that point into both.
#include "inspect/sql/facts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace gabion::inspect::sql {
namespace {

constexpr std::size_t kKeptNames = std::size_t{64} * 1024;
constexpr std::size_t kKeptEntries = 4096;

template <class T>
void empty(std::vector<T>& entries) noexcept {
  entries.clear();
  if (entries.capacity() > kKeptEntries) {
    std::vector<T>().swap(entries);
  }
}

template <class T>
std::span<const T> part(const std::vector<T>& entries, std::size_t begin, std::size_t end) noexcept {
  return std::span<const T>(entries).subspan(begin, end - begin);
}

// Every name of an entry; Defined::kind is static.
template <class Visit>
void each_name(Relation& entry, const Visit& visit) {
  visit(entry.schema);
  visit(entry.name);
}
template <class Visit>
void each_name(Column& entry, const Visit& visit) {
  visit(entry.schema);
  visit(entry.table);
  visit(entry.column);
}
template <class Visit>
void each_name(Function& entry, const Visit& visit) {
  visit(entry.schema);
  visit(entry.name);
}
template <class Visit>
void each_name(Setting& entry, const Visit& visit) {
  visit(entry.name);
}
template <class Visit>
void each_name(Defined& entry, const Visit& visit) {
  visit(entry.name);
}
template <class Visit>
void each_name(Used& entry, const Visit& visit) {
  visit(entry.name);
}
template <class Visit>
void each_name(Output& entry, const Visit& visit) {
  visit(entry.schema);
  visit(entry.table);
  visit(entry.column);
}

template <class Visit, class... Vectors>
void each_name_of(const Visit& visit, Vectors&... vectors) {
  const auto all = [&visit](auto& entries) {
    for (auto& entry : entries) {
      each_name(entry, visit);
    }
  };
  (all(vectors), ...);
}

}  // namespace

std::string_view to_string(ParseError error) noexcept {
  switch (error) {
    case ParseError::kNone:
      return "";
    case ParseError::kSyntax:
      return "syntax";
    case ParseError::kNulByte:
      return "nul-byte";
    case ParseError::kTooLong:
      return "too-long";
    case ParseError::kTooDeep:
      return "too-deep";
    case ParseError::kUnknownNode:
      return "unknown-node";
    case ParseError::kEncoding:
      return "encoding";
  }
  return "";
}

std::string_view to_string(Access access) noexcept {
  constexpr std::array<std::string_view, 7> kWords{"select", "insert", "update", "delete", "truncate", "ddl", "lock"};
  return kWords[static_cast<std::size_t>(access)];
}

std::string_view to_string(Flag flag) noexcept {
  constexpr std::array<std::string_view, kFlagCount> kWords{
      "has-where",         "whereless-write", "tautological-write", "tautology",        "constant-comparison",
      "constant-or",       "constant-union",  "constant-case",      "time-function",    "file-function",
      "hidden-sql",        "admin-function",  "catalogue",          "trailing-comment", "dynamic-sql",
      "defines-code",      "copy-program",    "copy-file",          "copy-from-stdin",  "copy-to-stdout",
      "lexer-setting",     "name-setting",    "transaction",        "returns-rows",     "writes",
      "executes",          "reg-cast",        "row-lock",           "parameters",       "unknown-columns",
      "unnamed-relations", "value-read",      "row-value"};
  return kWords[static_cast<std::size_t>(flag)];
}

void Facts::clear() noexcept {
  empty(statements_);
  empty(ends_);
  empty(relations_);
  empty(columns_);
  empty(functions_);
  empty(settings_);
  empty(defined_);
  empty(used_);
  empty(outputs_);
  if (names_room_ > kKeptNames) {
    names_.reset();
    names_room_ = 0;
  }
  error_ = ParseError::kNone;
  error_offset_ = 0;
}

void Facts::own_names() {
  std::size_t bytes = 0;
  const auto count = [&bytes](std::string_view& name) { bytes += name.size(); };
  each_name_of(count, relations_, columns_, functions_, settings_, defined_, used_, outputs_);
  if (bytes > names_room_) {
    names_ = std::make_unique_for_overwrite<char[]>(bytes);
    names_room_ = bytes;
  }
  char* to = names_.get();
  const auto copy_lower = [&to](std::string_view& name) {
    char* const begin = to;
    to = std::transform(name.begin(), name.end(), to, [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
    name = {begin, name.size()};
  };
  const auto copy = [&to](std::string_view& name) {
    if (!name.empty()) {
      std::memcpy(to, name.data(), name.size());
      name = {to, name.size()};
      to += name.size();
    }
  };
  each_name_of(copy, relations_, columns_, functions_, defined_, used_, outputs_);
  each_name_of(copy_lower, settings_);
}

void Facts::link_spans() {
  Ends begin;
  for (std::size_t i = 0; i < statements_.size(); ++i) {
    Statement& statement = statements_[i];
    const Ends& end = ends_[i];
    statement.relations = part(relations_, begin.relations, end.relations);
    statement.columns = part(columns_, begin.columns, end.columns);
    statement.functions = part(functions_, begin.functions, end.functions);
    statement.settings = part(settings_, begin.settings, end.settings);
    statement.defined = part(defined_, begin.defined, end.defined);
    statement.used = part(used_, begin.used, end.used);
    statement.outputs = part(outputs_, begin.outputs, end.outputs);
    begin = end;
  }
}

Facts Facts::compact() const {
  Facts copy;
  copy.statements_ = statements_;
  copy.ends_ = ends_;
  copy.relations_ = relations_;
  copy.columns_ = columns_;
  copy.functions_ = functions_;
  copy.settings_ = settings_;
  copy.defined_ = defined_;
  copy.used_ = used_;
  copy.outputs_ = outputs_;
  copy.error_ = error_;
  copy.error_offset_ = error_offset_;
  copy.own_names();
  copy.link_spans();
  return copy;
}

std::size_t Facts::heap_bytes() const noexcept {
  const auto bytes = [](const auto& entries) { return entries.capacity() * sizeof(entries[0]); };
  return names_room_ + bytes(statements_) + bytes(ends_) + bytes(relations_) + bytes(columns_) + bytes(functions_) +
         bytes(settings_) + bytes(defined_) + bytes(used_) + bytes(outputs_);
}

}  // namespace gabion::inspect::sql
