// A second reading of the rules, word by word over lists of text, must say what the judge says of random statements.
#include <cstdlib>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

using Words = std::vector<std::string>;

/// What a made-up statement does, known because it was made so.
struct Made {
  std::string text;
  std::string kind;
  std::set<std::pair<std::string, std::string>> relations;  ///< "public.a", "SELECT"
  std::set<std::pair<std::string, std::string>> reads;      ///< "public.a", "x"
  std::set<std::pair<std::string, std::string>> writes;     ///< the same, given a value
  std::set<std::string> functions;                          ///< "pg_catalog.lower"
  bool row = false;                                         ///< a whole row is a value somewhere
  bool bounded = true;                                      ///< has a WHERE
  bool told = false;                                        ///< a value is made of a column, or one is returned
};

struct Item {
  Words statements, tables, columns, functions;
  bool where = false;
};

class Dice {
 public:
  explicit Dice(unsigned seed) : bits_(seed) {}
  [[nodiscard]] bool once_in(unsigned n) { return below(n) == 0; }
  [[nodiscard]] unsigned below(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(bits_); }
  [[nodiscard]] const std::string& of(const Words& words) { return words[below(static_cast<unsigned>(words.size()))]; }
  [[nodiscard]] Words some(const Words& words) {
    Words chosen;
    const unsigned count = below(4);
    for (unsigned i = 0; i < count; ++i) {
      chosen.push_back(of(words));
    }
    return chosen;
  }

 private:
  std::mt19937 bits_;
};

const Words kTables{"a", "b", "other.a", "pg_catalog.pg_class"};
const Words kColumns{"x", "y", "secret"};
const std::string kRow = "*";
const Words kFunctions{"lower", "pg_sleep", "mine", "other.mine"};

std::string full(const std::string& name) {
  return name.find('.') == std::string::npos ? "public." + name : name;
}

std::string full_function(const std::string& name) {
  return name == "mine" ? "public.mine" : name.find('.') == std::string::npos ? "pg_catalog." + name : name;
}

/// A reading of `t` under the alias `s`, with what it adds.
std::string read_from(Dice& dice, const std::string& table, const std::string& alias, Made& made) {
  std::string list;
  for (unsigned i = 0; i <= dice.below(2); ++i) {
    const bool row = dice.once_in(8);
    const auto& column = row ? kRow : dice.of(kColumns);
    made.row = made.row || row;
    made.reads.emplace(full(table), column);
    std::string one = row ? "ROW(" + alias + ".*)" : alias + "." + column;
    if (dice.once_in(3)) {
      const auto& function = dice.of(kFunctions);
      made.functions.insert(full_function(function));
      one = function + "(" + one + ")";
    }
    list += (list.empty() ? "" : ", ") + one;
  }
  made.relations.emplace(full(table), "SELECT");
  return "SELECT " + list + " FROM " + table + " " + alias;
}

/// A column of the target where it is not only compared.
std::string tell(const std::string& table, const std::string& column, Made& made) {
  made.reads.emplace(full(table), column);
  made.told = true;
  return "u." + column;
}

void add_returning(Dice& dice, const std::string& table, Made& made) {
  if (dice.once_in(4)) {
    made.text += " RETURNING " + tell(table, "y", made);
  }
}

Made statement(Dice& dice) {
  Made made;
  const auto& table = dice.of(kTables);
  switch (dice.below(4)) {
    case 0:
      made.kind = "SELECT";
      made.text = read_from(dice, table, "s", made);
      if (dice.once_in(2)) {
        made.text += " WHERE EXISTS (" + read_from(dice, dice.of(kTables), "t", made) + ")";
      }
      return made;
    case 1:
      made.kind = "INSERT";
      made.relations.emplace(full(table), "INSERT");
      made.writes.emplace(full(table), "x");
      made.text = "INSERT INTO " + table + " AS u (x) " + read_from(dice, dice.of(kTables), "s", made);
      add_returning(dice, table, made);
      return made;
    case 2:
      made.kind = "UPDATE";
      made.relations.emplace(full(table), "UPDATE");
      made.writes.emplace(full(table), "y");
      made.text = "UPDATE " + table + " AS u SET y = " + (dice.once_in(3) ? tell(table, "secret", made) : "$1");
      break;
    default:
      made.kind = "DELETE";
      made.relations.emplace(full(table), "DELETE");
      made.text = "DELETE FROM " + table + " AS u";
      break;
  }
  made.bounded = !dice.once_in(3);
  if (made.bounded) {
    made.reads.emplace(full(table), "x");
    made.text += " WHERE u.x = $2";
    if (dice.once_in(3)) {
      made.text += " AND EXISTS (" + read_from(dice, dice.of(kTables), "t", made) + ")";
    }
  }
  add_returning(dice, table, made);
  return made;
}

Item item(Dice& dice) {
  Item made;
  made.statements = dice.some({"SELECT", "INSERT", "UPDATE", "DELETE"});
  made.tables = dice.some({"a", "b", "*", "other.*", "*.a", "*.*", "pg_catalog.pg_class", "pg_catalog.*"});
  made.columns = dice.once_in(2) ? dice.some({"x", "a.x", "public.a.*", "*.*.y", "other.a.x", "x*"}) : Words{};
  made.functions =
      dice.once_in(2) ? dice.some({"lower", "*", "mine", "other.*", "pg_catalog.*", "public.mine"}) : Words{};
  made.where = dice.once_in(4);
  return made;
}

std::string yaml(const std::vector<Item>& items, bool allow) {
  std::string text;
  for (const auto& one : items) {
    std::string members;
    const auto add = [&members](const char* key, const Words& words) {
      std::string list;
      for (const auto& word : words) {
        list += (list.empty() ? "'" : ", '") + word + "'";
      }
      members += words.empty() ? "" : (members.empty() ? "" : ", ") + std::string(key) + ": [" + list + "]";
    };
    add("statements", one.statements);
    add("tables", one.tables);
    add("columns", one.columns);
    add("functions", one.functions);
    if (allow) {
      add("requireWhere", one.where ? Words{"UPDATE", "DELETE"} : Words{});
    }
    text += (text.empty() ? "{" : ", {") + (members.empty() ? std::string("users: [app]") : members) + "}";
  }
  return text;
}

/// The sentences of sql §6, one after the other.
class Literal {
 public:
  explicit Literal(const Made& made) : made_(made) {}

  [[nodiscard]] bool allows(const std::vector<Item>& allow, const std::vector<Item>& deny) const {
    for (const auto& one : deny) {
      if (meets(one)) {
        return false;
      }
    }
    return allow.empty() ? true : covered(allow);
  }

 private:
  static bool glob(const std::string& pattern, const std::string& name) {
    std::string expression;
    for (const char c : pattern) {
      expression += c == '*' ? "[^.]*" : c == '.' ? "\\." : std::string(1, c);
    }
    return std::regex_match(name, std::regex(expression));
  }
  static bool has(const Words& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  }
  static bool word(const Item& item, const std::string& text) {
    return item.statements.empty() || has(item.statements, text);
  }
  static bool names(const Words& patterns, const std::string& table) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& one) { return glob(full(one), table); });
  }
  static bool table(const Item& item, const std::string& name, bool allow) {
    if (!allow || !name.starts_with("pg_catalog.")) {
      return item.tables.empty() || names(item.tables, name);
    }
    return std::any_of(item.tables.begin(), item.tables.end(),
                       [&](const std::string& one) { return one.starts_with("pg_catalog.") && glob(one, name); });
  }
  static bool column(const Item& item, const std::string& of, const std::string& name) {
    return item.columns.empty() || std::any_of(item.columns.begin(), item.columns.end(), [&](const std::string& one) {
             const auto dots = std::count(one.begin(), one.end(), '.');
             return dots == 0   ? glob(one, name)
                    : dots == 1 ? glob("public." + one, of + "." + name)
                                : glob(one, of + "." + name);
           });
  }
  static bool column_of(const Item& item, const std::string& of) {
    return std::any_of(item.columns.begin(), item.columns.end(), [&](const std::string& one) {
      const auto dots = std::count(one.begin(), one.end(), '.');
      const std::string table = one.substr(0, one.rfind('.'));
      return dots == 0 || glob(dots == 1 ? "public." + table : table, of);
    });
  }
  static bool function(const Item& item, const std::string& name, bool allow) {
    if (item.functions.empty()) {
      return !allow || name == "pg_catalog.lower";
    }
    return std::any_of(item.functions.begin(), item.functions.end(), [&](const std::string& one) {
      const bool bare = one.find('.') == std::string::npos;
      return one == "*" || (bare ? glob("public." + one, name) || glob("pg_catalog." + one, name) : glob(one, name));
    });
  }

  [[nodiscard]] bool meets(const Item& item) const {
    bool subject = false;
    if (!item.columns.empty()) {
      for (const auto* all : {&made_.reads, &made_.writes}) {
        for (const auto& [of, name] : *all) {
          const std::string access = all == &made_.reads ? "SELECT" : made_.kind;
          subject = subject || ((word(item, made_.kind) || word(item, access)) && table(item, of, false) &&
                                (column(item, of, name) || (name == kRow && column_of(item, of))));
        }
      }
    } else if (!item.tables.empty()) {
      for (const auto& [of, access] : made_.relations) {
        subject = subject || ((word(item, made_.kind) || word(item, access)) && table(item, of, false));
      }
    } else {
      subject = word(item, made_.kind) || std::any_of(made_.relations.begin(), made_.relations.end(),
                                                      [&](const auto& one) { return word(item, one.second); });
    }
    return subject &&
           (item.functions.empty() || std::any_of(made_.functions.begin(), made_.functions.end(),
                                                  [&](const std::string& one) { return function(item, one, false); }));
  }

  template <class Test>
  static bool some(const std::vector<Item>& items, Test test) {
    return std::any_of(items.begin(), items.end(), test);
  }

  [[nodiscard]] bool covered(const std::vector<Item>& items) const {
    if (!some(items, [&](const Item& one) { return word(one, made_.kind); })) {
      return false;
    }
    for (const auto& [of, access] : made_.relations) {
      if (!some(items, [&](const Item& one) { return word(one, access) && table(one, of, true); })) {
        return false;
      }
    }
    for (const auto& [of, name] : made_.reads) {
      const bool target = made_.kind != "SELECT" && made_.relations.contains({of, made_.kind}) &&
                          !made_.relations.contains({of, "SELECT"}) && (made_.kind == "INSERT" || !made_.told);
      if (!some(items, [&](const Item& one) {
            return (word(one, "SELECT") || (target && word(one, made_.kind))) && table(one, of, true) &&
                   column(one, of, name);
          })) {
        return false;
      }
    }
    for (const auto& [of, name] : made_.writes) {
      if (!some(items, [&](const Item& one) {
            return word(one, made_.kind) && table(one, of, true) && column(one, of, name);
          })) {
        return false;
      }
    }
    for (const auto& name : made_.functions) {
      const std::string shadow = made_.row && name.starts_with("pg_catalog.") ? "public." + name.substr(11) : name;
      for (const auto& meant : {name, shadow}) {
        if (!some(items, [&](const Item& one) { return function(one, meant, true); })) {
          return false;
        }
      }
    }
    return made_.bounded || !some(items, [&](const Item& one) {
             return one.where && std::any_of(made_.relations.begin(), made_.relations.end(), [&](const auto& of) {
                      return word(one, of.second) && table(one, of.first, true);
                    });
           });
  }

  const Made& made_;
};

TEST(SqlLiteralRules, SayTheSameOfRandomStatements) {
  const char* wanted = std::getenv("GABION_SQL_DECISIONS");  // NOLINT(concurrency-mt-unsafe)
  const int rounds = (wanted == nullptr ? 20'000 : std::atoi(wanted)) / 10;
  int allowed = 0;
  for (int round = 0; round < rounds; ++round) {
    Dice dice(static_cast<unsigned>(round));
    std::vector<Item> allow;
    std::vector<Item> deny;
    for (unsigned i = dice.below(4); i > 0; --i) {
      allow.push_back(item(dice));
    }
    for (unsigned i = dice.below(2); i > 0; --i) {
      deny.push_back(item(dice));
    }
    const SqlSubject subject(allow.empty() && deny.empty() ? std::make_shared<const SqlRules>()
                                                           : rules_of(yaml(allow, true), yaml(deny, false)),
                             app_context());
    for (int i = 0; i < 10; ++i) {
      const Made made = statement(dice);
      const auto verdict = shared_judge().judge(made.text, subject);
      ASSERT_EQ(verdict.allow, Literal(made).allows(allow, deny))
          << "seed " << round << ": " << made.text << "\nallow " << yaml(allow, true) << "\ndeny " << yaml(deny, false)
          << "\n"
          << describe(verdict.reason, verdict.object);
      allowed += verdict.allow ? 1 : 0;
    }
  }
  EXPECT_GT(allowed, rounds);  // of ten each
}

}  // namespace
}  // namespace gabion::inspect::sql
