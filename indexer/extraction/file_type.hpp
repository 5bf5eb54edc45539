// Which files have text that can be read, and how.
#pragma once

#include <cstdint>
#include <string_view>

namespace indexer {

// The numbers stand in extracts.db.
enum class FileType : std::uint8_t {
  kNone = 0,  // no text that we can read
  kUnknown = 1,  // its bytes have to tell
  kText = 2,
  kHtml = 3,
  kMessage = 4,  // message/rfc822
  kPdf = 5,
  kOffice = 6,  // a zip package: OOXML or OpenDocument
  kRtf = 7,
  kCalendar = 8,  // iCalendar, vCard
};

// By the declared MIME type; by the extension of the name where that says nothing.
[[nodiscard]] FileType file_type(std::string_view declared, std::string_view name);

// What the bytes are, if they say so; else what was declared. A file that nobody said anything
// about is text when its beginning looks like it. Never kUnknown.
[[nodiscard]] FileType file_type_of_bytes(std::string_view bytes, FileType declared);

}  // namespace indexer
