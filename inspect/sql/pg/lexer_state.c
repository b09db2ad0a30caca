// What the lexer reads by: pinned here, in a file that sees none of the server's headers.
#include <stdbool.h>

#include "inspect/sql/pg/walk.h"

extern __thread bool standard_conforming_strings;
extern __thread bool escape_string_warning;
extern __thread int backslash_quote;

enum { kBackslashQuoteSafeEncoding = 2 };

void pg_pin_lexer(void) {
  standard_conforming_strings = true;
  escape_string_warning = false;
  backslash_quote = kBackslashQuoteSafeEncoding;
}
