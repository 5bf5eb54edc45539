// Queries drawn from an index's own words, the same for the same seed: what search benches ask. They mean the same to davenport
// and to notmuch, but that notmuch calls names of attachments `attachment:` where we have `filename:`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bench {

struct DrawnQuery {
  std::string kind;  // "word", "phrase", "boolean", "field", "prefix" or "date"
  std::string text;
};

// `index` is the folder of a text index. Words are of ASCII letters, drawn evenly from four bands of frequency.
[[nodiscard]] std::vector<DrawnQuery> draw_queries(const std::filesystem::path& index,
                                                   std::size_t count, std::uint64_t seed);

// One query a line: kind, tab, text.
void write_queries(const std::filesystem::path& file, const std::vector<DrawnQuery>& queries);
[[nodiscard]] std::vector<DrawnQuery> read_queries(const std::filesystem::path& file);

}  // namespace bench
