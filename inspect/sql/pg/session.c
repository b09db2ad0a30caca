// Statements about the session: transactions, settings, prepared statements and cursors, COPY, EXPLAIN, locks.
#include <strings.h>

#include "inspect/sql/pg/tree.h"

static void carries(PgWalk* walk, const Node* query) {
  const Kind kind = query == NULL ? (Kind){NULL, PG_GROUP_NONE} : kind_of(query);
  walk->statement->inner_kind = kind.name;
}

Descend enter_prepare(PgWalk* walk, Node* node) {
  const PrepareStmt* prepare = (const PrepareStmt*)node;
  carries(walk, prepare->query);
  add_fact(walk, PG_FACT_DEFINED, PG_DEFINED_PREPARED, prepare->name, walk->statement->inner_kind, NULL);
  return DESCEND;
}

Descend enter_declare(PgWalk* walk, Node* node) {
  const DeclareCursorStmt* declare = (const DeclareCursorStmt*)node;
  carries(walk, declare->query);
  add_fact(walk, PG_FACT_DEFINED, PG_DEFINED_CURSOR, declare->portalname, walk->statement->inner_kind, NULL);
  return DESCEND;
}

// Sure only of what is written as false.
static bool is_off(const DefElem* option) {
  const Node* arg = option->arg;
  if (is_node(arg, T_Integer)) {
    return ((const Integer*)arg)->ival == 0;
  }
  if (is_node(arg, T_Boolean)) {
    return !((const Boolean*)arg)->boolval;
  }
  const char* text = text_of(arg);
  return text != NULL && (strcasecmp(text, "off") == 0 || strcasecmp(text, "false") == 0);
}

Descend enter_explain(PgWalk* walk, Node* node) {
  const ExplainStmt* explain = (const ExplainStmt*)node;
  carries(walk, explain->query);
  set_flag(walk, PG_FLAG_RETURNS_ROWS);
  for (int i = 0; i < count_of(explain->options); ++i) {
    const DefElem* option = cell_of(explain->options, i);
    if (same_name(option->defname, "analyze") && !is_off(option)) {
      set_flag(walk, PG_FLAG_EXECUTES);
    }
  }
  return DESCEND;
}

Descend enter_execute(PgWalk* walk, Node* node) {
  add_fact(walk, PG_FACT_USED, PG_USED_EXECUTE, ((const ExecuteStmt*)node)->name, NULL, NULL);
  if (parent_of(walk) == NULL) {
    set_flag(walk, PG_FLAG_RETURNS_ROWS);
  }
  return DESCEND;
}

Descend enter_deallocate(PgWalk* walk, Node* node) {
  add_fact(walk, PG_FACT_USED, PG_USED_DEALLOCATE, ((const DeallocateStmt*)node)->name, NULL, NULL);
  return SKIP;
}

Descend enter_fetch(PgWalk* walk, Node* node) {
  const FetchStmt* fetch = (const FetchStmt*)node;
  add_fact(walk, PG_FACT_USED, fetch->ismove ? PG_USED_MOVE : PG_USED_FETCH, fetch->portalname, NULL, NULL);
  if (!fetch->ismove) {
    set_flag(walk, PG_FLAG_RETURNS_ROWS);
  }
  return SKIP;
}

Descend enter_close(PgWalk* walk, Node* node) {
  add_fact(walk, PG_FACT_USED, PG_USED_CLOSE, ((const ClosePortalStmt*)node)->portalname, NULL, NULL);
  return SKIP;
}

Descend enter_transaction(PgWalk* walk, Node* node) {
  (void)node;
  set_flag(walk, PG_FLAG_TRANSACTION);
  return DESCEND;
}

// ---- settings -------------------------------------------------------------------------------------------------------

static const char* default_of(const char* name) {
  if (strcmp(name, "transaction_isolation") == 0) {
    return "default_transaction_isolation";
  }
  if (strcmp(name, "transaction_read_only") == 0) {
    return "default_transaction_read_only";
  }
  return strcmp(name, "transaction_deferrable") == 0 ? "default_transaction_deferrable" : "*";
}

// The one value of SET, where it is a text or a word.
static const char* only_text(const List* values) {
  const A_Const* value = count_of(values) == 1 ? cell_of(values, 0) : NULL;
  return is_node(value, T_A_Const) && !value->isnull ? text_of(&value->val) : NULL;
}

static void add_transaction_settings(PgWalk* walk, const VariableSetStmt* set) {
  if (strcmp(set->name, "TRANSACTION SNAPSHOT") == 0) {
    add_setting(walk, "transaction_snapshot");
    return;
  }
  for (int i = 0; i < count_of(set->args); ++i) {
    const DefElem* mode = cell_of(set->args, i);
    add_setting(walk, strcmp(set->name, "TRANSACTION") == 0 ? mode->defname : default_of(mode->defname));
  }
}

Descend enter_set(PgWalk* walk, Node* node) {
  const VariableSetStmt* set = (const VariableSetStmt*)node;
  if (set->kind == VAR_SET_MULTI && set->name != NULL) {
    add_transaction_settings(walk, set);
    return SKIP;
  }
  const char* value = set->name != NULL && set->kind == VAR_SET_VALUE ? only_text(set->args) : NULL;
  if (value != NULL && is_pinned(set->name, value)) {
    add_pinned_setting(walk, set->name);
    return SKIP;
  }
  if (value != NULL && changes_nothing(set->name, value)) {
    return SKIP;
  }
  add_setting(walk, set->kind == VAR_RESET_ALL || set->name == NULL ? "*" : set->name);
  return DESCEND;
}

// What a role, a database or the server begins sessions with: that changes something whatever the value is.
Descend enter_stored_setting(PgWalk* walk, Node* node) {
  enter_definition(walk, node);
  const VariableSetStmt* set = NULL;
  if (is_node(node, T_AlterRoleSetStmt)) {
    set = ((const AlterRoleSetStmt*)node)->setstmt;
  } else if (is_node(node, T_AlterDatabaseSetStmt)) {
    set = ((const AlterDatabaseSetStmt*)node)->setstmt;
  } else if (is_node(node, T_AlterSystemStmt)) {
    set = ((const AlterSystemStmt*)node)->setstmt;
  }
  if (set == NULL || set->name == NULL || set->kind == VAR_SET_MULTI) {
    return DESCEND;
  }
  add_setting(walk, set->kind == VAR_RESET_ALL ? "*" : set->name);
  return SKIP;
}

Descend enter_show(PgWalk* walk, Node* node) {
  (void)node;
  set_flag(walk, PG_FLAG_RETURNS_ROWS);
  return SKIP;
}

Descend enter_discard(PgWalk* walk, Node* node) {
  if (((const DiscardStmt*)node)->target == DISCARD_ALL) {
    add_setting(walk, "*");
    add_fact(walk, PG_FACT_USED, PG_USED_DEALLOCATE, NULL, NULL, NULL);
    add_fact(walk, PG_FACT_USED, PG_USED_CLOSE, NULL, NULL, NULL);
  }
  set_flag(walk, PG_FLAG_WRITES);
  return SKIP;
}

// ---- COPY and what hides behind a word ------------------------------------------------------------------------------

static void add_copy_columns(PgWalk* walk, const CopyStmt* copy, enum PgAccess access) {
  for (int i = 0; i < count_of(copy->attlist); ++i) {
    add_column(walk, copy->relation, text_of(cell_of(copy->attlist, i)), access);
  }
  if (copy->attlist == NULL) {
    add_column(walk, copy->relation, "*", access);
  }
}

Descend enter_copy(PgWalk* walk, Node* node) {
  const CopyStmt* copy = (const CopyStmt*)node;
  const enum PgAccess access = copy->is_from ? PG_ACCESS_INSERT : PG_ACCESS_SELECT;
  if (copy->query != NULL) {
    carries(walk, copy->query);
  } else {
    add_relation(walk, copy->relation, access);
    add_copy_columns(walk, copy, access);
    push_target(walk, copy->relation);
  }
  if (copy->is_program) {
    set_flag(walk, PG_FLAG_COPY_PROGRAM);
  } else if (copy->filename != NULL) {
    set_flag(walk, PG_FLAG_COPY_FILE);
  } else {
    set_flag(walk, copy->is_from ? PG_FLAG_COPY_FROM_STDIN : PG_FLAG_COPY_TO_STDOUT);
  }
  return DESCEND;
}

Descend enter_do(PgWalk* walk, Node* node) {
  (void)node;
  set_flag(walk, PG_FLAG_DYNAMIC_SQL);
  set_flag(walk, PG_FLAG_WRITES);
  return DESCEND;
}

Descend enter_procedure_call(PgWalk* walk, Node* node) {
  (void)node;
  set_flag(walk, PG_FLAG_WRITES);
  return DESCEND;
}

static void add_relations(PgWalk* walk, const List* relations, enum PgAccess access) {
  for (int i = 0; i < count_of(relations); ++i) {
    add_relation(walk, cell_of(relations, i), access);
  }
}

Descend enter_lock(PgWalk* walk, Node* node) {
  add_relations(walk, ((const LockStmt*)node)->relations, PG_ACCESS_LOCK);
  return SKIP;
}

Descend enter_truncate(PgWalk* walk, Node* node) {
  const TruncateStmt* truncate = (const TruncateStmt*)node;
  add_relations(walk, truncate->relations, PG_ACCESS_TRUNCATE);
  if (truncate->behavior == DROP_CASCADE) {
    reach_unnamed(walk);
  }
  return SKIP;
}
