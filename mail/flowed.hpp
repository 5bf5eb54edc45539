// Joins the lines of paragraphs again in text of format=flowed (RFC 3676).
#pragma once

#include <string>
#include <string_view>

namespace mail {

// `text` (line feeds only) with its paragraphs on one line each. Quoted lines keep their ">" marks,
// space-stuffing is undone. `delete_space`: the blank at which a line was broken is not part of the
// text.
[[nodiscard]] std::string join_flowed_lines(std::string_view text, bool delete_space);

}  // namespace mail
