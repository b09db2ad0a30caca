// Writes facts down: one flat array, names still those of the parse tree.
#include <strings.h>

#include "inspect/sql/pg/tree.h"

// Names a statement may have in all; each is sorted and judged, and a megabyte has room for half a million.
enum { kMostFacts = 50000 };

void add_fact(PgWalk* walk, enum PgFactWhat what, int detail, const char* first, const char* second,
              const char* third) {
  if (walk->fact_count >= kMostFacts && !spend(walk, UINT64_MAX)) {
    return;
  }
  if (walk->fact_count == walk->fact_room && !grow(walk, (void**)&walk->facts, &walk->fact_room, sizeof(PgFact))) {
    return;
  }
  walk->facts[walk->fact_count++] = (PgFact){(uint8_t)what, (uint8_t)detail, first, second, third};
}

void set_flag(PgWalk* walk, enum PgFlag flag) {
  walk->statement->flags |= (uint64_t)1 << flag;
}

bool has_flag(const PgWalk* walk, enum PgFlag flag) {
  return (walk->statement->flags >> flag & 1) != 0;
}

const char* part_of(const List* name, int from_end) {
  const int index = count_of(name) - 1 - from_end;
  return index < 0 ? NULL : text_of(cell_of(name, index));
}

static bool starts_with(const char* text, const char* start) {
  return strncmp(text, start, strlen(start)) == 0;
}

static void add_relation_named(PgWalk* walk, const char* schema, const char* name, enum PgAccess access) {
  const bool catalogue = schema == NULL
                             ? starts_with(name, "pg_")
                             : strcmp(schema, "pg_catalog") == 0 || strcmp(schema, "information_schema") == 0 ||
                                   starts_with(schema, "pg_toast");
  if (catalogue) {
    set_flag(walk, PG_FLAG_CATALOGUE);
  }
  if (access == PG_ACCESS_UPDATE && strcmp(name, "pg_settings") == 0) {
    add_setting(walk, "*");  // its rule calls set_config
  }
  if (access != PG_ACCESS_SELECT && access != PG_ACCESS_LOCK) {
    set_flag(walk, PG_FLAG_WRITES);
  }
  add_fact(walk, PG_FACT_RELATION, access, schema, name, NULL);
}

void add_relation(PgWalk* walk, const RangeVar* relation, enum PgAccess access) {
  if (relation != NULL && relation->relname != NULL) {
    add_relation_named(walk, relation->schemaname, relation->relname, access);
  }
}

void add_named_relation(PgWalk* walk, const List* name, enum PgAccess access) {
  const char* relation = part_of(name, 0);
  if (relation != NULL) {
    add_relation_named(walk, part_of(name, 1), relation, access);
  }
}

void add_column(PgWalk* walk, const RangeVar* relation, const char* column, enum PgAccess access) {
  if (relation != NULL && column != NULL) {
    add_fact(walk, PG_FACT_COLUMN, access, relation->schemaname, relation->relname, column);
  }
}

void add_function(PgWalk* walk, const List* name, enum PgCall call) {
  if (part_of(name, 0) != NULL) {
    add_fact(walk, PG_FACT_FUNCTION, call, part_of(name, 1), part_of(name, 0), NULL);
  }
}

void add_operator(PgWalk* walk, const List* name) {
  if (count_of(name) > 1) {
    add_function(walk, name, PG_CALL_OPERATOR);
  }
}

static bool is_one_of(const char* text, const char* const* words, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (strcasecmp(text, words[i]) == 0) {
      return true;
    }
  }
  return false;
}

bool is_pinned(const char* setting, const char* value) {
  static const char* const kOn[] = {"on", "true"};
  static const char* const kUtf8[] = {"utf8", "utf-8", "unicode"};
  if (value == NULL) {
    return false;
  }
  if (strcasecmp(setting, "standard_conforming_strings") == 0) {
    return is_one_of(value, kOn, sizeof(kOn) / sizeof(kOn[0]));
  }
  return strcasecmp(setting, "client_encoding") == 0 && is_one_of(value, kUtf8, sizeof(kUtf8) / sizeof(kUtf8[0]));
}

bool changes_nothing(const char* setting, const char* value) {
  // With an empty path a name without a schema is the server's own or nobody's.
  const bool is_no_path = value != NULL && strcasecmp(setting, "search_path") == 0 && value[0] == '\0';
  return is_no_path || is_pinned(setting, value);
}

void add_setting(PgWalk* walk, const char* name) {
  static const char* const kLexer[] = {"*", "standard_conforming_strings", "backslash_quote", "client_encoding",
                                       "escape_string_warning"};
  static const char* const kNames[] = {"*", "search_path", "role", "session_authorization"};
  if (is_one_of(name, kLexer, sizeof(kLexer) / sizeof(kLexer[0]))) {
    set_flag(walk, PG_FLAG_LEXER_SETTING);
  }
  if (is_one_of(name, kNames, sizeof(kNames) / sizeof(kNames[0]))) {
    set_flag(walk, PG_FLAG_NAME_SETTING);
  }
  add_pinned_setting(walk, name);
}

void add_pinned_setting(PgWalk* walk, const char* name) {
  add_fact(walk, PG_FACT_SETTING, 0, name, NULL, NULL);
}
