// What a text of SQL does, statement by statement: the facts that rules judge, audit tells and the session replays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace gabion::inspect::sql {

/// Privileges as GRANT names them, and two of our own: any definition or maintenance, and row or table locks.
enum class Access : std::uint8_t { kSelect, kInsert, kUpdate, kDelete, kTruncate, kDdl, kLock };

/// A relation as written; never a CTE. The target of a write has only its write access, also with WHERE or RETURNING:
/// what these read is told by the columns. Temporary tables and views are relations like any other.
struct Relation {
  std::string_view schema;  ///< empty: not written
  std::string_view name;
  Access access = Access::kSelect;

  friend auto operator<=>(const Relation&, const Relation&) = default;
};

/// A column read (kSelect) or given a value (kInsert, kUpdate), the alias before it resolved to its table. Columns of
/// sub-queries, CTEs and functions are not listed: what they are made of is.
struct Column {
  std::string_view schema;  ///< of the table, empty: not written
  std::string_view table;   ///< empty: cannot be told without the catalogue, any relation of the statement may own it
  std::string_view column;  ///< "*": every column, also of an INSERT without a list and of a whole row
  Access access = Access::kSelect;

  friend auto operator<=>(const Column&, const Column&) = default;
};

/// How a function comes to be called.
enum class Call : std::uint8_t {
  kByName,  ///< written as a call, in CALL, or named by CREATE TRIGGER
  kSyntax,  ///< the grammar calls it in pg_catalog: EXTRACT, TRIM, AT TIME ZONE; `schema` is "pg_catalog", not written
  kValue,   ///< a word that stands for a value: current_user, current_timestamp; no schema
  kOperator,  ///< OPERATOR(schema.+): only where a schema is written
  /// p.name or (row).name, which calls a function where the row has no such column. Told for the functions of
  /// pg_catalog that take any row (row_to_json, json_agg, count), whether there is such a column or not; a function of
  /// the database's own is told as the column it looks like.
  kAttribute,
};

struct Function {
  std::string_view schema;  ///< empty: not written
  std::string_view name;    ///< as the server folds it
  Call call = Call::kByName;

  friend auto operator<=>(const Function&, const Function&) = default;
};

/// A parameter that is changed: SET, RESET, DISCARD ALL, set_config(), ALTER ROLE|DATABASE|SYSTEM … SET, the SET of a
/// function. In lower case. "*": which one cannot be told, or all of them.
struct Setting {
  std::string_view name;

  friend auto operator<=>(const Setting&, const Setting&) = default;
};

/// A name the statement makes. The facts of what it stands for are among the statement's own.
struct Defined {
  enum class What : std::uint8_t { kPrepared, kCursor } what = What::kPrepared;
  std::string_view name;
  std::string_view kind;  ///< of the statement it stands for
};

/// A name made earlier. PostgreSQL keeps those of SQL and of the protocol in one space.
struct Used {
  enum class How : std::uint8_t { kExecute, kDeallocate, kFetch, kMove, kClose, kCurrentOf } how = How::kExecute;
  std::string_view name;  ///< empty: all of them (DEALLOCATE ALL, CLOSE ALL, DISCARD)
};

enum class Flag : std::uint8_t {
  kHasWhere,            ///< of an UPDATE or DELETE: every one inside has WHERE. Of others: the top query has one
  kWherelessWrite,      ///< an UPDATE or DELETE at any depth has no WHERE; a MERGE has no ON that chooses rows
  kTautologicalWrite,   ///< an UPDATE or DELETE at any depth has a WHERE that is always true
  kTautology,           ///< a condition at any depth is always true: 1=1, 'a'='a', x=x
  kConstantComparison,  ///< two constants are compared, true or not, also outside WHERE
  kConstantOr,          ///< OR with an arm that is a constant or compares constants
  kConstantUnion,       ///< an arm of UNION, INTERSECT or EXCEPT reads no relation and lists only constants
  kConstantCase,        ///< CASE whose condition is constant
  kTimeFunction,        ///< pg_sleep and its like
  kFileFunction,        ///< reads or writes files of the server, or large objects from them
  kHiddenSql,           ///< a function that runs a text as SQL or reads what it is not shown: query_to_xml, dblink
  kAdminFunction,       ///< ends sessions, reloads, switches files
  kCatalogue,           ///< reads pg_catalog or information_schema
  kTrailingComment,     ///< the text ends in a -- comment after a statement; set on the last one
  kDynamicSql,          ///< runs a text no fact is known of: DO
  kDefinesCode,         ///< leaves code behind that runs later: FUNCTION, RULE, TRIGGER, VIEW, POLICY, default values
  kCopyProgram,
  kCopyFile,  ///< a file of the server, either way
  kCopyFromStdin,
  kCopyToStdout,
  kLexerSetting,  ///< changes how the next text is read: standard_conforming_strings, backslash_quote, client_encoding
  kNameSetting,   ///< changes what a name means or who asks: search_path, role, session_authorization
  kTransaction,   ///< BEGIN, COMMIT, ROLLBACK and their like
  kReturnsRows,   ///< SELECT, RETURNING, SHOW, FETCH, EXPLAIN, EXECUTE (perhaps)
  kWrites,        ///< changes rows or definitions, or may (CALL, DO, SELECT INTO)
  kExecutes,      ///< EXPLAIN ANALYZE: what it explains is run
  kRegCast,       ///< a cast to regclass, regproc and their like looks a name up
  kRowLock,       ///< FOR UPDATE, FOR SHARE and between
  kParameters,    ///< $1 and so on
  kUnknownColumns,  ///< a column of an undecidable table is among the columns
  /// Acts on relations it does not name, on all of a kind, a schema, an owner or a tablespace, or on what depends on
  /// something dropped: DROP SCHEMA, DROP OWNED, ALL TABLES IN SCHEMA, VACUUM alone. `relations` is not the whole of
  /// it.
  kUnnamedRelations,
  kValueRead,  ///< a write gives a value made of a column, or returns one, at any depth; `excluded` is none
  kRowValue,   ///< a whole row is a value: the name of a range alone, its star in a call or ROW()
};

inline constexpr std::size_t kFlagCount = static_cast<std::size_t>(Flag::kRowValue) + 1;

/// A set of Flag.
class Flags {
 public:
  constexpr Flags() = default;
  constexpr Flags(std::initializer_list<Flag> flags) {
    for (const Flag flag : flags) {
      set(flag);
    }
  }

  constexpr void set(Flag flag) noexcept { bits_ |= bit(flag); }
  [[nodiscard]] constexpr bool has(Flag flag) const noexcept { return (bits_ & bit(flag)) != 0; }
  [[nodiscard]] constexpr bool any(Flags flags) const noexcept { return (bits_ & flags.bits_) != 0; }
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
  [[nodiscard]] static constexpr Flags from_bits(std::uint64_t bits) noexcept {
    Flags flags;
    flags.bits_ = bits;
    return flags;
  }

  friend bool operator==(const Flags&, const Flags&) = default;

 private:
  static constexpr std::uint64_t bit(Flag flag) noexcept { return std::uint64_t{1} << static_cast<unsigned>(flag); }
  std::uint64_t bits_ = 0;
};

/// Where a result column comes from.
enum class Lineage : std::uint8_t {
  kColumn,    ///< one column of a relation, unchanged; through sub-queries and CTEs too
  kStar,      ///< every column of a relation, or of all of FROM when `table` is empty; one entry for many columns
  kConstant,  ///< reads no column and calls no function
  kUnknown,   ///< anything else
};

/// One entry of the list of results, in order.
struct Output {
  Lineage lineage = Lineage::kUnknown;
  std::string_view schema;
  std::string_view table;
  std::string_view column;
};

/// The words of policy that stand for many commands.
enum class Group : std::uint8_t {
  kNone,   ///< a command with a word of its own: SELECT, COPY, SET
  kTcl,    ///< BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE (these have words of their own too), PREPARE TRANSACTION
  kDdl,    ///< definitions
  kDcl,    ///< GRANT, REVOKE, roles
  kOther,  ///< maintenance, LISTEN, DO and the rest
};

/// One statement; every span and view lives as long as the Facts.
struct Statement {
  /// Upper-case command: "SELECT" (also VALUES and TABLE), "CREATE TABLE", "BEGIN" (also START TRANSACTION), "COMMIT"
  /// (also END), "ROLLBACK" (also ABORT and TO SAVEPOINT). Static storage.
  std::string_view kind;
  Group group = Group::kNone;
  /// Of what PREPARE, DECLARE, EXPLAIN, COPY (query), CREATE TABLE AS or CREATE VIEW carries, innermost; else empty.
  std::string_view inner_kind;
  Flags flags;
  std::uint32_t offset = 0;             ///< in the text, of the first byte that is no space or comment
  std::uint32_t length = 0;             ///< without the semicolon
  std::span<const Relation> relations;  ///< sorted, unique
  std::span<const Column> columns;      ///< sorted, unique
  std::span<const Function> functions;  ///< sorted, unique
  std::span<const Setting> settings;    ///< sorted, unique
  std::span<const Defined> defined;
  std::span<const Used> used;
  std::span<const Output> outputs;  ///< of the top query, or of RETURNING; empty where there are no rows
};

enum class ParseError : std::uint8_t { kNone, kSyntax, kNulByte, kTooLong, kTooDeep, kUnknownNode, kEncoding };

/// "syntax", "nul-byte", …; "" for kNone.
[[nodiscard]] std::string_view to_string(ParseError error) noexcept;
[[nodiscard]] std::string_view to_string(Access access) noexcept;
/// "has-where", "whereless-write", …
[[nodiscard]] std::string_view to_string(Flag flag) noexcept;

/// Filled by Parser, reused from text to text. Nothing in it refers to the text that was parsed. Names are as the
/// server sees them: folded to lower case unless quoted, cut at 63 bytes.
class Facts {
 public:
  Facts() = default;
  Facts(Facts&&) = default;  ///< views stay good
  Facts& operator=(Facts&&) = default;

  /// Empty after an error, and of a text without a statement (spaces, comments, ;).
  [[nodiscard]] std::span<const Statement> statements() const noexcept { return statements_; }
  [[nodiscard]] ParseError error() const noexcept { return error_; }
  /// Of the byte that was refused, as far as that is known.
  [[nodiscard]] std::uint32_t error_offset() const noexcept { return error_offset_; }

  void clear() noexcept;

  /// A copy that owns what it needs and no more, for a cache.
  [[nodiscard]] Facts compact() const;
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

 private:
  friend class FactWriter;  // inspect/sql/fact_writer.h

  /// Ends of a statement's part of each vector below.
  struct Ends {
    std::size_t relations = 0, columns = 0, functions = 0, settings = 0, defined = 0, used = 0, outputs = 0;
  };

  void own_names();   ///< copies every name into names_
  void link_spans();  ///< points the statements at their parts

  std::vector<Statement> statements_;
  std::vector<Ends> ends_;
  std::vector<Relation> relations_;
  std::vector<Column> columns_;
  std::vector<Function> functions_;
  std::vector<Setting> settings_;
  std::vector<Defined> defined_;
  std::vector<Used> used_;
  std::vector<Output> outputs_;
  std::unique_ptr<char[]> names_;
  std::size_t names_room_ = 0;
  ParseError error_ = ParseError::kNone;
  std::uint32_t error_offset_ = 0;
};

}  // namespace gabion::inspect::sql
