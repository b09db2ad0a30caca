// Expressions: functions and settings they touch, operators with a schema, casts that look names up.
#include <strings.h>

#include "inspect/sql/pg/tree.h"

Descend enter_parameter(PgWalk* walk, Node* node) {
  (void)node;
  set_flag(walk, PG_FLAG_PARAMETERS);
  return SKIP;
}

Descend enter_expression(PgWalk* walk, Node* node) {
  const A_Expr* expression = (const A_Expr*)node;
  add_operator(walk, expression->name);
  look_at_comparison(walk, expression);
  return DESCEND;
}

Descend enter_boolean(PgWalk* walk, Node* node) {
  const BoolExpr* expression = (const BoolExpr*)node;
  for (int i = 0; expression->boolop == OR_EXPR && i < count_of(expression->args); ++i) {
    const Node* arm = cell_of(expression->args, i);
    if (is_constant(arm) || is_always_true(arm)) {
      set_flag(walk, PG_FLAG_CONSTANT_OR);
      break;
    }
  }
  return DESCEND;
}

Descend enter_case(PgWalk* walk, Node* node) {
  const CaseExpr* expression = (const CaseExpr*)node;
  const bool constant_arg = expression->arg != NULL && is_constant((const Node*)expression->arg);
  for (int i = 0; i < count_of(expression->args); ++i) {
    const CaseWhen* arm = cell_of(expression->args, i);
    if (is_node(arm, T_CaseWhen) && (constant_arg || expression->arg == NULL) && is_constant((const Node*)arm->expr)) {
      set_flag(walk, PG_FLAG_CONSTANT_CASE);
    }
  }
  return DESCEND;
}

Descend enter_sub_link(PgWalk* walk, Node* node) {
  add_operator(walk, ((const SubLink*)node)->operName);
  return DESCEND;
}

Descend enter_sort(PgWalk* walk, Node* node) {
  add_operator(walk, ((const SortBy*)node)->useOp);
  return DESCEND;
}

Descend enter_cast(PgWalk* walk, Node* node) {
  const TypeName* type = ((const TypeCast*)node)->typeName;
  const char* name = type == NULL ? NULL : part_of(type->names, 0);
  if (name != NULL && strncmp(name, "reg", 3) == 0) {
    set_flag(walk, PG_FLAG_REG_CAST);
  }
  return DESCEND;
}

// (row).name: a field of the row, or a function of it.
Descend enter_indirection(PgWalk* walk, Node* node) {
  const List* parts = ((const A_Indirection*)node)->indirection;
  for (int i = 0; i < count_of(parts); ++i) {
    const char* name = text_of(cell_of(parts, i));
    if (name != NULL && row_call(name) != CALL_NONE) {
      add_fact(walk, PG_FACT_FUNCTION, PG_CALL_ATTRIBUTE, NULL, name, NULL);
    }
  }
  return DESCEND;
}

Descend enter_current_of(PgWalk* walk, Node* node) {
  const CurrentOfExpr* expression = (const CurrentOfExpr*)node;
  add_fact(walk, PG_FACT_USED, PG_USED_CURRENT_OF, expression->cursor_name, NULL, NULL);
  return SKIP;
}

Descend enter_value_function(PgWalk* walk, Node* node) {
  static const char* const kNames[] = {
      [SVFOP_CURRENT_DATE] = "current_date",
      [SVFOP_CURRENT_TIME] = "current_time",
      [SVFOP_CURRENT_TIME_N] = "current_time",
      [SVFOP_CURRENT_TIMESTAMP] = "current_timestamp",
      [SVFOP_CURRENT_TIMESTAMP_N] = "current_timestamp",
      [SVFOP_LOCALTIME] = "localtime",
      [SVFOP_LOCALTIME_N] = "localtime",
      [SVFOP_LOCALTIMESTAMP] = "localtimestamp",
      [SVFOP_LOCALTIMESTAMP_N] = "localtimestamp",
      [SVFOP_CURRENT_ROLE] = "current_role",
      [SVFOP_CURRENT_USER] = "current_user",
      [SVFOP_USER] = "user",
      [SVFOP_SESSION_USER] = "session_user",
      [SVFOP_CURRENT_CATALOG] = "current_catalog",
      [SVFOP_CURRENT_SCHEMA] = "current_schema",
  };
  const size_t op = (size_t)((const SQLValueFunction*)node)->op;
  if (op < sizeof(kNames) / sizeof(kNames[0])) {
    add_fact(walk, PG_FACT_FUNCTION, PG_CALL_VALUE, NULL, kNames[op], NULL);
  }
  return SKIP;
}

// ---- functions ------------------------------------------------------------------------------------------------------

typedef struct Risk {
  const char* name;  // "…*": everything that begins so
  enum PgFlag flag;
} Risk;

static const Risk kRisks[] = {
    {"pg_sleep*", PG_FLAG_TIME_FUNCTION},
    {"pg_read_*", PG_FLAG_FILE_FUNCTION},
    {"pg_ls_*", PG_FLAG_FILE_FUNCTION},
    {"pg_stat_file", PG_FLAG_FILE_FUNCTION},
    {"pg_file_*", PG_FLAG_FILE_FUNCTION},
    {"pg_current_logfile", PG_FLAG_FILE_FUNCTION},
    {"lo_*", PG_FLAG_FILE_FUNCTION},
    {"loread", PG_FLAG_FILE_FUNCTION},
    {"lowrite", PG_FLAG_FILE_FUNCTION},
    {"query_to_xml*", PG_FLAG_HIDDEN_SQL},
    {"cursor_to_xml*", PG_FLAG_HIDDEN_SQL},
    {"table_to_xml*", PG_FLAG_HIDDEN_SQL},
    {"schema_to_xml*", PG_FLAG_HIDDEN_SQL},
    {"database_to_xml*", PG_FLAG_HIDDEN_SQL},
    {"ts_stat", PG_FLAG_HIDDEN_SQL},
    {"ts_rewrite", PG_FLAG_HIDDEN_SQL},
    {"dblink*", PG_FLAG_HIDDEN_SQL},
    {"crosstab*", PG_FLAG_HIDDEN_SQL},
    {"connectby", PG_FLAG_HIDDEN_SQL},
    {"xpath_table", PG_FLAG_HIDDEN_SQL},
    {"pg_terminate_backend", PG_FLAG_ADMIN_FUNCTION},
    {"pg_cancel_backend", PG_FLAG_ADMIN_FUNCTION},
    {"pg_reload_conf", PG_FLAG_ADMIN_FUNCTION},
    {"pg_rotate_logfile*", PG_FLAG_ADMIN_FUNCTION},
    {"pg_promote", PG_FLAG_ADMIN_FUNCTION},
    {"pg_switch_wal", PG_FLAG_ADMIN_FUNCTION},
    {"pg_create_*", PG_FLAG_ADMIN_FUNCTION},
    {"pg_drop_*", PG_FLAG_ADMIN_FUNCTION},
    {"pg_logical_*", PG_FLAG_ADMIN_FUNCTION},
    {"pg_replication_*", PG_FLAG_ADMIN_FUNCTION},
    {"pg_backup_*", PG_FLAG_ADMIN_FUNCTION},
    {"pg_advisory_*", PG_FLAG_TIME_FUNCTION},
};

static bool fits(const char* name, const char* pattern) {
  const size_t length = strlen(pattern);
  return pattern[length - 1] == '*' ? strncmp(name, pattern, length - 1) == 0 : strcmp(name, pattern) == 0;
}

static void look_at_name(PgWalk* walk, const char* name) {
  for (size_t i = 0; i < sizeof(kRisks) / sizeof(kRisks[0]); ++i) {
    if (kRisks[i].name[0] == name[0] && fits(name, kRisks[i].name)) {
      set_flag(walk, kRisks[i].flag);
    }
  }
}

// What a setting may be called; anything else is a literal that is none of ours to repeat.
static bool may_be_setting(const char* name) {
  enum { kMostLength = 63 };
  static const char kFirst[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  static const char kRest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.";
  const size_t length = strspn(name, kRest);
  return length > 0 && length <= kMostLength && name[length] == '\0' && strchr(kFirst, name[0]) != NULL;
}

// Whether it is `text`, which leaves a text as it is: others cut it, and "name" and those of the search path may too.
static bool is_text(const TypeName* type) {
  const int parts = type == NULL ? 0 : count_of(type->names);
  return (parts == 1 || (parts == 2 && same_name(part_of(type->names, 1), "pg_catalog"))) &&
         same_name(part_of(type->names, 0), "text") && type->typmods == NULL && type->arrayBounds == NULL &&
         !type->setof;
}

// The text of a constant, also one with a cast to text; NULL for anything else.
static const char* constant_text(const Node* node) {
  if (is_node(node, T_TypeCast) && is_text(((const TypeCast*)node)->typeName)) {
    node = ((const TypeCast*)node)->arg;
  }
  return is_node(node, T_A_Const) && !((const A_Const*)node)->isnull ? text_of(&((const A_Const*)node)->val) : NULL;
}

// The X of `SELECT set_config(name, …) FROM pg_settings WHERE name = 'X'`, which sets X or nothing; else NULL.
static const char* setting_of_row(PgWalk* walk, const Node* first) {
  const Scope* scope = top_scope(walk);
  const SelectStmt* select =
      scope != NULL && is_node(scope->node, T_SelectStmt) ? (const SelectStmt*)scope->node : NULL;
  const ColumnRef* column = is_node(first, T_ColumnRef) ? (const ColumnRef*)first : NULL;
  if (select == NULL || column == NULL || count_of(column->fields) != 1 || count_of(select->fromClause) != 1 ||
      !is_node(select->whereClause, T_A_Expr) || select->withClause != NULL) {
    return NULL;
  }
  const RangeVar* from = cell_of(select->fromClause, 0);
  const A_Expr* where = (const A_Expr*)select->whereClause;
  const bool of_settings = is_node(from, T_RangeVar) && same_name(from->relname, "pg_settings") &&
                           from->alias == NULL &&
                           (from->schemaname == NULL || same_name(from->schemaname, "pg_catalog"));
  const bool equals = where->kind == AEXPR_OP && count_of(where->name) == 1 &&
                      same_name(part_of(where->name, 0), "=") && is_node(where->lexpr, T_ColumnRef) &&
                      count_of(((const ColumnRef*)where->lexpr)->fields) == 1;
  if (!of_settings || !equals || !same_name(text_of(cell_of(column->fields, 0)), "name") ||
      !same_name(text_of(cell_of(((const ColumnRef*)where->lexpr)->fields, 0)), "name")) {
    return NULL;
  }
  // What "=" calls equal is by a collation: nothing that is read so is anything but itself for this one.
  const char* name = is_node(where->rexpr, T_A_Const) ? constant_text(where->rexpr) : NULL;
  return same_name(name, "restrict_nonsystem_relation_kind") ? name : NULL;
}

// set_config's first argument, also written setting_name => …; "*" unless it is a name.
static const char* setting_of(PgWalk* walk, const FuncCall* call) {
  const Node* first = count_of(call->args) == 0 ? NULL : cell_of(call->args, 0);
  for (int i = 0; i < count_of(call->args); ++i) {
    const NamedArgExpr* named = cell_of(call->args, i);
    if (is_node(named, T_NamedArgExpr)) {
      first = same_name(named->name, "setting_name") ? (const Node*)named->arg
              : is_node(first, T_NamedArgExpr)       ? NULL
                                                     : first;
    }
  }
  const char* name = is_node(first, T_ColumnRef) ? setting_of_row(walk, first) : constant_text(first);
  return name == NULL || call->func_variadic || !may_be_setting(name) ? "*" : name;
}

// An argument by its place, where no argument has a name and the function is the server's own.
static const char* positional_text(const FuncCall* call, int index) {
  if (count_of(call->funcname) == 2 && !same_name(part_of(call->funcname, 1), "pg_catalog")) {
    return NULL;
  }
  for (int i = 0; i < count_of(call->args); ++i) {
    if (is_node(cell_of(call->args, i), T_NamedArgExpr)) {
      return NULL;
    }
  }
  return count_of(call->args) == 3 && !call->func_variadic ? constant_text(cell_of(call->args, index)) : NULL;
}

// The grammar writes these itself for LIKE … ESCAPE and SIMILAR TO.
static bool is_made_by_grammar(const PgWalk* walk, const FuncCall* call) {
  if (call->funcformat == COERCE_SQL_SYNTAX) {
    return true;
  }
  const Node* parent = parent_of(walk);
  if (!is_node(parent, T_A_Expr) || ((const A_Expr*)parent)->rexpr != (const Node*)call) {
    return false;
  }
  const char* name = part_of(call->funcname, 0);
  return same_name(part_of(call->funcname, 1), "pg_catalog") &&
         (same_name(name, "like_escape") || same_name(name, "similar_to_escape"));
}

Descend enter_call(PgWalk* walk, Node* node) {
  const FuncCall* call = (const FuncCall*)node;
  const char* name = part_of(call->funcname, 0);
  if (name == NULL) {
    return DESCEND;
  }
  add_function(walk, call->funcname, is_made_by_grammar(walk, call) ? PG_CALL_SYNTAX : PG_CALL_BY_NAME);
  look_at_name(walk, name);
  if (strcmp(name, "set_config") == 0) {
    const char* setting = setting_of(walk, call);
    if (!changes_nothing(setting, positional_text(call, 1))) {
      add_setting(walk, setting);
    }
  }
  return DESCEND;
}
