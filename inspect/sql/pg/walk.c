// Parses a text and walks its tree: one loop over an explicit stack, so that depth is counted and never recursed into.
#include <stdlib.h>

#include "inspect/sql/pg/tree.h"

enum {
  kFirstRoom = 64,
  kStepsPerByte = 8,  // of visits: no token makes that many nodes
  kLeastSteps = 1 << 22,
};

PgWalk* pg_walk_new(void) {
  return calloc(1, sizeof(PgWalk));
}

void pg_walk_free(PgWalk* walk) {
  if (walk != NULL) {
    free(walk->frames);
    free(walk->ranges);
    free(walk->ctes);
    free(walk->scopes);
    free(walk->found);
    free(walk->facts);
    free(walk->statements);
    free(walk);
  }
}

static void fail(PgWalk* walk, enum PgError error) {
  if (walk->error == PG_ERROR_NONE) {
    walk->error = error;
  }
}

bool spend(PgWalk* walk, uint64_t steps) {
  if (walk->steps_left < steps) {
    walk->steps_left = 0;
    fail(walk, PG_ERROR_TOO_DEEP);
    return false;
  }
  walk->steps_left -= steps;
  return true;
}

bool grow(PgWalk* walk, void** array, uint32_t* room, size_t element) {
  const uint32_t wanted = *room == 0 ? kFirstRoom : *room * 2;
  void* grown = realloc(*array, wanted * element);
  if (grown == NULL) {
    fail(walk, PG_ERROR_TOO_DEEP);
    return false;
  }
  *array = grown;
  *room = wanted;
  return true;
}

// ---- the stack ------------------------------------------------------------------------------------------------------

static void push_frame(PgWalk* walk, Node* node, const NodeShape* shape) {
  if (walk->frame_count == walk->frame_room && !grow(walk, (void**)&walk->frames, &walk->frame_room, sizeof(Frame))) {
    return;
  }
  walk->frames[walk->frame_count++] = (Frame){node, shape, 0, walk->range_count};
}

static void enter(PgWalk* walk, Node* node) {
  if (!spend(walk, 1)) {
    return;
  }
  if (nodeTag(node) == T_List) {
    push_frame(walk, node, NULL);
    return;
  }
  const NodeShape* shape = shape_of(nodeTag(node));
  if (shape == NULL) {
    fail(walk, PG_ERROR_UNKNOWN_NODE);
    return;
  }
  if (walk->depth >= walk->max_depth) {
    fail(walk, PG_ERROR_TOO_DEEP);
    return;
  }
  if (shape->scope && !push_scope(walk, node)) {
    return;
  }
  const Descend descend = shape->enter == NULL ? DESCEND : shape->enter(walk, node);
  if (descend == SKIP || shape->fields[0] == 0) {
    if (shape->leave != NULL) {
      shape->leave(walk, node);
    }
    if (shape->scope) {
      pop_scope(walk);
    }
    return;
  }
  ++walk->depth;
  push_frame(walk, node, shape);
}

static void leave(PgWalk* walk, const Frame* frame) {
  if (frame->shape == NULL) {
    return;
  }
  --walk->depth;
  walk->ranges_before = frame->ranges_before;
  if (frame->shape->leave != NULL) {
    frame->shape->leave(walk, frame->node);
  }
  if (frame->shape->scope) {
    pop_scope(walk);
  }
}

// The next child of the frame on top, NULL when there is none left.
static Node* next_child(Frame* frame) {
  if (frame->shape == NULL) {
    const List* list = (const List*)frame->node;
    while (frame->next < list->length) {
      Node* node = cell_of(list, frame->next++);
      if (node != NULL) {
        return node;
      }
    }
    return NULL;
  }
  while (frame->shape->fields[frame->next] != 0) {
    Node* node = *(Node**)((char*)frame->node + frame->shape->fields[frame->next++]);
    if (node != NULL) {
      return node;
    }
  }
  return NULL;
}

static void walk_tree(PgWalk* walk, Node* root) {
  enter(walk, root);
  while (walk->frame_count > 0 && walk->error == PG_ERROR_NONE) {
    Node* child = next_child(&walk->frames[walk->frame_count - 1]);
    if (child != NULL) {
      enter(walk, child);
    } else {
      const Frame done = walk->frames[--walk->frame_count];
      leave(walk, &done);
    }
  }
}

Node* parent_of(const PgWalk* walk) {
  for (uint32_t i = walk->frame_count; i > 0; --i) {
    if (walk->frames[i - 1].shape != NULL) {
      return walk->frames[i - 1].node;
    }
  }
  return NULL;
}

// ---- statements -----------------------------------------------------------------------------------------------------

static void read_statement(PgWalk* walk, const RawStmt* raw) {
  if (walk->statement_count == walk->statement_room &&
      !grow(walk, (void**)&walk->statements, &walk->statement_room, sizeof(PgStatement))) {
    return;
  }
  const Kind kind = kind_of(raw->stmt);
  if (kind.name == NULL) {
    fail(walk, PG_ERROR_UNKNOWN_NODE);
    return;
  }
  walk->statement = &walk->statements[walk->statement_count++];
  *walk->statement = (PgStatement){kind.name, NULL, (uint8_t)kind.group, 0, raw->stmt_location, raw->stmt_len, 0};
  walk->lock_next = false;
  if (push_scope(walk, NULL)) {
    walk_tree(walk, raw->stmt);
  }
  walk->frame_count = 0;
  walk->depth = 0;
  walk->scope_count = 0;
  walk->range_count = 0;
  walk->cte_count = 0;
  walk->statement->facts_end = walk->fact_count;
}

// bison says so when its stack of 10,000 is full: (((((…
static enum PgError parse_error_of(const PgQueryError* error) {
  return error->message != NULL && strncmp(error->message, "memory exhausted", 16) == 0 ? PG_ERROR_TOO_DEEP
                                                                                        : PG_ERROR_SYNTAX;
}

PgReading pg_read(PgWalk* walk, const char* text, uint32_t max_depth) {
  walk->fact_count = 0;
  walk->statement_count = 0;
  walk->error = PG_ERROR_NONE;
  walk->max_depth = max_depth;
  walk->steps_left = kLeastSteps + (uint64_t)kStepsPerByte * strlen(text);
  walk->context = pg_query_enter_memory_context();
  pg_pin_lexer();
  const PgQueryInternalParsetreeAndError parsed = pg_query_raw_parse(text);
  free(parsed.stderr_buffer);
  walk->parse_error = parsed.error;
  PgReading reading = {0};
  if (parsed.error != NULL) {
    reading.error = parse_error_of(parsed.error);
    reading.error_character = parsed.error->cursorpos;
    return reading;
  }
  for (int i = 0; i < count_of(parsed.tree) && walk->error == PG_ERROR_NONE; ++i) {
    read_statement(walk, cell_of(parsed.tree, i));
  }
  reading.error = walk->error;
  reading.statements = walk->statements;
  reading.statement_count = walk->statement_count;
  reading.facts = walk->facts;
  reading.fact_count = walk->fact_count;
  return reading;
}

void pg_release(PgWalk* walk) {
  if (walk->parse_error != NULL) {
    pg_query_free_error(walk->parse_error);
    walk->parse_error = NULL;
  }
  pg_query_exit_memory_context(walk->context);
}
