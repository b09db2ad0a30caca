// Which names FROM and WITH have made, and what a column's qualifier therefore means.
#include "inspect/sql/pg/tree.h"

Scope* top_scope(PgWalk* walk) {
  return &walk->scopes[walk->scope_count - 1];
}

// A CTE, a sub-query of FROM without LATERAL, and the query of an INSERT see nothing of the level they stand in.
static bool hides_parent(const PgWalk* walk, const Node* node) {
  const Node* parent = parent_of(walk);
  if (parent == NULL) {
    return false;
  }
  switch ((int)nodeTag(parent)) {
    case T_CommonTableExpr:
      return true;
    case T_RangeSubselect:
      return !((const RangeSubselect*)parent)->lateral;
    case T_InsertStmt:
      return ((const InsertStmt*)parent)->selectStmt == node;
    default:
      return false;
  }
}

bool push_scope(PgWalk* walk, Node* node) {
  if (walk->scope_count == walk->scope_room && !grow(walk, (void**)&walk->scopes, &walk->scope_room, sizeof(Scope))) {
    return false;
  }
  Scope scope = {walk->range_count, walk->cte_count, false, false, false, false, NULL, node, walk->frame_count};
  if (node != NULL) {
    scope.hides_parent = hides_parent(walk, node);
    scope.locks_all = walk->lock_next;
    walk->lock_next = false;
  }
  walk->scopes[walk->scope_count++] = scope;
  return true;
}

void pop_scope(PgWalk* walk) {
  const Scope* scope = top_scope(walk);
  walk->range_count = scope->ranges_begin;
  walk->cte_count = scope->ctes_begin;
  --walk->scope_count;
}

bool push_range(PgWalk* walk, Range range) {
  if (walk->range_count == walk->range_room && !grow(walk, (void**)&walk->ranges, &walk->range_room, sizeof(Range))) {
    return false;
  }
  walk->ranges[walk->range_count++] = range;
  return true;
}

void push_target(PgWalk* walk, const RangeVar* relation) {
  if (relation != NULL) {
    push_range(walk, (Range){RANGE_RELATION, relation->alias == NULL ? NULL : relation->alias->aliasname,
                             relation->schemaname, relation->relname, NULL, NULL, 0});
  }
}

bool push_cte(PgWalk* walk, CommonTableExpr* cte) {
  if (walk->cte_count == walk->cte_room &&
      !grow(walk, (void**)&walk->ctes, &walk->cte_room, sizeof(CommonTableExpr*))) {
    return false;
  }
  walk->ctes[walk->cte_count++] = cte;
  return true;
}

CommonTableExpr* find_cte(PgWalk* walk, const char* name) {
  for (uint32_t i = walk->cte_count; i > 0 && spend(walk, 1); --i) {
    if (same_name(walk->ctes[i - 1]->ctename, name)) {
      return walk->ctes[i - 1];
    }
  }
  return NULL;
}

uint32_t ranges_end(const PgWalk* walk, uint32_t scope) {
  return scope + 1 < walk->scope_count ? walk->scopes[scope + 1].ranges_begin : walk->range_count;
}

uint32_t outer_scope(const PgWalk* walk, uint32_t scope) {
  if (walk->scopes[scope].hides_parent) {
    --scope;  // there is one: the node around it
  }
  return scope == 0 ? UINT32_MAX : scope - 1;
}

static uint16_t from_of(const Node* node) {
  switch ((int)nodeTag(node)) {
    case T_SelectStmt:
      return offsetof(SelectStmt, fromClause);
    case T_UpdateStmt:
      return offsetof(UpdateStmt, fromClause);
    case T_DeleteStmt:
      return offsetof(DeleteStmt, usingClause);
    case T_MergeStmt:
      return offsetof(MergeStmt, sourceRelation);
    default:
      return 0;
  }
}

bool sees_all(const PgWalk* walk, uint32_t scope) {
  const Scope* level = &walk->scopes[scope];
  if (level->node == NULL || level->frame >= walk->frame_count || walk->frames[level->frame].next == 0) {
    return true;
  }
  const Frame* frame = &walk->frames[level->frame];
  const uint16_t from = from_of(level->node);
  return from == 0 || frame->shape->fields[frame->next - 1] != from;
}

// ---- results of queries ---------------------------------------------------------------------------------------------

List* results_of(Node* query) {
  while (is_node(query, T_SelectStmt) && ((SelectStmt*)query)->op != SETOP_NONE) {
    query = (Node*)((SelectStmt*)query)->larg;
  }
  if (query == NULL) {
    return NULL;
  }
  switch ((int)nodeTag(query)) {
    case T_SelectStmt:
      return ((SelectStmt*)query)->targetList;
    case T_InsertStmt:
      return ((InsertStmt*)query)->returningList;
    case T_UpdateStmt:
      return ((UpdateStmt*)query)->returningList;
    case T_DeleteStmt:
      return ((DeleteStmt*)query)->returningList;
    default:
      return NULL;
  }
}

// NULL: a star, or a name that PostgreSQL makes up.
static const char* result_name(const ResTarget* target) {
  if (target->name != NULL) {
    return target->name;
  }
  if (is_node(target->val, T_ColumnRef)) {
    return text_of(last_of(((const ColumnRef*)target->val)->fields));
  }
  if (is_node(target->val, T_A_Const)) {
    return "?column?";
  }
  return is_node(target->val, T_FuncCall) ? part_of(((const FuncCall*)target->val)->funcname, 0) : NULL;
}

static const char* renamed(const List* column_names, int index) {
  return index < count_of(column_names) ? text_of(cell_of(column_names, index)) : NULL;
}

Owns range_owns(PgWalk* walk, const Range* range, const char* column) {
  if (range->kind != RANGE_QUERY) {
    return range->kind == RANGE_EXCLUDED ? OWNS_NO : OWNS_MAYBE;
  }
  List* results = results_of(range->query);
  if (results == NULL) {  // VALUES, or rows of a statement that are not told
    for (int i = 0; i < count_of(range->column_names) && spend(walk, 1); ++i) {
      if (same_name(renamed(range->column_names, i), column)) {
        return OWNS_YES;
      }
    }
    return OWNS_MAYBE;
  }
  Owns owns = OWNS_NO;
  for (int i = 0; i < results->length && spend(walk, 1); ++i) {
    const char* name = renamed(range->column_names, i);
    if (name == NULL) {
      name = result_name(cell_of(results, i));
    }
    if (same_name(name, column)) {
      return OWNS_YES;
    }
    if (name == NULL) {
      owns = OWNS_MAYBE;
    }
  }
  return owns;
}

ResTarget* result_named(PgWalk* walk, Node* query, List* column_names, const char* column) {
  if (!is_node(query, T_SelectStmt) || ((SelectStmt*)query)->op != SETOP_NONE) {
    return NULL;
  }
  List* results = results_of(query);
  ResTarget* found = NULL;
  for (int i = 0; i < count_of(results) && spend(walk, 1); ++i) {
    ResTarget* target = cell_of(results, i);
    const char* name = renamed(column_names, i);
    if (name == NULL) {
      name = result_name(target);
    }
    if (name == NULL) {
      return NULL;  // a star moves the places of the rest
    }
    if (same_name(name, column)) {
      found = found == NULL ? target : NULL;
      if (found == NULL) {
        return NULL;
      }
    }
  }
  return found;
}
