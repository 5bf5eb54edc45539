// The messages of an mbox file.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/mbox_lines.hpp"
#include "mail/documents.hpp"

namespace indexer {

// Reads mboxo, mboxrd, mboxcl and mboxcl2, one message at a time: memory holds one message, whatever
// the size of the file. A message ends at a separator ("indexer/mbox_lines.hpp"); one that lies
// within the Content-Length of the message, where that leads to another separator or to the end, is
// text. In MMDF's form only its own lines are separators.
class MboxReader {
 public:
  struct Message {
    std::string raw;  // without its "From " line and the quoting of others
    // Of its header, as mbox_status says.
    std::vector<std::string> keywords, mailboxes;
    std::optional<mail::DateTime> delivered;  // as its "From " line says
    bool is_no_mail = false;  // as mbox_status says
    bool too_large = false;  // longer than allowed; `raw` is empty then
  };

  // `in` stands at the beginning of what `begins_as_mbox`.
  MboxReader(std::istream& in, std::size_t max_message_bytes);
  // False at the end.
  [[nodiscard]] bool next(Message& message);
  // Whether a separator ended the message before.
  [[nodiscard]] bool has_next() const { return has_next_; }

 private:
  // What the Content-Length of a message says of its body.
  struct Body {
    std::optional<std::size_t> octets_left;  // nothing: it says nothing, or is wrong
    bool is_proven = false;  // a message does end behind them
    void consume(std::size_t octets);
  };
  [[nodiscard]] bool ends_message(bool after_empty_line, Body& body);
  [[nodiscard]] bool is_end_of_body(std::size_t octets);
  [[nodiscard]] MboxSeparator separator_at(std::size_t offset);
  [[nodiscard]] std::string_view look_ahead(std::size_t offset, std::size_t bytes);
  void fill(std::size_t bytes);
  [[nodiscard]] std::string_view next_piece();
  void begin_message();

  std::istream& in_;
  std::size_t max_message_bytes_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what of the buffer is not consumed
  bool is_mmdf_ = false;
  bool is_of_patches_ = false;  // begins as git writes them
  bool at_line_start_ = true;  // of the piece that comes next
  bool has_next_ = false;
  std::optional<mail::DateTime> delivered_;  // of the message that comes next
};

}  // namespace indexer
