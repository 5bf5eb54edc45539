// Reads the values of header fields. They are given as they are in the message: folded, encoded,
// perhaps raw 8-bit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/documents.hpp"
#include "mail/mime.hpp"

namespace mail {

// Reads the values of one message, within limits, and remembers what the limits cut off.
class HeaderReader {
 public:
  // `charset` is the charset of the message's text; raw 8-bit text in fields is often in it too.
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

// Content-Type, Content-Disposition and Content-Transfer-Encoding of a part.
struct ContentFields {
  std::string type;  // lower case, "text/plain" where nothing readable is said
  std::string charset;
  std::string boundary;
  std::string name;
  std::string disposition;  // lower case; empty when there is none
  std::string encoding;  // lower case
  std::string content_id;  // without angle brackets; empty when there is none
  bool is_flowed = false;  // RFC 3676
  bool deletes_space = false;
};
// `charset` is that of the message's text, as far as it is known: raw 8-bit names may be in it.
[[nodiscard]] ContentFields read_content_fields(const Entity& entity, std::string_view default_type,
                                                std::string_view charset = {});

}  // namespace mail
