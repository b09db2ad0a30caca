// A message with some of its values changed, the lengths around them included.
#pragma once

#include <string>
#include <string_view>

#include "inspect/body_edits.h"
#include "inspect/grpc/protobuf/field_list.h"

namespace gabion::inspect::grpc {

/// Appends `message`, which was read into `fields`, with what `edits` (settled, of fields.text()) ask for. A value
/// whose length nobody knows how to change keeps it: where its new text is shorter or longer, all that was to be
/// replaced is covered with '*'.
void rewrite_message(std::string_view message, const FieldList& fields, const EditList& edits, std::string& out);

}  // namespace gabion::inspect::grpc
