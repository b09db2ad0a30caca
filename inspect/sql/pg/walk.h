// The plain C seam between PostgreSQL's raw parse tree and the facts: nothing of the server's headers is seen here.
#ifndef GABION_INSPECT_SQL_PG_WALK_H
#define GABION_INSPECT_SQL_PG_WALK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The enumerations of facts.h, in its order; parse.cc asserts that they agree.
enum PgAccess {
  PG_ACCESS_SELECT,
  PG_ACCESS_INSERT,
  PG_ACCESS_UPDATE,
  PG_ACCESS_DELETE,
  PG_ACCESS_TRUNCATE,
  PG_ACCESS_DDL,
  PG_ACCESS_LOCK
};
enum PgCall { PG_CALL_BY_NAME, PG_CALL_SYNTAX, PG_CALL_VALUE, PG_CALL_OPERATOR, PG_CALL_ATTRIBUTE };
enum PgDefined { PG_DEFINED_PREPARED, PG_DEFINED_CURSOR };
enum PgUsed { PG_USED_EXECUTE, PG_USED_DEALLOCATE, PG_USED_FETCH, PG_USED_MOVE, PG_USED_CLOSE, PG_USED_CURRENT_OF };
enum PgLineage { PG_LINEAGE_COLUMN, PG_LINEAGE_STAR, PG_LINEAGE_CONSTANT, PG_LINEAGE_UNKNOWN };
enum PgGroup { PG_GROUP_NONE, PG_GROUP_TCL, PG_GROUP_DDL, PG_GROUP_DCL, PG_GROUP_OTHER };
enum PgFlag {
  PG_FLAG_HAS_WHERE,
  PG_FLAG_WHERELESS_WRITE,
  PG_FLAG_TAUTOLOGICAL_WRITE,
  PG_FLAG_TAUTOLOGY,
  PG_FLAG_CONSTANT_COMPARISON,
  PG_FLAG_CONSTANT_OR,
  PG_FLAG_CONSTANT_UNION,
  PG_FLAG_CONSTANT_CASE,
  PG_FLAG_TIME_FUNCTION,
  PG_FLAG_FILE_FUNCTION,
  PG_FLAG_HIDDEN_SQL,
  PG_FLAG_ADMIN_FUNCTION,
  PG_FLAG_CATALOGUE,
  PG_FLAG_TRAILING_COMMENT,
  PG_FLAG_DYNAMIC_SQL,
  PG_FLAG_DEFINES_CODE,
  PG_FLAG_COPY_PROGRAM,
  PG_FLAG_COPY_FILE,
  PG_FLAG_COPY_FROM_STDIN,
  PG_FLAG_COPY_TO_STDOUT,
  PG_FLAG_LEXER_SETTING,
  PG_FLAG_NAME_SETTING,
  PG_FLAG_TRANSACTION,
  PG_FLAG_RETURNS_ROWS,
  PG_FLAG_WRITES,
  PG_FLAG_EXECUTES,
  PG_FLAG_REG_CAST,
  PG_FLAG_ROW_LOCK,
  PG_FLAG_PARAMETERS,
  PG_FLAG_UNKNOWN_COLUMNS,
  PG_FLAG_UNNAMED_RELATIONS,
  PG_FLAG_VALUE_READ,
  PG_FLAG_ROW_VALUE
};

enum PgFactWhat {
  PG_FACT_RELATION,  // schema, name; detail: PgAccess
  PG_FACT_COLUMN,    // schema, table, column; detail: PgAccess
  PG_FACT_FUNCTION,  // schema, name; detail: PgCall
  PG_FACT_SETTING,   // name
  PG_FACT_DEFINED,   // name, kind; detail: PgDefined
  PG_FACT_USED,      // name; detail: PgUsed
  PG_FACT_OUTPUT     // schema, table, column; detail: PgLineage
};

// Texts are NUL-terminated or NULL and belong to the parse tree.
typedef struct PgFact {
  uint8_t what;
  uint8_t detail;
  const char* first;
  const char* second;
  const char* third;
} PgFact;

typedef struct PgStatement {
  const char* kind;
  const char* inner_kind;  // NULL: carries none
  uint8_t group;
  uint64_t flags;  // bit n is PgFlag n
  int location;
  int length;  // 0: to the end of the text
  uint32_t facts_end;
} PgStatement;

enum PgError { PG_ERROR_NONE, PG_ERROR_SYNTAX, PG_ERROR_TOO_DEEP, PG_ERROR_UNKNOWN_NODE };

// Of the newest pg_read: statements and facts in order, good until pg_release.
typedef struct PgReading {
  const PgStatement* statements;
  uint32_t statement_count;
  const PgFact* facts;
  uint32_t fact_count;
  enum PgError error;
  int error_character;  // 1 is the first character of the text, 0 unknown
} PgReading;

typedef struct PgWalk PgWalk;

// NULL when there is no memory. Made and used by one thread.
PgWalk* pg_walk_new(void);
void pg_walk_free(PgWalk* walk);

// Parses NUL-terminated, valid UTF-8 `text`. Every pg_read is followed by a pg_release.
PgReading pg_read(PgWalk* walk, const char* text, uint32_t max_depth);
void pg_release(PgWalk* walk);

// Makes the calling thread's lexer read as a server does with standard_conforming_strings on. Defined without the
// server's headers: there these variables are ordinary, in the library they are thread-local.
void pg_pin_lexer(void);

#ifdef __cplusplus
}
#endif

#endif
