// What conditions are worth: constants compared with each other, and those that every row fulfils.
#include <limits.h>
#include <strings.h>

#include "inspect/sql/pg/tree.h"

// These recurse, but never deeper than this; below it nothing is known.
enum { kMostLevels = 12 };

typedef enum Calls { CALLS_REFUSED, CALLS_TAKEN } Calls;
typedef enum Truth { TRUTH_UNKNOWN, TRUTH_FALSE, TRUTH_TRUE } Truth;

static bool constant_at(const Node* node, Calls calls, int level);

static bool all_constant(const List* list, Calls calls, int level) {
  for (int i = 0; i < count_of(list); ++i) {
    if (!constant_at(cell_of(list, i), calls, level)) {
      return false;
    }
  }
  return true;
}

static bool constant_at(const Node* node, Calls calls, int level) {
  if (node == NULL) {
    return true;  // the left side of a prefix operator
  }
  if (level == kMostLevels) {
    return false;
  }
  switch ((int)nodeTag(node)) {
    case T_A_Const:
      return true;
    case T_List:
      return all_constant((const List*)node, calls, level + 1);
    case T_TypeCast:
      return constant_at(((const TypeCast*)node)->arg, calls, level + 1);
    case T_A_Expr:
      return constant_at(((const A_Expr*)node)->lexpr, calls, level + 1) &&
             constant_at(((const A_Expr*)node)->rexpr, calls, level + 1);
    case T_BoolExpr:
      return all_constant(((const BoolExpr*)node)->args, calls, level + 1);
    case T_NullTest:
      return constant_at((const Node*)((const NullTest*)node)->arg, calls, level + 1);
    case T_FuncCall:
      return calls == CALLS_TAKEN && all_constant(((const FuncCall*)node)->args, calls, level + 1);
    default:
      return false;
  }
}

bool is_constant(const Node* node) {
  return constant_at(node, CALLS_REFUSED, 0);
}

bool is_constant_call(const Node* node) {
  return constant_at(node, CALLS_TAKEN, 0);
}

// ---- equality -------------------------------------------------------------------------------------------------------

static const Node* without_cast(const Node* node) {
  for (int i = 0; i < kMostLevels && is_node(node, T_TypeCast); ++i) {
    node = ((const TypeCast*)node)->arg;
  }
  return node;
}

static bool same_reference(const Node* one, const Node* other) {
  if (!is_node(one, T_ColumnRef) || !is_node(other, T_ColumnRef)) {
    return false;
  }
  const List* fields = ((const ColumnRef*)one)->fields;
  const List* others = ((const ColumnRef*)other)->fields;
  if (count_of(fields) != count_of(others)) {
    return false;
  }
  for (int i = 0; i < count_of(fields); ++i) {
    if (!same_name(text_of(cell_of(fields, i)), text_of(cell_of(others, i)))) {
      return false;
    }
  }
  return true;
}

// -1, 0 or 1 as strcmp; INT_MIN when the two cannot be compared here.
static int compare(const Node* one, const Node* other) {
  one = without_cast(one);
  other = without_cast(other);
  if (same_reference(one, other)) {
    return 0;
  }
  if (!is_node(one, T_A_Const) || !is_node(other, T_A_Const)) {
    return INT_MIN;
  }
  const A_Const* left = (const A_Const*)one;
  const A_Const* right = (const A_Const*)other;
  if (left->isnull || right->isnull || nodeTag(&left->val) != nodeTag(&right->val)) {
    return INT_MIN;
  }
  switch ((int)nodeTag(&left->val)) {
    case T_Integer:
      return (left->val.ival.ival > right->val.ival.ival) - (left->val.ival.ival < right->val.ival.ival);
    case T_Boolean:
      return (int)left->val.boolval.boolval - (int)right->val.boolval.boolval;
    case T_String: {
      const int order = strcmp(left->val.sval.sval, right->val.sval.sval);
      return (order > 0) - (order < 0);
    }
    case T_Float:
      return strcmp(left->val.fval.fval, right->val.fval.fval) == 0 ? 0 : INT_MIN;
    default:
      return INT_MIN;
  }
}

static Truth truth_if(bool holds) {
  return holds ? TRUTH_TRUE : TRUTH_FALSE;
}

static Truth truth_of_operator(const A_Expr* expression) {
  const char* op = part_of(expression->name, 0);
  const int order = compare(expression->lexpr, expression->rexpr);
  if (op == NULL || order == INT_MIN) {
    return TRUTH_UNKNOWN;
  }
  if (strcmp(op, "=") == 0) {
    return truth_if(order == 0);
  }
  if (strcmp(op, "<>") == 0) {
    return truth_if(order != 0);
  }
  if (strcmp(op, "<") == 0) {
    return truth_if(order < 0);
  }
  if (strcmp(op, ">") == 0) {
    return truth_if(order > 0);
  }
  if (strcmp(op, "<=") == 0) {
    return truth_if(order <= 0);
  }
  return strcmp(op, ">=") == 0 ? truth_if(order >= 0) : TRUTH_UNKNOWN;
}

static bool matches_everything(const Node* pattern) {
  const Node* bare = without_cast(pattern);
  if (!is_node(bare, T_A_Const) || ((const A_Const*)bare)->isnull) {
    return false;
  }
  const char* text = text_of(&((const A_Const*)bare)->val);
  return text != NULL && *text != '\0' && text[strspn(text, "%")] == '\0';
}

static Truth truth_of_like(const A_Expr* expression) {
  const char* op = part_of(expression->name, 0);
  const bool holds = matches_everything(expression->rexpr) || compare(expression->lexpr, expression->rexpr) == 0;
  if (op == NULL || !holds) {
    return TRUTH_UNKNOWN;
  }
  return truth_if(*op != '!');
}

static Truth truth_of_in(const A_Expr* expression) {
  const char* op = part_of(expression->name, 0);
  const List* list = is_node(expression->rexpr, T_List) ? (const List*)expression->rexpr : NULL;
  enum { kMostCompared = 64 };
  for (int i = 0; i < count_of(list) && i < kMostCompared; ++i) {
    if (compare(expression->lexpr, cell_of(list, i)) == 0) {
      return truth_if(op != NULL && strcmp(op, "=") == 0);
    }
  }
  return TRUTH_UNKNOWN;
}

static Truth truth_of_between(const A_Expr* expression) {
  const List* bounds = is_node(expression->rexpr, T_List) ? (const List*)expression->rexpr : NULL;
  if (count_of(bounds) != 2) {
    return TRUTH_UNKNOWN;
  }
  const int low = compare(expression->lexpr, cell_of(bounds, 0));
  const int high = compare(expression->lexpr, cell_of(bounds, 1));
  return low == INT_MIN || high == INT_MIN ? TRUTH_UNKNOWN : truth_if(low >= 0 && high <= 0);
}

static Truth truth_of_expression(const A_Expr* expression) {
  switch (expression->kind) {
    case AEXPR_OP:
      return truth_of_operator(expression);
    case AEXPR_LIKE:
    case AEXPR_ILIKE:
      return truth_of_like(expression);
    case AEXPR_IN:
      return truth_of_in(expression);
    case AEXPR_BETWEEN:
      return truth_of_between(expression);
    case AEXPR_NOT_DISTINCT:
      return compare(expression->lexpr, expression->rexpr) == 0 ? TRUTH_TRUE : TRUTH_UNKNOWN;
    default:
      return TRUTH_UNKNOWN;
  }
}

// ---- truth ----------------------------------------------------------------------------------------------------------

static Truth truth_at(const Node* node, int level);

static Truth truth_of_boolean(const BoolExpr* expression, int level) {
  const Truth decisive = expression->boolop == OR_EXPR ? TRUTH_TRUE : TRUTH_FALSE;
  bool unknown = false;
  for (int i = 0; i < count_of(expression->args); ++i) {
    const Truth truth = truth_at(cell_of(expression->args, i), level + 1);
    if (expression->boolop == NOT_EXPR) {
      return truth == TRUTH_UNKNOWN ? truth : truth_if(truth == TRUTH_FALSE);
    }
    if (truth == decisive) {
      return decisive;
    }
    unknown = unknown || truth == TRUTH_UNKNOWN;
  }
  if (unknown) {
    return TRUTH_UNKNOWN;
  }
  return truth_if(decisive == TRUTH_FALSE);
}

static Truth truth_of_constant(const A_Const* constant) {
  static const char* const kTrue[] = {"t", "true", "y", "yes", "on", "1"};
  static const char* const kFalse[] = {"f", "false", "n", "no", "off", "0"};
  if (constant->isnull) {
    return TRUTH_FALSE;  // no row passes
  }
  if (nodeTag(&constant->val) == T_Boolean) {
    return truth_if(constant->val.boolval.boolval);
  }
  if (nodeTag(&constant->val) == T_Integer) {
    return truth_if(constant->val.ival.ival != 0);
  }
  const char* text = text_of(&constant->val);
  for (size_t i = 0; text != NULL && i < sizeof(kTrue) / sizeof(kTrue[0]); ++i) {
    if (strcasecmp(text, kTrue[i]) == 0) {
      return TRUTH_TRUE;
    }
    if (strcasecmp(text, kFalse[i]) == 0) {
      return TRUTH_FALSE;
    }
  }
  return TRUTH_UNKNOWN;
}

static Truth truth_of_null_test(const NullTest* test) {
  const Node* arg = without_cast((const Node*)test->arg);
  if (!is_node(arg, T_A_Const)) {
    return TRUTH_UNKNOWN;
  }
  return truth_if(((const A_Const*)arg)->isnull == (test->nulltesttype == IS_NULL));
}

static Truth truth_at(const Node* node, int level) {
  node = without_cast(node);
  if (node == NULL || level == kMostLevels) {
    return TRUTH_UNKNOWN;
  }
  switch ((int)nodeTag(node)) {
    case T_A_Const:
      return truth_of_constant((const A_Const*)node);
    case T_BoolExpr:
      return truth_of_boolean((const BoolExpr*)node, level);
    case T_NullTest:
      return truth_of_null_test((const NullTest*)node);
    case T_A_Expr:
      return truth_of_expression((const A_Expr*)node);
    default:
      return TRUTH_UNKNOWN;
  }
}

bool is_always_true(const Node* condition) {
  if (condition == NULL) {
    return false;
  }
  const Truth truth = truth_at(condition, 0);
  return truth == TRUTH_TRUE || (truth == TRUTH_UNKNOWN && is_constant(condition));
}

static bool compares(const A_Expr* expression) {
  const char* op = part_of(expression->name, 0);
  switch (expression->kind) {
    case AEXPR_OP:
      return op != NULL && expression->lexpr != NULL && op[strspn(op, "<>=")] == '\0';
    case AEXPR_LIKE:
    case AEXPR_ILIKE:
    case AEXPR_SIMILAR:
    case AEXPR_IN:
    case AEXPR_BETWEEN:
    case AEXPR_NOT_BETWEEN:
    case AEXPR_DISTINCT:
    case AEXPR_NOT_DISTINCT:
      return true;
    default:
      return false;
  }
}

void look_at_comparison(PgWalk* walk, const A_Expr* comparison) {
  if (!compares(comparison)) {
    return;
  }
  if (is_constant(comparison->lexpr) && is_constant(comparison->rexpr)) {
    set_flag(walk, PG_FLAG_CONSTANT_COMPARISON);
  }
  if (truth_of_expression(comparison) == TRUTH_TRUE) {
    set_flag(walk, PG_FLAG_TAUTOLOGY);
  }
}
