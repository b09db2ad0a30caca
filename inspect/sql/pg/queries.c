// SELECT, INSERT, UPDATE, DELETE, MERGE: what they read, write and lock, and the names they make for their insides.
#include "inspect/sql/pg/tree.h"

// ---- where a query stands -------------------------------------------------------------------------------------------

// Only statements that carry a query are around it: its WHERE and its results are the statement's.
static bool is_top_query(const PgWalk* walk) {
  for (uint32_t i = 0; i < walk->frame_count; ++i) {
    switch ((int)nodeTag(walk->frames[i].node)) {
      case T_ExplainStmt:
      case T_PrepareStmt:
      case T_DeclareCursorStmt:
      case T_CopyStmt:
      case T_CreateTableAsStmt:
      case T_ViewStmt:
        break;
      default:
        return false;
    }
  }
  return true;
}

// What it returns reaches the client: at once, or by the name it is given.
static bool reaches_client(const PgWalk* walk) {
  const Node* parent = parent_of(walk);
  return parent == NULL || is_node(parent, T_PrepareStmt) || is_node(parent, T_DeclareCursorStmt) ||
         is_node(parent, T_CopyStmt);
}

static bool any_arm_has_where(const SelectStmt* select) {
  // Left-deep as a rule; right arms are looked at one deep.
  for (; select->op != SETOP_NONE; select = select->larg) {
    if (select->rarg->whereClause != NULL) {
      return true;
    }
  }
  return select->whereClause != NULL;
}

static bool has_where(const PgWalk* walk, Node* node) {
  switch ((int)nodeTag(node)) {
    case T_SelectStmt:
      return any_arm_has_where((SelectStmt*)node);
    case T_UpdateStmt:
    case T_DeleteStmt:
      return !has_flag(walk, PG_FLAG_WHERELESS_WRITE);
    default:
      return false;
  }
}

static void add_results(PgWalk* walk, Node* node) {
  List* results = results_of(node);
  const bool select = is_node(node, T_SelectStmt);
  if (!select && results == NULL) {
    return;
  }
  if (parent_of(walk) == NULL && !(select && ((SelectStmt*)node)->intoClause != NULL)) {
    set_flag(walk, PG_FLAG_RETURNS_ROWS);
  }
  if (select && (((SelectStmt*)node)->op != SETOP_NONE || results == NULL)) {
    const List* rows = ((SelectStmt*)node)->valuesLists;
    const int count = results != NULL ? results->length : rows != NULL ? count_of(cell_of(rows, 0)) : 0;
    for (int i = 0; i < count; ++i) {
      add_fact(walk, PG_FACT_OUTPUT, PG_LINEAGE_UNKNOWN, NULL, NULL, NULL);
    }
    return;
  }
  add_outputs(walk, results);
}

void leave_query(PgWalk* walk, Node* node) {
  if (!is_top_query(walk)) {
    return;
  }
  if (has_where(walk, node)) {
    set_flag(walk, PG_FLAG_HAS_WHERE);
  }
  if (reaches_client(walk)) {
    add_results(walk, node);
  }
}

// ---- SELECT ---------------------------------------------------------------------------------------------------------

static bool is_constant_arm(const SelectStmt* arm) {
  if (arm->op != SETOP_NONE || arm->fromClause != NULL || arm->targetList == NULL) {
    return false;
  }
  for (int i = 0; i < arm->targetList->length; ++i) {
    if (!is_constant_call(((const ResTarget*)cell_of(arm->targetList, i))->val)) {
      return false;
    }
  }
  return true;
}

Descend enter_select(PgWalk* walk, Node* node) {
  const SelectStmt* select = (const SelectStmt*)node;
  Scope* scope = top_scope(walk);
  scope->set_operation = select->op != SETOP_NONE;
  scope->locking = select->lockingClause;
  if (select->lockingClause != NULL) {
    set_flag(walk, PG_FLAG_ROW_LOCK);
  }
  if (scope->set_operation && !is_node(parent_of(walk), T_CommonTableExpr) &&
      is_constant_arm(select->larg) != is_constant_arm(select->rarg)) {
    set_flag(walk, PG_FLAG_CONSTANT_UNION);
  }
  if (select->intoClause != NULL) {
    add_relation(walk, select->intoClause->rel, PG_ACCESS_DDL);
  }
  if (is_always_true(select->whereClause) || is_always_true(select->havingClause)) {
    set_flag(walk, PG_FLAG_TAUTOLOGY);
  }
  return DESCEND;
}

static bool is_locked(const Scope* scope, const char* name) {
  if (scope->locks_all) {
    return true;
  }
  for (int i = 0; i < count_of(scope->locking); ++i) {
    const LockingClause* clause = cell_of(scope->locking, i);
    for (int j = 0; j < count_of(clause->lockedRels); ++j) {
      if (same_name(((const RangeVar*)cell_of(clause->lockedRels, j))->relname, name)) {
        return true;
      }
    }
    if (clause->lockedRels == NULL) {
      return true;
    }
  }
  return false;
}

// ---- FROM -----------------------------------------------------------------------------------------------------------

// Renamed columns hide which are read: all of them count.
static void push_renamed(PgWalk* walk, Range range) {
  if (push_range(walk, range) && range.column_names != NULL) {
    read_of(walk, &range, "*");
  }
}

Descend enter_from_item(PgWalk* walk, Node* node) {
  const RangeVar* item = (const RangeVar*)node;
  if (is_node(parent_of(walk), T_AlterTableCmd)) {
    add_relation(walk, item, PG_ACCESS_DDL);  // INHERIT, OF
    return SKIP;
  }
  const char* alias = item->alias == NULL ? NULL : item->alias->aliasname;
  List* names = item->alias == NULL ? NULL : item->alias->colnames;
  const CommonTableExpr* cte =
      item->schemaname == NULL && item->catalogname == NULL ? find_cte(walk, item->relname) : NULL;
  if (cte != NULL) {
    const bool named_twice = names != NULL && cte->aliascolnames != NULL;  // then the results' own names say nothing
    push_range(walk, (Range){RANGE_QUERY, alias == NULL ? item->relname : alias, NULL, NULL,
                             named_twice ? NULL : cte->ctequery, names == NULL ? cte->aliascolnames : names, 0});
    return SKIP;
  }
  add_relation(walk, item, PG_ACCESS_SELECT);
  if (is_locked(top_scope(walk), alias == NULL ? item->relname : alias)) {
    add_relation(walk, item, PG_ACCESS_LOCK);
  }
  push_renamed(walk, (Range){RANGE_RELATION, alias, item->schemaname, item->relname, NULL, names, 0});
  return SKIP;
}

Descend enter_sub_query(PgWalk* walk, Node* node) {
  const RangeSubselect* item = (const RangeSubselect*)node;
  walk->lock_next = is_locked(top_scope(walk), item->alias == NULL ? NULL : item->alias->aliasname);
  return DESCEND;
}

void leave_sub_query(PgWalk* walk, Node* node) {
  const RangeSubselect* item = (const RangeSubselect*)node;
  const Alias* alias = item->alias;
  push_range(walk, (Range){RANGE_QUERY, alias == NULL ? "" : alias->aliasname, NULL, NULL, item->subquery,
                           alias == NULL ? NULL : alias->colnames, 0});
}

void leave_function_range(PgWalk* walk, Node* node) {
  const Alias* alias =
      is_node(node, T_RangeFunction) ? ((const RangeFunction*)node)->alias : ((const RangeTableFunc*)node)->alias;
  push_range(walk, (Range){RANGE_FUNCTION, alias == NULL ? "" : alias->aliasname, NULL, NULL, NULL, NULL, 0});
}

static void read_using(PgWalk* walk, const char* column) {
  const uint32_t begin = walk->ranges_before;
  if (walk->range_count - begin != 2) {
    add_fact(walk, PG_FACT_COLUMN, PG_ACCESS_SELECT, NULL, NULL, column);
    return;
  }
  read_of(walk, &walk->ranges[begin], column);
  read_of(walk, &walk->ranges[begin + 1], column);
}

void leave_join(PgWalk* walk, Node* node) {
  const JoinExpr* join = (const JoinExpr*)node;
  for (int i = 0; i < count_of(join->usingClause); ++i) {
    read_using(walk, text_of(cell_of(join->usingClause, i)));
  }
  if (join->isNatural) {
    read_star(walk);
  }
  if (join->alias != NULL) {
    for (uint32_t i = walk->ranges_before; i < walk->range_count; ++i) {
      walk->ranges[i].marks |= RANGE_HIDDEN;
    }
    push_renamed(walk, (Range){RANGE_JOIN, join->alias->aliasname, NULL, NULL, NULL, join->alias->colnames, 0});
  }
  if (join->join_using_alias != NULL) {
    push_range(walk, (Range){RANGE_JOIN, join->join_using_alias->aliasname, NULL, NULL, NULL, NULL, 0});
  }
}

// ---- WITH -----------------------------------------------------------------------------------------------------------

Descend enter_with(PgWalk* walk, Node* node) {
  const WithClause* with = (const WithClause*)node;
  for (int i = 0; with->recursive && i < count_of(with->ctes); ++i) {
    push_cte(walk, cell_of(with->ctes, i));
  }
  return DESCEND;
}

void leave_cte(PgWalk* walk, Node* node) {
  const Node* with = parent_of(walk);
  if (is_node(with, T_WithClause) && !((const WithClause*)with)->recursive) {
    push_cte(walk, (CommonTableExpr*)node);
  }
}

// ---- writes ---------------------------------------------------------------------------------------------------------

static void write_columns(PgWalk* walk, const RangeVar* relation, const List* targets, enum PgAccess access) {
  for (int i = 0; i < count_of(targets); ++i) {
    add_column(walk, relation, ((const ResTarget*)cell_of(targets, i))->name, access);
  }
}

Descend enter_insert(PgWalk* walk, Node* node) {
  const InsertStmt* insert = (const InsertStmt*)node;
  add_relation(walk, insert->relation, PG_ACCESS_INSERT);
  push_target(walk, insert->relation);
  write_columns(walk, insert->relation, insert->cols, PG_ACCESS_INSERT);
  if (insert->cols == NULL && insert->selectStmt != NULL) {
    add_column(walk, insert->relation, "*", PG_ACCESS_INSERT);
  }
  return DESCEND;
}

Descend enter_conflict(PgWalk* walk, Node* node) {
  const OnConflictClause* conflict = (const OnConflictClause*)node;
  const Node* around = top_scope(walk)->node;
  if (conflict->action == ONCONFLICT_UPDATE && is_node(around, T_InsertStmt)) {
    const RangeVar* relation = ((const InsertStmt*)around)->relation;
    add_relation(walk, relation, PG_ACCESS_UPDATE);
    write_columns(walk, relation, conflict->targetList, PG_ACCESS_UPDATE);
  }
  push_range(walk, (Range){RANGE_EXCLUDED, "excluded", NULL, NULL, NULL, NULL, 0});
  return DESCEND;
}

void leave_conflict(PgWalk* walk, Node* node) {
  (void)node;
  --walk->range_count;
}

Descend enter_conflict_target(PgWalk* walk, Node* node) {
  const InferClause* infer = (const InferClause*)node;
  const Node* around = top_scope(walk)->node;
  for (int i = 0; i < count_of(infer->indexElems) && is_node(around, T_InsertStmt); ++i) {
    const IndexElem* element = cell_of(infer->indexElems, i);
    add_column(walk, ((const InsertStmt*)around)->relation, element->name, PG_ACCESS_SELECT);
  }
  return DESCEND;
}

static void look_at_where(PgWalk* walk, const Node* where) {
  if (where == NULL) {
    set_flag(walk, PG_FLAG_WHERELESS_WRITE);
  } else if (is_always_true(where)) {
    set_flag(walk, PG_FLAG_TAUTOLOGICAL_WRITE);
    set_flag(walk, PG_FLAG_TAUTOLOGY);
  }
}

Descend enter_update(PgWalk* walk, Node* node) {
  const UpdateStmt* update = (const UpdateStmt*)node;
  add_relation(walk, update->relation, PG_ACCESS_UPDATE);
  push_target(walk, update->relation);
  write_columns(walk, update->relation, update->targetList, PG_ACCESS_UPDATE);
  look_at_where(walk, update->whereClause);
  return DESCEND;
}

Descend enter_delete(PgWalk* walk, Node* node) {
  const DeleteStmt* statement = (const DeleteStmt*)node;
  add_relation(walk, statement->relation, PG_ACCESS_DELETE);
  push_target(walk, statement->relation);
  look_at_where(walk, statement->whereClause);
  return DESCEND;
}

// (a, b) = (SELECT …) stands once for each column, with one and the same source.
Descend enter_multi_assign(PgWalk* walk, Node* node) {
  (void)walk;
  return ((const MultiAssignRef*)node)->colno == 1 ? DESCEND : SKIP;
}

// ---- MERGE ----------------------------------------------------------------------------------------------------------

Descend enter_merge(PgWalk* walk, Node* node) {
  const MergeStmt* merge = (const MergeStmt*)node;
  bool writes = false;
  for (int i = 0; i < count_of(merge->mergeWhenClauses); ++i) {
    writes = writes || ((const MergeWhenClause*)cell_of(merge->mergeWhenClauses, i))->commandType != CMD_NOTHING;
  }
  if (!writes) {
    add_relation(walk, merge->relation, PG_ACCESS_SELECT);
  }
  push_target(walk, merge->relation);
  return DESCEND;
}

// ON is the WHERE of every arm: as good as none when it is always true, or says nothing of the relation that is
// written.
static void look_at_join(PgWalk* walk, const MergeStmt* merge) {
  Scope* scope = top_scope(walk);
  scope->merges_all =
      is_always_true(merge->joinCondition) || (walk->ranges[scope->ranges_begin].marks & RANGE_MENTIONED) == 0;
}

static void look_at_arm(PgWalk* walk, const MergeWhenClause* arm) {
  if (top_scope(walk)->merges_all) {
    look_at_where(walk, arm->condition);
  }
}

Descend enter_merge_arm(PgWalk* walk, Node* node) {
  const MergeWhenClause* arm = (const MergeWhenClause*)node;
  const Node* around = top_scope(walk)->node;
  if (!is_node(around, T_MergeStmt)) {
    return DESCEND;
  }
  const MergeStmt* merge = (const MergeStmt*)around;
  const RangeVar* relation = merge->relation;
  if (cell_of(merge->mergeWhenClauses, 0) == arm) {
    look_at_join(walk, merge);
  }
  switch ((int)arm->commandType) {
    case CMD_INSERT:
      add_relation(walk, relation, PG_ACCESS_INSERT);
      write_columns(walk, relation, arm->targetList, PG_ACCESS_INSERT);
      if (arm->targetList == NULL && arm->values != NULL) {
        add_column(walk, relation, "*", PG_ACCESS_INSERT);
      }
      break;
    case CMD_UPDATE:
      add_relation(walk, relation, PG_ACCESS_UPDATE);
      write_columns(walk, relation, arm->targetList, PG_ACCESS_UPDATE);
      look_at_arm(walk, arm);
      break;
    case CMD_DELETE:
      add_relation(walk, relation, PG_ACCESS_DELETE);
      look_at_arm(walk, arm);
      break;
    default:
      break;
  }
  return DESCEND;
}
