// Columns: which relation a reference reads, and where the results of a query come from.
#include "inspect/sql/pg/tree.h"

// ---- reads ----------------------------------------------------------------------------------------------------------

void read_of(PgWalk* walk, const Range* range, const char* column) {
  switch (range->kind) {
    case RANGE_RELATION:
      add_fact(walk, PG_FACT_COLUMN, PG_ACCESS_SELECT, range->schema, range->relation, column);
      break;
    case RANGE_JOIN:
      add_fact(walk, PG_FACT_COLUMN, PG_ACCESS_SELECT, NULL, NULL, column);
      break;
    case RANGE_QUERY:
    case RANGE_FUNCTION:
    case RANGE_EXCLUDED:
      break;  // what it is made of is read where it is made
  }
}

void read_star(PgWalk* walk) {
  const uint32_t scope = walk->scope_count - 1;
  for (uint32_t i = walk->scopes[scope].ranges_begin; i < walk->range_count && spend(walk, 1); ++i) {
    if (walk->ranges[i].kind != RANGE_JOIN) {
      read_of(walk, &walk->ranges[i], "*");
    }
  }
}

// ORDER BY of the query itself names results; that of a window or an aggregate does not.
static bool sorts_results(const PgWalk* walk, const Node* query) {
  const uint32_t count = walk->frame_count;
  return count >= 3 && is_node(walk->frames[count - 1].node, T_SortBy) &&
         walk->frames[count - 2].node == (const Node*)((const SelectStmt*)query)->sortClause &&
         walk->frames[count - 3].node == query;
}

static bool names_a_result(PgWalk* walk, const char* name) {
  const Scope* scope = top_scope(walk);
  if (!is_node(scope->node, T_SelectStmt) || !sorts_results(walk, scope->node)) {
    return false;
  }
  if (scope->set_operation) {
    return true;
  }
  const List* targets = ((const SelectStmt*)scope->node)->targetList;
  for (int i = 0; i < count_of(targets) && spend(walk, 1); ++i) {
    if (same_name(((const ResTarget*)cell_of(targets, i))->name, name)) {
      return true;
    }
  }
  return false;
}

enum { kFactSteps = 16 };  // of a range that a name may mean: their number is bounded as the visits are

// The name of a range alone stands for its whole row, unless some range has a column of that name: both are told.
static void read_bare(PgWalk* walk, const char* column) {
  if (names_a_result(walk, column)) {
    return;
  }
  const uint32_t rows = find_named(walk, NULL, column);
  const uint32_t row = rows == 1 ? walk->found[0] : UINT32_MAX;
  for (uint32_t i = 0; i < rows && spend(walk, kFactSteps); ++i) {
    read_of(walk, &walk->ranges[walk->found[i]], "*");
  }
  const uint32_t owners = find_owners(walk, column);
  if (owners == 1) {
    const Range* owner = &walk->ranges[walk->found[0]];
    if (walk->found[0] != row || owner->kind == RANGE_JOIN) {
      read_of(walk, owner, column);
    }
  } else if (owners > 1 || rows == 0) {
    add_fact(walk, PG_FACT_COLUMN, PG_ACCESS_SELECT, NULL, NULL, column);
  }
}

static void read_attribute(PgWalk* walk, const Range* range, const char* column) {
  const RowCall call = row_call(column);
  read_of(walk, range, column);
  if (call == CALL_NONE || range_owns(walk, range, column) == OWNS_YES) {
    return;
  }
  add_fact(walk, PG_FACT_FUNCTION, PG_CALL_ATTRIBUTE, NULL, column, NULL);
  if (call == CALL_TELLS_ROW) {
    read_of(walk, range, "*");
  }
}

static void read_qualified(PgWalk* walk, const char* schema, const char* qualifier, const char* column) {
  const uint32_t count = find_named(walk, schema, qualifier);
  for (uint32_t i = 0; i < count && spend(walk, kFactSteps); ++i) {
    read_attribute(walk, &walk->ranges[walk->found[i]], column);
  }
  if (count == 0) {
    const Range unknown = {RANGE_RELATION, NULL, schema, qualifier, NULL, NULL, 0};
    read_attribute(walk, &unknown, column);
  }
}

Descend enter_column(PgWalk* walk, Node* node) {
  look_at_place(walk, (const ColumnRef*)node);
  const List* fields = ((const ColumnRef*)node)->fields;
  const bool star = is_node(last_of(fields), T_A_Star);
  const char* column = star ? "*" : text_of(last_of(fields));
  const char* qualifier = part_of(fields, 1);
  if (column == NULL) {
    return SKIP;
  }
  if (qualifier != NULL) {
    read_qualified(walk, part_of(fields, 2), qualifier, column);
  } else if (star) {
    read_star(walk);
  } else {
    read_bare(walk, column);
  }
  return SKIP;
}

// ---- results --------------------------------------------------------------------------------------------------------

enum { kMostSteps = 32 };  // through sub-queries, one in the other

// Where a reference inside `query` leads: its own FROM, one range at a time, without scopes (they are gone).
static const RangeVar* only_relation(const SelectStmt* query, const ColumnRef* reference, Node** inner, List** names) {
  const char* qualifier = part_of(reference->fields, 1);
  if (count_of(query->fromClause) != 1 || query->withClause != NULL || count_of(reference->fields) > 2) {
    return NULL;
  }
  Node* from = cell_of(query->fromClause, 0);
  const Alias* alias = NULL;
  const char* own_name = NULL;
  if (is_node(from, T_RangeVar)) {
    alias = ((RangeVar*)from)->alias;
    own_name = ((RangeVar*)from)->relname;
  } else if (is_node(from, T_RangeSubselect)) {
    alias = ((RangeSubselect*)from)->alias;
    *inner = ((RangeSubselect*)from)->subquery;
  }
  *names = alias == NULL ? NULL : alias->colnames;
  const char* name = alias == NULL ? own_name : alias->aliasname;
  if (qualifier != NULL && !same_name(name, qualifier)) {
    *inner = NULL;
    return NULL;
  }
  return is_node(from, T_RangeVar) && *names == NULL ? (RangeVar*)from : NULL;
}

// Follows a column of a sub-query down to a relation; false when it is lost on the way.
static bool trace(PgWalk* walk, Node* query, List* names, const char* column, PgFact* output) {
  for (int step = 0; step < kMostSteps; ++step) {
    const ResTarget* result = result_named(walk, query, names, column);
    if (result == NULL || result->indirection != NULL || !is_node(result->val, T_ColumnRef)) {
      return false;
    }
    const ColumnRef* reference = (const ColumnRef*)result->val;
    column = text_of(last_of(reference->fields));
    Node* inner = NULL;
    const RangeVar* relation = only_relation((const SelectStmt*)query, reference, &inner, &names);
    if (relation != NULL && column != NULL &&
        (relation->schemaname != NULL || find_cte(walk, relation->relname) == NULL)) {
      *output = (PgFact){PG_FACT_OUTPUT, PG_LINEAGE_COLUMN, relation->schemaname, relation->relname, column};
      return true;
    }
    const RangeVar* name = relation == NULL || column == NULL ? NULL : relation;
    const CommonTableExpr* cte = name == NULL ? NULL : find_cte(walk, name->relname);
    query = cte == NULL ? inner : cte->ctequery;
    names = cte == NULL ? names : cte->aliascolnames;
  }
  return false;
}

static PgFact output_of_reference(PgWalk* walk, const ColumnRef* reference) {
  const PgFact unknown = {PG_FACT_OUTPUT, PG_LINEAGE_UNKNOWN, NULL, NULL, NULL};
  const bool qualified = count_of(reference->fields) > 1;
  const char* column = text_of(last_of(reference->fields));
  const bool star = is_node(last_of(reference->fields), T_A_Star);
  if (star && !qualified) {
    return (PgFact){PG_FACT_OUTPUT, PG_LINEAGE_STAR, NULL, NULL, NULL};
  }
  const Range* range = only_range(walk, reference);
  if (range == NULL || (column == NULL && !star)) {
    return unknown;
  }
  if (star) {
    return range->kind != RANGE_RELATION
               ? unknown
               : (PgFact){PG_FACT_OUTPUT, PG_LINEAGE_STAR, range->schema, range->relation, NULL};
  }
  if (range->kind == RANGE_RELATION && range->column_names == NULL &&
      (qualified ? row_call(column) == CALL_NONE : find_named(walk, NULL, column) == 0)) {
    return (PgFact){PG_FACT_OUTPUT, PG_LINEAGE_COLUMN, range->schema, range->relation, column};
  }
  PgFact traced;
  return range->kind == RANGE_QUERY && trace(walk, range->query, range->column_names, column, &traced) ? traced
                                                                                                       : unknown;
}

void add_outputs(PgWalk* walk, const List* targets) {
  for (int i = 0; i < count_of(targets); ++i) {
    const ResTarget* target = cell_of(targets, i);
    PgFact output = {PG_FACT_OUTPUT, PG_LINEAGE_UNKNOWN, NULL, NULL, NULL};
    if (is_node(target->val, T_ColumnRef)) {
      output = output_of_reference(walk, (const ColumnRef*)target->val);
    } else if (is_constant(target->val)) {
      output.detail = PG_LINEAGE_CONSTANT;
    }
    add_fact(walk, PG_FACT_OUTPUT, output.detail, output.first, output.second, output.third);
  }
}
