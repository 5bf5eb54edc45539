// What header fields mean, by GMime. Values come as they stand in the message: folded, encoded,
// perhaps raw 8-bit.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/documents.hpp"
#include "mail/mime.hpp"

namespace mail {

// Reads values for one message: limits, and what was cut off by them.
class HeaderReader {
 public:
  // `charset` is what the message says of its text: raw 8-bit text in fields is often in it.
  HeaderReader(std::size_t max_value_bytes, std::size_t max_addresses, std::string charset,
               std::vector<std::string>& cuts)
      : max_value_bytes_(max_value_bytes),
        max_addresses_(max_addresses),
        charset_(std::move(charset)),
        cuts_(cuts) {}

  [[nodiscard]] std::string text(const HeaderField& field);
  void addresses(const HeaderField& field, std::vector<Address>& out);
  // Without angle brackets.
  [[nodiscard]] std::vector<std::string> message_ids(const HeaderField& field);

 private:
  [[nodiscard]] std::string unfolded(const HeaderField& field);
  void cut(std::string what);

  std::size_t max_value_bytes_;
  std::size_t max_addresses_;
  std::string charset_;
  std::vector<std::string>& cuts_;
};

// RFC 5322's date and what is written instead; nothing when it cannot be the date of a mail (before
// 1970, after 2105).
[[nodiscard]] std::optional<DateTime> parse_mail_date(std::string_view value);

// Content-Type, Content-Disposition and Content-Transfer-Encoding of a part.
struct ContentFields {
  std::string type;  // lower case, "text/plain" where nothing readable is said
  std::string charset;
  std::string boundary;
  std::string name;
  std::string disposition;  // lower case; empty when there is none
  std::string encoding;  // lower case
  std::string content_id;  // without angle brackets; empty when there is none
};
[[nodiscard]] ContentFields read_content_fields(const Entity& entity,
                                                std::string_view default_type);

// The bytes that stand for the part in its transfer encoding.
[[nodiscard]] std::string decode_transfer(std::string_view body, std::string_view encoding);
// How many those are.
[[nodiscard]] std::size_t decoded_size(std::string_view body, std::string_view encoding);

}  // namespace mail
