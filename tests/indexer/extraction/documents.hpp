// Documents made for tests.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace indexer::documents {

using Files = std::vector<std::pair<std::string, std::string>>;

// A zip package, deflated.
[[nodiscard]] std::string zip(const Files& files);
// A document of one page with these lines; without fonts of its own.
[[nodiscard]] std::string pdf(const std::vector<std::string>& lines);
// A docx with a paragraph for each.
[[nodiscard]] std::string docx(const std::vector<std::string>& paragraphs);

}  // namespace indexer::documents
