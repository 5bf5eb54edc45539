// The text of a message's parts as bodies of UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/documents.hpp"
#include "mail/parser.hpp"
#include "mail/structure.hpp"

namespace mail {

// Makes one body of the parts that RFC 8621 has readers show one after the other.
class BodyWriter {
 public:
  BodyWriter(const ParseLimits& limits, std::vector<std::string>& cuts)
      : limits_(limits), cuts_(cuts) {}

  // `type` is "text/plain" or "text/html". Nothing when no part of the list is of that type: then
  // it says the same as the other list.
  [[nodiscard]] std::optional<ContentDocument> body(const std::vector<const Part*>& parts,
                                                    std::string_view type);

 private:
  void append(ContentDocument& body, const Part& part);
  [[nodiscard]] std::string text_of(const Part& part, bool& truncated) const;
  [[nodiscard]] std::string_view beginning(std::string_view text) const;

  const ParseLimits& limits_;
  std::vector<std::string>& cuts_;
};

}  // namespace mail
