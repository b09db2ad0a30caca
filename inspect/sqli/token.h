// The words of SQL as the detector sees them: kinds of tokens and the keywords its grammar asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gabion::inspect::sqli {

enum class Kind : std::uint8_t {
  kEnd,         ///< nothing follows
  kNumber,      ///< 1, .5, 1e3, 0x41
  kString,      ///< a closed literal
  kOpenString,  ///< a literal that runs to the end of the value; its delimiter is the first byte of `text`
  kName,        ///< identifier, dotted or quoted; functions have a word
  kVariable,    ///< @x, @@x
  kConstant,    ///< null, true, current_user
  kArithmetic,  ///< + - * / % ^ | & << >> ::
  kConcat,      ///< || : concatenation, or OR in MySQL
  kCompare,     ///< = <> < > like in is between
  kLogical,     ///< and or xor &&
  kNot,         ///< not ! ~
  kOpen,        ///< ( {
  kClose,       ///< ) }
  kComma,
  kSemicolon,
  kComment,  ///< -- or # to the end of the line, or an unclosed comment; `text` is what it holds
  kKeyword,  ///< any other word of Word
  kJunk,     ///< what no SQL holds here
};

inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::kJunk) + 1;

enum class Word : std::uint8_t {
  kNone,
  // Words within a statement.
  kAll,
  kAnalyse,
  kAs,
  kBy,
  kCase,
  kDelay,
  kDescending,
  kElse,
  kEndWord,
  kFrom,
  kGroup,
  kHaving,
  kInto,
  kJoin,
  kLimit,
  kObject,  ///< table, database, function: what DROP and CREATE name
  kOrder,
  kOutfile,
  kProcedure,
  kSelect,
  kShowable,  ///< what SHOW shows
  kThen,
  kUnion,
  kValues,
  kWaitfor,
  kWhen,
  kWhere,
  // Words that begin a statement: kAlter to kWith.
  kAlter,
  kAttach,
  kBackup,
  kBegin,
  kCall,
  kCopy,
  kCreate,
  kDeclare,
  kDelete,
  kDo,
  kDrop,
  kExec,
  kGrant,
  kHandler,
  kIf,
  kInsert,
  kKill,
  kLoad,
  kMerge,
  kPrepare,
  kRename,
  kReplace,
  kSet,
  kShow,
  kShutdown,
  kTruncate,
  kUpdate,
  kUse,
  kWith,
  // Functions and other names.
  kAttackCall,    ///< reads files, talks to the net, raises errors on purpose; no prose has it before a parenthesis
  kCatalogue,     ///< information_schema and its like
  kDelayCall,     ///< waits: sleep
  kInfoCall,      ///< version, database, user
  kMode,          ///< boolean mode, query expansion: two names in a row behind AGAINST
  kOrdinaryCall,  ///< char, substring, count
};
inline constexpr std::size_t kWords = static_cast<std::size_t>(Word::kOrdinaryCall) + 1;

[[nodiscard]] constexpr bool begins_statement(Word word) noexcept {
  return word >= Word::kAlter && word <= Word::kWith;
}

struct Token {
  Kind kind = Kind::kEnd;
  Word word = Word::kNone;
  bool blank_before = false;  ///< blanks or a comment stand before it
  std::string_view text;
};

}  // namespace gabion::inspect::sqli
