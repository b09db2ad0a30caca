// Definitions: which relation they are about, which they read, and the code they leave behind.
#include "inspect/sql/pg/tree.h"

static Descend define(PgWalk* walk, const RangeVar* relation) {
  add_relation(walk, relation, PG_ACCESS_DDL);
  set_flag(walk, PG_FLAG_WRITES);
  return DESCEND;
}

static void define_all(PgWalk* walk, const List* relations) {
  for (int i = 0; i < count_of(relations); ++i) {
    define(walk, cell_of(relations, i));
  }
}

// Rows that a definition's expressions speak of and do not read.
static void push_future_rows(PgWalk* walk) {
  push_range(walk, (Range){RANGE_FUNCTION, "", NULL, NULL, NULL, NULL, 0});
}

static void push_old_and_new(PgWalk* walk, const RangeVar* relation) {
  static const char* const kNames[] = {"old", "new"};
  for (int i = 0; i < 2; ++i) {
    push_range(walk, (Range){RANGE_RELATION, kNames[i], relation->schemaname, relation->relname, NULL, NULL, 0});
  }
}

Descend enter_definition(PgWalk* walk, Node* node) {
  (void)node;
  return define(walk, NULL);
}

Descend enter_writes(PgWalk* walk, Node* node) {
  return enter_definition(walk, node);
}

Descend enter_code(PgWalk* walk, Node* node) {
  set_flag(walk, PG_FLAG_DEFINES_CODE);
  return enter_definition(walk, node);
}

// CHECK speaks of VALUE.
Descend enter_domain(PgWalk* walk, Node* node) {
  push_future_rows(walk);
  if (is_node(node, T_AlterDomainStmt) && ((const AlterDomainStmt*)node)->behavior == DROP_CASCADE) {
    reach_unnamed(walk);
  }
  return enter_code(walk, node);
}

Descend enter_create_function(PgWalk* walk, Node* node) {
  return enter_code(walk, node);
}

// ---- relations ------------------------------------------------------------------------------------------------------

Descend enter_create_as(PgWalk* walk, Node* node) {
  const CreateTableAsStmt* create = (const CreateTableAsStmt*)node;
  walk->statement->inner_kind = kind_of(create->query).name;
  return define(walk, create->into == NULL ? NULL : create->into->rel);
}

Descend enter_view(PgWalk* walk, Node* node) {
  const ViewStmt* view = (const ViewStmt*)node;
  walk->statement->inner_kind = kind_of(view->query).name;
  set_flag(walk, PG_FLAG_DEFINES_CODE);
  return define(walk, view->view);
}

Descend enter_create_table(PgWalk* walk, Node* node) {
  const CreateStmt* create = (const CreateStmt*)node;
  define_all(walk, create->inhRelations);
  push_future_rows(walk);
  return define(walk, create->relation);
}

Descend enter_table_like(PgWalk* walk, Node* node) {
  add_relation(walk, ((const TableLikeClause*)node)->relation, PG_ACCESS_SELECT);
  return SKIP;
}

Descend enter_constraint(PgWalk* walk, Node* node) {
  const Constraint* constraint = (const Constraint*)node;
  if (constraint->raw_expr != NULL) {
    set_flag(walk, PG_FLAG_DEFINES_CODE);
  }
  add_relation(walk, constraint->pktable, PG_ACCESS_DDL);
  return DESCEND;
}

Descend enter_alter_table(PgWalk* walk, Node* node) {
  const AlterTableStmt* alter = (const AlterTableStmt*)node;
  for (int i = 0; i < count_of(alter->cmds); ++i) {
    const AlterTableCmd* command = cell_of(alter->cmds, i);
    if (!is_node(command, T_AlterTableCmd)) {
      continue;
    }
    if (command->subtype == AT_ColumnDefault) {
      set_flag(walk, PG_FLAG_DEFINES_CODE);
    }
    if (command->behavior == DROP_CASCADE) {
      reach_unnamed(walk);
    }
  }
  push_future_rows(walk);
  return define(walk, alter->objtype == OBJECT_TYPE ? NULL : alter->relation);
}

Descend enter_partition(PgWalk* walk, Node* node) {
  return define(walk, ((const PartitionCmd*)node)->name);
}

Descend enter_index(PgWalk* walk, Node* node) {
  const IndexStmt* index = (const IndexStmt*)node;
  push_target(walk, index->relation);
  return define(walk, index->relation);
}

Descend enter_statistics(PgWalk* walk, Node* node) {
  const CreateStatsStmt* statistics = (const CreateStatsStmt*)node;
  for (int i = 0; i < count_of(statistics->relations); ++i) {
    const Node* relation = cell_of(statistics->relations, i);
    if (is_node(relation, T_RangeVar)) {
      define(walk, (const RangeVar*)relation);
      push_target(walk, (const RangeVar*)relation);
    }
  }
  return DESCEND;
}

Descend enter_sequence(PgWalk* walk, Node* node) {
  return define(walk, ((const CreateSeqStmt*)node)->sequence);
}

Descend enter_alter_sequence(PgWalk* walk, Node* node) {
  return define(walk, ((const AlterSeqStmt*)node)->sequence);
}

Descend enter_published(PgWalk* walk, Node* node) {
  const PublicationTable* table = (const PublicationTable*)node;
  push_target(walk, table->relation);
  return define(walk, table->relation);
}

// ---- code bound to relations ----------------------------------------------------------------------------------------

Descend enter_rule(PgWalk* walk, Node* node) {
  const RuleStmt* rule = (const RuleStmt*)node;
  set_flag(walk, PG_FLAG_DEFINES_CODE);
  push_old_and_new(walk, rule->relation);
  return define(walk, rule->relation);
}

Descend enter_trigger(PgWalk* walk, Node* node) {
  const CreateTrigStmt* trigger = (const CreateTrigStmt*)node;
  set_flag(walk, PG_FLAG_DEFINES_CODE);
  add_function(walk, trigger->funcname, PG_CALL_BY_NAME);
  push_old_and_new(walk, trigger->relation);
  define(walk, trigger->constrrel);
  return define(walk, trigger->relation);
}

Descend enter_event_trigger(PgWalk* walk, Node* node) {
  add_function(walk, ((const CreateEventTrigStmt*)node)->funcname, PG_CALL_BY_NAME);
  return enter_code(walk, node);
}

Descend enter_policy(PgWalk* walk, Node* node) {
  const CreatePolicyStmt* policy = (const CreatePolicyStmt*)node;
  set_flag(walk, PG_FLAG_DEFINES_CODE);
  push_target(walk, policy->table);
  return define(walk, policy->table);
}

Descend enter_alter_policy(PgWalk* walk, Node* node) {
  const AlterPolicyStmt* policy = (const AlterPolicyStmt*)node;
  set_flag(walk, PG_FLAG_DEFINES_CODE);
  push_target(walk, policy->table);
  return define(walk, policy->table);
}
