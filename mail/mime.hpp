// The outer form of messages: header fields and the parts of a multipart, as views into the
// message. Done here and not by GMime's parser, which follows up to 1,024 nested boundaries (each
// line that begins with "--" is compared with all of them) and makes objects of every part and
// field. Everything is linear in the message.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace mail {

struct HeaderField {
  std::string_view name;
  std::string_view value;  // folded as it was, without the line end
};

// A message or a part of one.
struct Entity {
  static constexpr std::size_t kMaxFields = 5'000;

  std::vector<HeaderField> fields;  // at most kMaxFields
  bool fields_cut = false;
  std::string_view body;

  // Value of the first field of that name, or an empty view.
  [[nodiscard]] std::string_view find(std::string_view name) const;
};

// An empty line ends the header, as does the delimiter of a part, and a line that can be no field
// unless a field follows it. At
// the top of a message blank lines, a byte order mark and an mbox "From " line are passed over.
[[nodiscard]] Entity read_entity(std::string_view raw);
[[nodiscard]] std::string_view without_envelope(std::string_view raw);
// Without a byte order mark and the blank lines that it begins with.
[[nodiscard]] std::string_view without_blank_beginning(std::string_view raw);

// The parts between the delimiter lines of `boundary`, at most `max_parts`; none when there is no
// such line.
[[nodiscard]] std::vector<std::string_view> split_multipart(std::string_view body,
                                                            std::string_view boundary,
                                                            std::size_t max_parts);

}  // namespace mail
