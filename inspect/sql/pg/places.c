// Where a column stands: among the values of a write around it or not, and whether it is a whole row.
#include "inspect/sql/pg/tree.h"

// Whether a writing node's field holds values: what it gives its target, and what it tells of it. Its query and its
// FROM do not see the target.
static bool holds_values(const Node* node, size_t field) {
  switch ((int)nodeTag(node)) {
    case T_InsertStmt:
      return field == offsetof(InsertStmt, returningList);
    case T_UpdateStmt:
      return field == offsetof(UpdateStmt, targetList) || field == offsetof(UpdateStmt, returningList);
    case T_DeleteStmt:
      return field == offsetof(DeleteStmt, returningList);
    case T_OnConflictClause:
      return field == offsetof(OnConflictClause, targetList);
    case T_MergeWhenClause:
      return field != offsetof(MergeWhenClause, condition);
    default:
      return false;
  }
}

static bool is_excluded(const ColumnRef* reference) {
  return same_name(part_of(reference->fields, 1), "excluded");
}

// One value is enough, at whatever depth around it: SET x = (SELECT … WHERE target.column = …) tells it too.
static bool is_value(const PgWalk* walk, const ColumnRef* reference) {
  for (uint32_t i = 0; i < walk->frame_count; ++i) {
    const Frame* frame = &walk->frames[i];
    if (frame->shape == NULL || frame->next == 0) {
      continue;
    }
    if (holds_values(frame->node, frame->shape->fields[frame->next - 1]) &&
        !(is_node(frame->node, T_OnConflictClause) && is_excluded(reference))) {
      return true;
    }
  }
  return false;
}

// A range's name alone, or its star anywhere but in a list of results. What a function makes is mostly no row.
static bool is_row(PgWalk* walk, const ColumnRef* reference) {
  const Node* last = last_of(reference->fields);
  if (is_node(last, T_A_Star)) {
    return !is_node(parent_of(walk), T_ResTarget);
  }
  const char* name = count_of(reference->fields) == 1 ? text_of(last) : NULL;
  for (uint32_t i = 0; name != NULL && i < walk->range_count && spend(walk, 1); ++i) {
    const Range* range = &walk->ranges[i];
    if (range->kind != RANGE_FUNCTION && same_name(range->alias == NULL ? range->relation : range->alias, name)) {
      return true;
    }
  }
  return false;
}

void look_at_place(PgWalk* walk, const ColumnRef* reference) {
  if (!has_flag(walk, PG_FLAG_VALUE_READ) && spend(walk, walk->frame_count) && is_value(walk, reference)) {
    set_flag(walk, PG_FLAG_VALUE_READ);
  }
  if (!has_flag(walk, PG_FLAG_ROW_VALUE) && is_row(walk, reference)) {
    set_flag(walk, PG_FLAG_ROW_VALUE);
  }
}
