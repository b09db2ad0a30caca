// What the files of the walk share: the one place that includes PostgreSQL's server headers, and the walk's own state.
//
// The server's headers declare the library's thread-local variables as ordinary ones. So nothing here may touch them,
// not by macro either: no palloc, no ereport, no PG_TRY, no MemoryContextSwitchTo. Fields of nodes are read, nothing
// else.
#ifndef GABION_INSPECT_SQL_PG_TREE_H
#define GABION_INSPECT_SQL_PG_TREE_H

#include <pg_query.h>
#include <pg_query/pg_query_internal.h>
#include <postgres.h>

#include <nodes/parsenodes.h>
#include <nodes/primnodes.h>

#include "inspect/sql/pg/walk.h"

enum { kMostFields = 15 };

// What a hook tells the walk to do with the node's children.
typedef enum Descend { DESCEND, SKIP } Descend;

typedef struct PgWalk PgWalk;
typedef Descend (*EnterHook)(PgWalk* walk, Node* node);
typedef void (*LeaveHook)(PgWalk* walk, Node* node);

// How one tag is walked. A tag whose entry is not `known` is refused.
typedef struct NodeShape {
  bool known;
  bool scope;  // names of FROM and WITH inside are gone after it
  EnterHook enter;
  LeaveHook leave;
  uint16_t fields[kMostFields + 1];  // offsets of Node* or List*, in the order they are walked; 0 ends
} NodeShape;

const NodeShape* shape_of(NodeTag tag);

// ---- state ----------------------------------------------------------------------------------------------------------

typedef struct Frame {
  Node* node;
  const NodeShape* shape;  // NULL: a list
  int next;                // of the fields or cells
  uint32_t ranges_before;  // range_count when it was entered
} Frame;

typedef enum RangeKind {
  RANGE_RELATION,
  RANGE_QUERY,     // sub-query or CTE; `query` may be NULL
  RANGE_FUNCTION,  // of functions, XMLTABLE; also rows that are no relation's
  RANGE_EXCLUDED,  // the same, of which columns are never bare
  RANGE_JOIN       // alias of a join: columns of any of its sides
} RangeKind;

typedef enum RangeMark {
  RANGE_HIDDEN = 1,    // a side of a join that has an alias: no name leads to it, but a star reads it
  RANGE_MENTIONED = 2  // a column may be its
} RangeMark;

// A name that columns can be qualified with.
typedef struct Range {
  RangeKind kind;
  const char* alias;  // NULL: relation's own name
  const char* schema;
  const char* relation;
  Node* query;
  List* column_names;  // of the alias, NULL: none
  uint8_t marks;       // of RangeMark
} Range;

typedef struct Scope {
  uint32_t ranges_begin;
  uint32_t ctes_begin;
  bool hides_parent;   // columns inside do not see the ranges of the level around it
  bool set_operation;  // bare names in its ORDER BY are result columns
  bool merges_all;     // ON of its MERGE holds for every row, or speaks of the source alone
  bool locks_all;      // FOR UPDATE without OF, here or in a query around it
  List* locking;       // of LockingClause
  Node* node;
  uint32_t frame;  // of `node`
} Scope;

struct PgWalk {
  Frame* frames;
  uint32_t frame_count, frame_room;
  Range* ranges;
  uint32_t range_count, range_room;
  CommonTableExpr** ctes;
  uint32_t cte_count, cte_room;
  Scope* scopes;
  uint32_t scope_count, scope_room;
  uint32_t* found;  // ranges, of the newest find_named or find_owners
  uint32_t found_count, found_room;
  PgFact* facts;
  uint32_t fact_count, fact_room;
  PgStatement* statements;
  uint32_t statement_count, statement_room;

  PgStatement* statement;  // the one being walked
  uint32_t depth, max_depth;
  uint64_t steps_left;     // of visits and comparisons of names: hostile texts end here, not the thread
  uint32_t ranges_before;  // range_count when the node that is being left was entered
  bool lock_next;          // the next query inside FROM is locked by the one around it
  enum PgError error;

  MemoryContext context;
  PgQueryError* parse_error;
};

// Spends n steps; false when there are none left, with the error set.
bool spend(PgWalk* walk, uint64_t steps);
bool grow(PgWalk* walk, void** array, uint32_t* room, size_t element);

// ---- facts ----------------------------------------------------------------------------------------------------------

void add_fact(PgWalk* walk, enum PgFactWhat what, int detail, const char* first, const char* second, const char* third);
void set_flag(PgWalk* walk, enum PgFlag flag);
bool has_flag(const PgWalk* walk, enum PgFlag flag);

// A relation by its node; does nothing for NULL.
void add_relation(PgWalk* walk, const RangeVar* relation, enum PgAccess access);
// By the list of strings DROP, COMMENT and their like name it with.
void add_named_relation(PgWalk* walk, const List* name, enum PgAccess access);
void add_column(PgWalk* walk, const RangeVar* relation, const char* column, enum PgAccess access);
void add_function(PgWalk* walk, const List* name, enum PgCall call);
// Schema and operator; nothing without a schema.
void add_operator(PgWalk* walk, const List* name);
void add_setting(PgWalk* walk, const char* name);
// Whether it is what every session is pinned to anyway: drivers and dumps say it again. NULL: it cannot be told.
bool is_pinned(const char* setting, const char* value);
// Whether the value, NULL where it cannot be told, is the one a session has anyway, or takes names away and adds none:
// what dumps begin with.
bool changes_nothing(const char* setting, const char* value);
// One that is set to what every session is pinned to.
void add_pinned_setting(PgWalk* walk, const char* name);
// The statement acts on relations it does not name.
void reach_unnamed(PgWalk* walk);

// ---- lists and names ------------------------------------------------------------------------------------------------

static inline int count_of(const List* list) {
  return list == NULL ? 0 : list->length;
}
static inline void* cell_of(const List* list, int index) {
  return list->elements[index].ptr_value;
}
static inline void* last_of(const List* list) {
  return count_of(list) == 0 ? NULL : cell_of(list, list->length - 1);
}
static inline bool is_node(const void* node, NodeTag tag) {
  return node != NULL && nodeTag(node) == tag;
}
// The text of a String, NULL for anything else.
static inline const char* text_of(const void* node) {
  return is_node(node, T_String) ? ((const String*)node)->sval : NULL;
}
static inline bool same_name(const char* one, const char* other) {
  return one != NULL && other != NULL && strcmp(one, other) == 0;
}
// Name `from_end` places before the last of a qualified name: 0 its own, 1 its schema; NULL if there is none.
const char* part_of(const List* name, int from_end);

// ---- scopes (scope.c, names.c, columns.c) ---------------------------------------------------------------------------

bool push_scope(PgWalk* walk, Node* node);
void pop_scope(PgWalk* walk);
Scope* top_scope(PgWalk* walk);
// The node around the one being entered, lists left out; NULL at the top.
Node* parent_of(const PgWalk* walk);

bool push_range(PgWalk* walk, Range range);
// The relation a statement writes to, or is about, as a range of the top scope.
void push_target(PgWalk* walk, const RangeVar* relation);
bool push_cte(PgWalk* walk, CommonTableExpr* cte);
CommonTableExpr* find_cte(PgWalk* walk, const char* name);

// First and one past the last range of a scope.
uint32_t ranges_end(const PgWalk* walk, uint32_t scope);
// The next scope outwards whose ranges `scope` sees; UINT32_MAX at the end.
uint32_t outer_scope(const PgWalk* walk, uint32_t scope);
// False while its FROM is read: ON, TABLESAMPLE and LATERAL see some of the ranges only, and outer ones instead.
bool sees_all(const PgWalk* walk, uint32_t scope);

typedef enum Owns { OWNS_NO, OWNS_YES, OWNS_MAYBE } Owns;
Owns range_owns(PgWalk* walk, const Range* range, const char* column);
// What `column` of a query's result is: its expression, NULL when it cannot be told.
ResTarget* result_named(PgWalk* walk, Node* query, List* column_names, const char* column);
// Leftmost arm of a set operation, RETURNING of a writing statement: the list that names results.
List* results_of(Node* query);

// names.c: each fills walk->found with every range that a qualifier, or an unqualified column, may mean.
uint32_t find_named(PgWalk* walk, const char* schema, const char* name);
uint32_t find_owners(PgWalk* walk, const char* column);
// Where a reference leads, NULL unless exactly one range can be meant.
const Range* only_range(PgWalk* walk, const ColumnRef* reference);

// A row's .name calls a function where the row has no such column. Only those of the catalogue that take any row are
// known; one of the database's own is told as a column of that name.
typedef enum RowCall { CALL_NONE, CALL_TELLS_NOTHING, CALL_TELLS_ROW } RowCall;
RowCall row_call(const char* name);

// Sets the flags that tell where a column is read (places.c).
void look_at_place(PgWalk* walk, const ColumnRef* reference);

void read_star(PgWalk* walk);
void read_of(PgWalk* walk, const Range* range, const char* column);
void add_outputs(PgWalk* walk, const List* targets);

// ---- conditions.c ---------------------------------------------------------------------------------------------------

// Literals, and operators and casts over them.
bool is_constant(const Node* node);
// The same, and functions of them.
bool is_constant_call(const Node* node);
// True of every row, as far as can be seen without the catalogue; a condition of constants alone counts unless it is
// false.
bool is_always_true(const Node* condition);
void look_at_comparison(PgWalk* walk, const A_Expr* comparison);

// ---- kinds.c --------------------------------------------------------------------------------------------------------

typedef struct Kind {
  const char* name;  // NULL: no statement
  enum PgGroup group;
} Kind;
Kind kind_of(const Node* statement);

// ---- hooks, named by node_shapes.c ----------------------------------------------------------------------------------

Descend enter_select(PgWalk* walk, Node* node);
Descend enter_insert(PgWalk* walk, Node* node);
Descend enter_update(PgWalk* walk, Node* node);
Descend enter_delete(PgWalk* walk, Node* node);
Descend enter_merge(PgWalk* walk, Node* node);
void leave_query(PgWalk* walk, Node* node);
Descend enter_with(PgWalk* walk, Node* node);
void leave_cte(PgWalk* walk, Node* node);
Descend enter_from_item(PgWalk* walk, Node* node);
void leave_sub_query(PgWalk* walk, Node* node);
void leave_function_range(PgWalk* walk, Node* node);
Descend enter_sub_query(PgWalk* walk, Node* node);
void leave_join(PgWalk* walk, Node* node);
Descend enter_conflict(PgWalk* walk, Node* node);
void leave_conflict(PgWalk* walk, Node* node);
Descend enter_conflict_target(PgWalk* walk, Node* node);
Descend enter_merge_arm(PgWalk* walk, Node* node);
Descend enter_multi_assign(PgWalk* walk, Node* node);

Descend enter_column(PgWalk* walk, Node* node);
Descend enter_parameter(PgWalk* walk, Node* node);
Descend enter_expression(PgWalk* walk, Node* node);
Descend enter_boolean(PgWalk* walk, Node* node);
Descend enter_case(PgWalk* walk, Node* node);
Descend enter_sub_link(PgWalk* walk, Node* node);
Descend enter_sort(PgWalk* walk, Node* node);
Descend enter_cast(PgWalk* walk, Node* node);
Descend enter_call(PgWalk* walk, Node* node);
Descend enter_indirection(PgWalk* walk, Node* node);
Descend enter_value_function(PgWalk* walk, Node* node);
Descend enter_current_of(PgWalk* walk, Node* node);

Descend enter_copy(PgWalk* walk, Node* node);
Descend enter_explain(PgWalk* walk, Node* node);
Descend enter_prepare(PgWalk* walk, Node* node);
Descend enter_declare(PgWalk* walk, Node* node);
Descend enter_execute(PgWalk* walk, Node* node);
Descend enter_deallocate(PgWalk* walk, Node* node);
Descend enter_fetch(PgWalk* walk, Node* node);
Descend enter_close(PgWalk* walk, Node* node);
Descend enter_transaction(PgWalk* walk, Node* node);
Descend enter_set(PgWalk* walk, Node* node);
Descend enter_stored_setting(PgWalk* walk, Node* node);
Descend enter_show(PgWalk* walk, Node* node);
Descend enter_discard(PgWalk* walk, Node* node);
Descend enter_do(PgWalk* walk, Node* node);
Descend enter_procedure_call(PgWalk* walk, Node* node);
Descend enter_lock(PgWalk* walk, Node* node);
Descend enter_truncate(PgWalk* walk, Node* node);

Descend enter_create_as(PgWalk* walk, Node* node);
Descend enter_view(PgWalk* walk, Node* node);
Descend enter_create_table(PgWalk* walk, Node* node);
Descend enter_table_like(PgWalk* walk, Node* node);
Descend enter_constraint(PgWalk* walk, Node* node);
Descend enter_alter_table(PgWalk* walk, Node* node);
Descend enter_partition(PgWalk* walk, Node* node);
Descend enter_index(PgWalk* walk, Node* node);
Descend enter_rule(PgWalk* walk, Node* node);
Descend enter_trigger(PgWalk* walk, Node* node);
Descend enter_event_trigger(PgWalk* walk, Node* node);
Descend enter_policy(PgWalk* walk, Node* node);
Descend enter_alter_policy(PgWalk* walk, Node* node);
Descend enter_create_function(PgWalk* walk, Node* node);
Descend enter_domain(PgWalk* walk, Node* node);
Descend enter_code(PgWalk* walk, Node* node);
Descend enter_statistics(PgWalk* walk, Node* node);
Descend enter_sequence(PgWalk* walk, Node* node);
Descend enter_alter_sequence(PgWalk* walk, Node* node);
Descend enter_published(PgWalk* walk, Node* node);
Descend enter_definition(PgWalk* walk, Node* node);

Descend enter_drop(PgWalk* walk, Node* node);
Descend enter_comment(PgWalk* walk, Node* node);
Descend enter_label(PgWalk* walk, Node* node);
Descend enter_grant(PgWalk* walk, Node* node);
Descend enter_rename(PgWalk* walk, Node* node);
Descend enter_move_schema(PgWalk* walk, Node* node);
Descend enter_owner(PgWalk* walk, Node* node);
Descend enter_depends(PgWalk* walk, Node* node);
Descend enter_vacuum_relation(PgWalk* walk, Node* node);
Descend enter_cluster(PgWalk* walk, Node* node);
Descend enter_reindex(PgWalk* walk, Node* node);
Descend enter_refresh(PgWalk* walk, Node* node);
Descend enter_writes(PgWalk* walk, Node* node);
Descend enter_vacuum(PgWalk* walk, Node* node);
Descend enter_publication(PgWalk* walk, Node* node);
Descend enter_published_object(PgWalk* walk, Node* node);
Descend enter_alter_database(PgWalk* walk, Node* node);
Descend enter_extension(PgWalk* walk, Node* node);
Descend enter_extension_member(PgWalk* walk, Node* node);
Descend enter_unnamed(PgWalk* walk, Node* node);

#endif
