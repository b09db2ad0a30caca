// Statements about what is there already: which relations they name.
#include "inspect/sql/pg/tree.h"

static void touch(PgWalk* walk, const RangeVar* relation) {
  add_relation(walk, relation, PG_ACCESS_DDL);
  set_flag(walk, PG_FLAG_WRITES);
}

void reach_unnamed(PgWalk* walk) {
  set_flag(walk, PG_FLAG_UNNAMED_RELATIONS);
  set_flag(walk, PG_FLAG_WRITES);
}

static void look_at_behavior(PgWalk* walk, DropBehavior behavior) {
  if (behavior == DROP_CASCADE) {
    reach_unnamed(walk);
  }
}

Descend enter_unnamed(PgWalk* walk, Node* node) {
  (void)node;
  reach_unnamed(walk);
  return DESCEND;
}

// The script of an extension makes, moves and drops relations.
Descend enter_extension(PgWalk* walk, Node* node) {
  reach_unnamed(walk);
  return enter_code(walk, node);
}

static bool is_relation(ObjectType type) {
  return type == OBJECT_TABLE || type == OBJECT_SEQUENCE || type == OBJECT_VIEW || type == OBJECT_MATVIEW ||
         type == OBJECT_INDEX || type == OBJECT_FOREIGN_TABLE;
}

static bool is_part_of_relation(ObjectType type) {
  return type == OBJECT_COLUMN || type == OBJECT_TRIGGER || type == OBJECT_RULE || type == OBJECT_POLICY ||
         type == OBJECT_TABCONSTRAINT;
}

// schema.table.part: everything before the part.
static void touch_owner(PgWalk* walk, const List* name) {
  if (part_of(name, 1) != NULL) {
    add_fact(walk, PG_FACT_RELATION, PG_ACCESS_DDL, part_of(name, 2), part_of(name, 1), NULL);
  }
}

static void touch_object(PgWalk* walk, ObjectType type, const Node* object) {
  set_flag(walk, PG_FLAG_WRITES);
  if (!is_node(object, T_List)) {
    return;
  }
  if (is_relation(type)) {
    add_named_relation(walk, (const List*)object, PG_ACCESS_DDL);
  } else if (is_part_of_relation(type)) {
    touch_owner(walk, (const List*)object);
  }
}

Descend enter_drop(PgWalk* walk, Node* node) {
  const DropStmt* drop = (const DropStmt*)node;
  for (int i = 0; i < count_of(drop->objects); ++i) {
    touch_object(walk, drop->removeType, cell_of(drop->objects, i));
  }
  look_at_behavior(walk, drop->behavior);
  if (drop->removeType == OBJECT_EXTENSION) {
    reach_unnamed(walk);
  }
  return SKIP;
}

Descend enter_comment(PgWalk* walk, Node* node) {
  const CommentStmt* comment = (const CommentStmt*)node;
  touch_object(walk, comment->objtype, comment->object);
  return SKIP;
}

Descend enter_label(PgWalk* walk, Node* node) {
  const SecLabelStmt* label = (const SecLabelStmt*)node;
  touch_object(walk, label->objtype, label->object);
  return SKIP;
}

Descend enter_grant(PgWalk* walk, Node* node) {
  const GrantStmt* grant = (const GrantStmt*)node;
  set_flag(walk, PG_FLAG_WRITES);
  const bool relations = grant->objtype == OBJECT_TABLE || grant->objtype == OBJECT_SEQUENCE;
  if (grant->targtype != ACL_TARGET_OBJECT && relations) {
    reach_unnamed(walk);  // ALL TABLES IN SCHEMA
  }
  for (int i = 0; i < count_of(grant->objects); ++i) {
    const Node* object = cell_of(grant->objects, i);
    if (is_node(object, T_RangeVar)) {
      touch(walk, (const RangeVar*)object);
    }
  }
  return SKIP;
}

Descend enter_rename(PgWalk* walk, Node* node) {
  const RenameStmt* rename = (const RenameStmt*)node;
  touch(walk, rename->relationType == OBJECT_TYPE ? NULL : rename->relation);
  look_at_behavior(walk, rename->behavior);
  if (rename->renameType == OBJECT_SCHEMA || rename->renameType == OBJECT_DATABASE) {
    reach_unnamed(walk);
  }
  return SKIP;
}

Descend enter_move_schema(PgWalk* walk, Node* node) {
  const AlterObjectSchemaStmt* move = (const AlterObjectSchemaStmt*)node;
  touch(walk, move->relation);
  if (move->objectType == OBJECT_EXTENSION) {
    reach_unnamed(walk);
  }
  return SKIP;
}

Descend enter_owner(PgWalk* walk, Node* node) {
  const AlterOwnerStmt* owner = (const AlterOwnerStmt*)node;
  touch(walk, owner->relation);
  if (owner->objectType == OBJECT_SCHEMA || owner->objectType == OBJECT_DATABASE) {
    reach_unnamed(walk);
  }
  return SKIP;
}

Descend enter_depends(PgWalk* walk, Node* node) {
  touch(walk, ((const AlterObjectDependsStmt*)node)->relation);
  return SKIP;
}

Descend enter_vacuum_relation(PgWalk* walk, Node* node) {
  touch(walk, ((const VacuumRelation*)node)->relation);
  return SKIP;
}

Descend enter_cluster(PgWalk* walk, Node* node) {
  const ClusterStmt* cluster = (const ClusterStmt*)node;
  touch(walk, cluster->relation);
  if (cluster->relation == NULL) {
    reach_unnamed(walk);
  }
  return DESCEND;
}

Descend enter_reindex(PgWalk* walk, Node* node) {
  const ReindexStmt* reindex = (const ReindexStmt*)node;
  touch(walk, reindex->relation);
  if (reindex->relation == NULL) {
    reach_unnamed(walk);
  }
  return DESCEND;
}

Descend enter_refresh(PgWalk* walk, Node* node) {
  touch(walk, ((const RefreshMatViewStmt*)node)->relation);
  return SKIP;
}

Descend enter_vacuum(PgWalk* walk, Node* node) {
  if (((const VacuumStmt*)node)->rels == NULL) {
    reach_unnamed(walk);
  }
  return enter_writes(walk, node);
}

Descend enter_publication(PgWalk* walk, Node* node) {
  const bool all = is_node(node, T_CreatePublicationStmt) && ((const CreatePublicationStmt*)node)->for_all_tables;
  if (all) {
    reach_unnamed(walk);
  }
  return enter_writes(walk, node);
}

Descend enter_published_object(PgWalk* walk, Node* node) {
  if (((const PublicationObjSpec*)node)->pubtable == NULL) {
    reach_unnamed(walk);  // TABLES IN SCHEMA
  }
  return DESCEND;
}

Descend enter_alter_database(PgWalk* walk, Node* node) {
  const AlterDatabaseStmt* alter = (const AlterDatabaseStmt*)node;
  for (int i = 0; i < count_of(alter->options); ++i) {
    if (same_name(((const DefElem*)cell_of(alter->options, i))->defname, "tablespace")) {
      reach_unnamed(walk);
    }
  }
  return enter_definition(walk, node);
}

Descend enter_extension_member(PgWalk* walk, Node* node) {
  const AlterExtensionContentsStmt* alter = (const AlterExtensionContentsStmt*)node;
  touch_object(walk, alter->objtype, alter->object);
  return SKIP;
}
