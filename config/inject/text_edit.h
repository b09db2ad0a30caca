// A patch brought into a manifest's text: comments, order, quotes and anchors of what is not touched survive.
#pragma once

#include <string>
#include <string_view>

#include "config/inject/json_patch.h"
#include "config/yaml_value.h"

namespace gabion::config::inject {

/// `text` is one document, `root` its tree. Where the text cannot be edited line by line (flow style, JSON, an alias
/// where something has to be added), the whole document is written anew and the old one stays as comments. Either way
/// the result is read again and is what the patch makes of the tree, and without_marks() gives `text` back. Errors: a
/// patch that does not fit, a text that holds our marks as values.
[[nodiscard]] Result<std::string> edit_text(std::string_view text, const YamlValue& root, const JsonPatch& patch);

/// The line (from 0) of `text`, an edited document, in front of which a comment about the document stands; behind the
/// last where it begins on the line of its "---".
[[nodiscard]] std::size_t comment_line(std::string_view text, const YamlValue& root);

}  // namespace gabion::config::inject
