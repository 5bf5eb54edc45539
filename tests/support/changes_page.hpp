// A page of `_changes` taken apart without decoding its rows, changed as a faulty source would, and put together again.
#pragma once

#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace support {

// The value of a member of the outermost object, as it is written; nothing when there is none.
[[nodiscard]] std::optional<std::string_view> member(std::string_view json, std::string_view name);

struct ChangesPage {
  std::vector<std::string> rows;
  std::string last_seq;  // JSON
  std::optional<std::int64_t> pending;

  // Nothing for what is no such page.
  [[nodiscard]] static std::optional<ChangesPage> parse(std::string_view json);
  [[nodiscard]] std::string json() const;

  // Rows come again at random places behind themselves, until there are `rows_wanted`.
  void repeat_rows(std::size_t rows_wanted, std::mt19937_64& random);
  // Ends the page after a row that has a sequence, and says so.
  void end_early(std::mt19937_64& random);
  // Leaves no row, and moves `last_seq` as far as there is none where sequences are numbers.
  void empty(std::string_view since);
  void forget_sequences();
};

// The query parameter of a request's target, as it is written; empty when there is none.
[[nodiscard]] std::string parameter(std::string_view target, std::string_view name);
[[nodiscard]] std::string with_parameter(std::string_view target, std::string_view name,
                                         std::string_view value);
[[nodiscard]] bool is_number(std::string_view text);

}  // namespace support
