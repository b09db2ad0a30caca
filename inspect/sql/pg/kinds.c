// The command of a statement in the words of PostgreSQL's documentation, and the group a policy may name it by.
#include "inspect/sql/pg/tree.h"

#define WORDS(TYPE, NAME) [TYPE] = {"CREATE " NAME, "ALTER " NAME, "DROP " NAME}

typedef enum Verb { CREATE, ALTER, DROP } Verb;

static const char* const kObjects[][3] = {
    WORDS(OBJECT_ACCESS_METHOD, "ACCESS METHOD"),
    WORDS(OBJECT_AGGREGATE, "AGGREGATE"),
    WORDS(OBJECT_AMOP, "OPERATOR FAMILY"),
    WORDS(OBJECT_AMPROC, "OPERATOR FAMILY"),
    WORDS(OBJECT_ATTRIBUTE, "TYPE"),
    WORDS(OBJECT_CAST, "CAST"),
    WORDS(OBJECT_COLUMN, "TABLE"),
    WORDS(OBJECT_COLLATION, "COLLATION"),
    WORDS(OBJECT_CONVERSION, "CONVERSION"),
    WORDS(OBJECT_DATABASE, "DATABASE"),
    WORDS(OBJECT_DEFAULT, "TABLE"),
    WORDS(OBJECT_DEFACL, "DEFAULT PRIVILEGES"),
    WORDS(OBJECT_DOMAIN, "DOMAIN"),
    WORDS(OBJECT_DOMCONSTRAINT, "DOMAIN"),
    WORDS(OBJECT_EVENT_TRIGGER, "EVENT TRIGGER"),
    WORDS(OBJECT_EXTENSION, "EXTENSION"),
    WORDS(OBJECT_FDW, "FOREIGN DATA WRAPPER"),
    WORDS(OBJECT_FOREIGN_SERVER, "SERVER"),
    WORDS(OBJECT_FOREIGN_TABLE, "FOREIGN TABLE"),
    WORDS(OBJECT_FUNCTION, "FUNCTION"),
    WORDS(OBJECT_INDEX, "INDEX"),
    WORDS(OBJECT_LANGUAGE, "LANGUAGE"),
    WORDS(OBJECT_LARGEOBJECT, "LARGE OBJECT"),
    WORDS(OBJECT_MATVIEW, "MATERIALIZED VIEW"),
    WORDS(OBJECT_OPCLASS, "OPERATOR CLASS"),
    WORDS(OBJECT_OPERATOR, "OPERATOR"),
    WORDS(OBJECT_OPFAMILY, "OPERATOR FAMILY"),
    WORDS(OBJECT_POLICY, "POLICY"),
    WORDS(OBJECT_PROCEDURE, "PROCEDURE"),
    WORDS(OBJECT_PUBLICATION, "PUBLICATION"),
    WORDS(OBJECT_ROLE, "ROLE"),
    WORDS(OBJECT_ROUTINE, "ROUTINE"),
    WORDS(OBJECT_RULE, "RULE"),
    WORDS(OBJECT_SCHEMA, "SCHEMA"),
    WORDS(OBJECT_SEQUENCE, "SEQUENCE"),
    WORDS(OBJECT_SUBSCRIPTION, "SUBSCRIPTION"),
    WORDS(OBJECT_STATISTIC_EXT, "STATISTICS"),
    WORDS(OBJECT_TABCONSTRAINT, "TABLE"),
    WORDS(OBJECT_TABLE, "TABLE"),
    WORDS(OBJECT_TABLESPACE, "TABLESPACE"),
    WORDS(OBJECT_TRANSFORM, "TRANSFORM"),
    WORDS(OBJECT_TRIGGER, "TRIGGER"),
    WORDS(OBJECT_TSCONFIGURATION, "TEXT SEARCH CONFIGURATION"),
    WORDS(OBJECT_TSDICTIONARY, "TEXT SEARCH DICTIONARY"),
    WORDS(OBJECT_TSPARSER, "TEXT SEARCH PARSER"),
    WORDS(OBJECT_TSTEMPLATE, "TEXT SEARCH TEMPLATE"),
    WORDS(OBJECT_TYPE, "TYPE"),
    WORDS(OBJECT_USER_MAPPING, "USER MAPPING"),
    WORDS(OBJECT_VIEW, "VIEW"),
};

static const char* words(ObjectType type, Verb verb) {
  static const char* const kOther[] = {"CREATE", "ALTER", "DROP"};
  const size_t count = sizeof(kObjects) / sizeof(kObjects[0]);
  return (size_t)type < count && kObjects[type][verb] != NULL ? kObjects[type][verb] : kOther[verb];
}

// Tags whose command never varies.
static const Kind kFixed[] = {
#define KIND(T, NAME, GROUP) [T_##T] = {NAME, PG_GROUP_##GROUP}
    KIND(SelectStmt, "SELECT", NONE),
    KIND(InsertStmt, "INSERT", NONE),
    KIND(UpdateStmt, "UPDATE", NONE),
    KIND(DeleteStmt, "DELETE", NONE),
    KIND(MergeStmt, "MERGE", NONE),
    KIND(TruncateStmt, "TRUNCATE", NONE),
    KIND(CopyStmt, "COPY", NONE),
    KIND(LockStmt, "LOCK", NONE),
    KIND(CallStmt, "CALL", NONE),
    KIND(VariableShowStmt, "SHOW", NONE),
    KIND(ExplainStmt, "EXPLAIN", NONE),
    KIND(PrepareStmt, "PREPARE", NONE),
    KIND(ExecuteStmt, "EXECUTE", NONE),
    KIND(DeallocateStmt, "DEALLOCATE", NONE),
    KIND(DeclareCursorStmt, "DECLARE", NONE),
    KIND(ClosePortalStmt, "CLOSE", NONE),
    KIND(ConstraintsSetStmt, "SET CONSTRAINTS", TCL),
    KIND(DoStmt, "DO", OTHER),
    KIND(DiscardStmt, "DISCARD", OTHER),
    KIND(NotifyStmt, "NOTIFY", OTHER),
    KIND(ListenStmt, "LISTEN", OTHER),
    KIND(UnlistenStmt, "UNLISTEN", OTHER),
    KIND(LoadStmt, "LOAD", OTHER),
    KIND(CheckPointStmt, "CHECKPOINT", OTHER),
    KIND(ClusterStmt, "CLUSTER", OTHER),
    KIND(ReindexStmt, "REINDEX", OTHER),
    KIND(RefreshMatViewStmt, "REFRESH MATERIALIZED VIEW", OTHER),
    KIND(CreateStmt, "CREATE TABLE", DDL),
    KIND(CreateForeignTableStmt, "CREATE FOREIGN TABLE", DDL),
    KIND(ViewStmt, "CREATE VIEW", DDL),
    KIND(IndexStmt, "CREATE INDEX", DDL),
    KIND(RuleStmt, "CREATE RULE", DDL),
    KIND(CreateTrigStmt, "CREATE TRIGGER", DDL),
    KIND(CreateEventTrigStmt, "CREATE EVENT TRIGGER", DDL),
    KIND(AlterEventTrigStmt, "ALTER EVENT TRIGGER", DDL),
    KIND(CreatePolicyStmt, "CREATE POLICY", DCL),
    KIND(AlterPolicyStmt, "ALTER POLICY", DCL),
    KIND(CreateStatsStmt, "CREATE STATISTICS", DDL),
    KIND(AlterStatsStmt, "ALTER STATISTICS", DDL),
    KIND(CreateSeqStmt, "CREATE SEQUENCE", DDL),
    KIND(AlterSeqStmt, "ALTER SEQUENCE", DDL),
    KIND(CreateSchemaStmt, "CREATE SCHEMA", DDL),
    KIND(CompositeTypeStmt, "CREATE TYPE", DDL),
    KIND(CreateEnumStmt, "CREATE TYPE", DDL),
    KIND(CreateRangeStmt, "CREATE TYPE", DDL),
    KIND(AlterTypeStmt, "ALTER TYPE", DDL),
    KIND(AlterEnumStmt, "ALTER TYPE", DDL),
    KIND(CreateDomainStmt, "CREATE DOMAIN", DDL),
    KIND(AlterDomainStmt, "ALTER DOMAIN", DDL),
    KIND(CreateCastStmt, "CREATE CAST", DDL),
    KIND(CreateTransformStmt, "CREATE TRANSFORM", DDL),
    KIND(CreateConversionStmt, "CREATE CONVERSION", DDL),
    KIND(CreatePLangStmt, "CREATE LANGUAGE", DDL),
    KIND(CreateAmStmt, "CREATE ACCESS METHOD", DDL),
    KIND(CreateOpClassStmt, "CREATE OPERATOR CLASS", DDL),
    KIND(CreateOpFamilyStmt, "CREATE OPERATOR FAMILY", DDL),
    KIND(AlterOpFamilyStmt, "ALTER OPERATOR FAMILY", DDL),
    KIND(AlterOperatorStmt, "ALTER OPERATOR", DDL),
    KIND(AlterCollationStmt, "ALTER COLLATION", DDL),
    KIND(AlterTSDictionaryStmt, "ALTER TEXT SEARCH DICTIONARY", DDL),
    KIND(AlterTSConfigurationStmt, "ALTER TEXT SEARCH CONFIGURATION", DDL),
    KIND(CreateExtensionStmt, "CREATE EXTENSION", DDL),
    KIND(AlterExtensionStmt, "ALTER EXTENSION", DDL),
    KIND(AlterExtensionContentsStmt, "ALTER EXTENSION", DDL),
    KIND(CreateFdwStmt, "CREATE FOREIGN DATA WRAPPER", DDL),
    KIND(AlterFdwStmt, "ALTER FOREIGN DATA WRAPPER", DDL),
    KIND(CreateForeignServerStmt, "CREATE SERVER", DDL),
    KIND(AlterForeignServerStmt, "ALTER SERVER", DDL),
    KIND(CreateUserMappingStmt, "CREATE USER MAPPING", DCL),
    KIND(AlterUserMappingStmt, "ALTER USER MAPPING", DCL),
    KIND(DropUserMappingStmt, "DROP USER MAPPING", DCL),
    KIND(ImportForeignSchemaStmt, "IMPORT FOREIGN SCHEMA", DDL),
    KIND(CreatedbStmt, "CREATE DATABASE", DDL),
    KIND(AlterDatabaseStmt, "ALTER DATABASE", DDL),
    KIND(AlterDatabaseSetStmt, "ALTER DATABASE", DDL),
    KIND(AlterDatabaseRefreshCollStmt, "ALTER DATABASE", DDL),
    KIND(DropdbStmt, "DROP DATABASE", DDL),
    KIND(CreateTableSpaceStmt, "CREATE TABLESPACE", DDL),
    KIND(AlterTableSpaceOptionsStmt, "ALTER TABLESPACE", DDL),
    KIND(DropTableSpaceStmt, "DROP TABLESPACE", DDL),
    KIND(CreatePublicationStmt, "CREATE PUBLICATION", DDL),
    KIND(AlterPublicationStmt, "ALTER PUBLICATION", DDL),
    KIND(CreateSubscriptionStmt, "CREATE SUBSCRIPTION", DDL),
    KIND(AlterSubscriptionStmt, "ALTER SUBSCRIPTION", DDL),
    KIND(DropSubscriptionStmt, "DROP SUBSCRIPTION", DDL),
    KIND(SecLabelStmt, "SECURITY LABEL", DCL),
    KIND(CommentStmt, "COMMENT", DDL),
    KIND(AlterSystemStmt, "ALTER SYSTEM", DCL),
    KIND(CreateRoleStmt, "CREATE ROLE", DCL),
    KIND(AlterRoleStmt, "ALTER ROLE", DCL),
    KIND(AlterRoleSetStmt, "ALTER ROLE", DCL),
    KIND(DropRoleStmt, "DROP ROLE", DCL),
    KIND(DropOwnedStmt, "DROP OWNED", DCL),
    KIND(ReassignOwnedStmt, "REASSIGN OWNED", DCL),
    KIND(AlterDefaultPrivilegesStmt, "ALTER DEFAULT PRIVILEGES", DCL),
#undef KIND
};

static Kind ddl(const char* name) {
  return (Kind){name, PG_GROUP_DDL};
}

static Kind transaction(const TransactionStmt* statement) {
  switch (statement->kind) {
    case TRANS_STMT_BEGIN:
    case TRANS_STMT_START:
      return (Kind){"BEGIN", PG_GROUP_TCL};
    case TRANS_STMT_COMMIT:
      return (Kind){"COMMIT", PG_GROUP_TCL};
    case TRANS_STMT_ROLLBACK:
    case TRANS_STMT_ROLLBACK_TO:
      return (Kind){"ROLLBACK", PG_GROUP_TCL};
    case TRANS_STMT_SAVEPOINT:
      return (Kind){"SAVEPOINT", PG_GROUP_TCL};
    case TRANS_STMT_RELEASE:
      return (Kind){"RELEASE", PG_GROUP_TCL};
    case TRANS_STMT_PREPARE:
      return (Kind){"PREPARE TRANSACTION", PG_GROUP_TCL};
    case TRANS_STMT_COMMIT_PREPARED:
      return (Kind){"COMMIT PREPARED", PG_GROUP_TCL};
    case TRANS_STMT_ROLLBACK_PREPARED:
      return (Kind){"ROLLBACK PREPARED", PG_GROUP_TCL};
  }
  return (Kind){NULL, PG_GROUP_NONE};
}

static Kind setting(const VariableSetStmt* statement) {
  const bool reset = statement->kind == VAR_RESET || statement->kind == VAR_RESET_ALL;
  return reset ? (Kind){"RESET", PG_GROUP_OTHER} : (Kind){"SET", PG_GROUP_NONE};
}

static Kind create_as(const CreateTableAsStmt* statement) {
  return ddl(statement->objtype == OBJECT_MATVIEW ? "CREATE MATERIALIZED VIEW" : "CREATE TABLE AS");
}

// Statements that say the kind of object they are about.
static Kind by_object(const Node* node) {
  switch ((int)nodeTag(node)) {
    case T_DefineStmt:
      return ddl(words(((const DefineStmt*)node)->kind, CREATE));
    case T_DropStmt:
      return ddl(words(((const DropStmt*)node)->removeType, DROP));
    case T_AlterTableStmt:
      return ddl(words(((const AlterTableStmt*)node)->objtype, ALTER));
    case T_AlterTableMoveAllStmt:
      return ddl(words(((const AlterTableMoveAllStmt*)node)->objtype, ALTER));
    case T_AlterFunctionStmt:
      return ddl(words(((const AlterFunctionStmt*)node)->objtype, ALTER));
    case T_RenameStmt:
      return ddl(words(((const RenameStmt*)node)->renameType, ALTER));
    case T_AlterObjectSchemaStmt:
      return ddl(words(((const AlterObjectSchemaStmt*)node)->objectType, ALTER));
    case T_AlterOwnerStmt:
      return ddl(words(((const AlterOwnerStmt*)node)->objectType, ALTER));
    case T_AlterObjectDependsStmt:
      return ddl(words(((const AlterObjectDependsStmt*)node)->objectType, ALTER));
    default:
      return (Kind){NULL, PG_GROUP_NONE};
  }
}

static Kind privilege(bool grants) {
  return (Kind){grants ? "GRANT" : "REVOKE", PG_GROUP_DCL};
}

Kind kind_of(const Node* node) {
  switch ((int)nodeTag(node)) {
    case T_TransactionStmt:
      return transaction((const TransactionStmt*)node);
    case T_VariableSetStmt:
      return setting((const VariableSetStmt*)node);
    case T_FetchStmt:
      return ((const FetchStmt*)node)->ismove ? (Kind){"MOVE", PG_GROUP_OTHER} : (Kind){"FETCH", PG_GROUP_NONE};
    case T_VacuumStmt:
      return (Kind){((const VacuumStmt*)node)->is_vacuumcmd ? "VACUUM" : "ANALYZE", PG_GROUP_OTHER};
    case T_CreateTableAsStmt:
      return create_as((const CreateTableAsStmt*)node);
    case T_CreateFunctionStmt:
      return ddl(((const CreateFunctionStmt*)node)->is_procedure ? "CREATE PROCEDURE" : "CREATE FUNCTION");
    case T_GrantStmt:
      return privilege(((const GrantStmt*)node)->is_grant);
    case T_GrantRoleStmt:
      return privilege(((const GrantRoleStmt*)node)->is_grant);
    default: {
      const size_t tag = (size_t)nodeTag(node);
      const bool fixed = tag < sizeof(kFixed) / sizeof(kFixed[0]) && kFixed[tag].name != NULL;
      return fixed ? kFixed[tag] : by_object(node);
    }
  }
}
