// Which ranges a name in an expression may mean, as PostgreSQL looks outwards: all of them where that cannot be told.
#include "inspect/sql/pg/tree.h"

static void add_found(PgWalk* walk, uint32_t range) {
  if (walk->found_count == walk->found_room && !grow(walk, (void**)&walk->found, &walk->found_room, sizeof(uint32_t))) {
    return;
  }
  walk->found[walk->found_count++] = range;
}

static uint32_t mention_found(PgWalk* walk) {
  for (uint32_t i = 0; i < walk->found_count && spend(walk, 1); ++i) {
    walk->ranges[walk->found[i]].marks |= RANGE_MENTIONED;
  }
  return walk->found_count;
}

// Maybe: the schema is written on one side only.
static Owns fits(const Range* range, const char* schema, const char* name) {
  if ((range->marks & RANGE_HIDDEN) != 0) {
    return OWNS_NO;
  }
  if (range->alias != NULL) {
    return schema == NULL && strcmp(range->alias, name) == 0 ? OWNS_YES : OWNS_NO;
  }
  if (!same_name(range->relation, name)) {
    return OWNS_NO;
  }
  if (schema == NULL || same_name(range->schema, schema)) {
    return OWNS_YES;
  }
  return range->schema == NULL ? OWNS_MAYBE : OWNS_NO;
}

static bool find_fitting(PgWalk* walk, uint32_t scope, const char* schema, const char* name, Owns wanted) {
  const uint32_t before = walk->found_count;
  const uint32_t end = ranges_end(walk, scope);
  for (uint32_t i = walk->scopes[scope].ranges_begin; i < end && spend(walk, 1); ++i) {
    if (fits(&walk->ranges[i], schema, name) == wanted) {
      add_found(walk, i);
    }
  }
  return walk->found_count > before;
}

uint32_t find_named(PgWalk* walk, const char* schema, const char* name) {
  walk->found_count = 0;
  for (uint32_t scope = walk->scope_count - 1; scope != UINT32_MAX; scope = outer_scope(walk, scope)) {
    if (!find_fitting(walk, scope, schema, name, OWNS_YES)) {
      find_fitting(walk, scope, schema, name, OWNS_MAYBE);
    } else if (sees_all(walk, scope)) {
      break;
    }
  }
  return mention_found(walk);
}

// True when the search ends here: a range has the column, so the others of the level have not.
static bool find_owning(PgWalk* walk, uint32_t scope, const char* column) {
  const uint32_t before = walk->found_count;
  const uint32_t end = ranges_end(walk, scope);
  uint32_t owner = UINT32_MAX;
  for (uint32_t i = walk->scopes[scope].ranges_begin; i < end && spend(walk, 1); ++i) {
    const Range* range = &walk->ranges[i];
    const Owns owns = (range->marks & RANGE_HIDDEN) != 0 ? OWNS_NO : range_owns(walk, range, column);
    if (owns != OWNS_NO) {
      add_found(walk, i);
    }
    if (owns == OWNS_YES) {
      owner = i;
    }
  }
  if (owner == UINT32_MAX || !sees_all(walk, scope)) {
    return false;
  }
  walk->found_count = before;
  add_found(walk, owner);
  return true;
}

uint32_t find_owners(PgWalk* walk, const char* column) {
  walk->found_count = 0;
  for (uint32_t scope = walk->scope_count - 1; scope != UINT32_MAX; scope = outer_scope(walk, scope)) {
    if (find_owning(walk, scope, column)) {
      break;
    }
  }
  return mention_found(walk);
}

const Range* only_range(PgWalk* walk, const ColumnRef* reference) {
  const char* qualifier = part_of(reference->fields, 1);
  const char* column = text_of(last_of(reference->fields));
  const uint32_t count = qualifier != NULL ? find_named(walk, part_of(reference->fields, 2), qualifier)
                         : column != NULL  ? find_owners(walk, column)
                                           : 0;
  return count == 1 ? &walk->ranges[walk->found[0]] : NULL;
}

// ---- attribute notation ---------------------------------------------------------------------------------------------

typedef struct RowFunction {
  const char* name;
  RowCall call;
} RowFunction;

// Of pg_catalog, PostgreSQL 15 to 18, and hstore: what takes one row of any type.
static const RowFunction kRowFunctions[] = {
    {"any_value", CALL_TELLS_ROW},
    {"array_agg", CALL_TELLS_ROW},
    {"concat", CALL_TELLS_ROW},
    {"count", CALL_TELLS_NOTHING},
    {"hash_record", CALL_TELLS_ROW},
    {"hstore", CALL_TELLS_ROW},
    {"json_agg", CALL_TELLS_ROW},
    {"json_agg_strict", CALL_TELLS_ROW},
    {"json_build_array", CALL_TELLS_ROW},
    {"jsonb_agg", CALL_TELLS_ROW},
    {"jsonb_agg_strict", CALL_TELLS_ROW},
    {"jsonb_build_array", CALL_TELLS_ROW},
    {"max", CALL_TELLS_ROW},
    {"min", CALL_TELLS_ROW},
    {"num_nonnulls", CALL_TELLS_NOTHING},
    {"num_nulls", CALL_TELLS_NOTHING},
    {"pg_column_compression", CALL_TELLS_NOTHING},
    {"pg_column_size", CALL_TELLS_NOTHING},
    {"pg_typeof", CALL_TELLS_NOTHING},
    {"quote_literal", CALL_TELLS_ROW},
    {"quote_nullable", CALL_TELLS_ROW},
    {"record_out", CALL_TELLS_ROW},
    {"record_send", CALL_TELLS_ROW},
    {"row_to_json", CALL_TELLS_ROW},
    {"to_json", CALL_TELLS_ROW},
    {"to_jsonb", CALL_TELLS_ROW},
};

RowCall row_call(const char* name) {
  for (size_t i = 0; i < sizeof(kRowFunctions) / sizeof(kRowFunctions[0]); ++i) {
    if (strcmp(kRowFunctions[i].name, name) == 0) {
      return kRowFunctions[i].call;
    }
  }
  return CALL_NONE;
}
