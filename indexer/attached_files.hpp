// The files of an entry whose words are searched for: a message's attachments, and what an `io.cozy.files` document is about.
// Where their bytes are, and their texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/extraction/extractor.hpp"
#include "indexer/stores.hpp"
#include "mail/documents.hpp"

namespace indexer {

struct AttachedFile {
  std::string part_id;  // of the attachment, as the message names it
  FileType type = FileType::kNone;
  std::uint64_t size = 0;  // octets, as the document says
  // Of its bytes; or, where it is a part of it, of the original message. Empty: nobody has the bytes.
  std::string digest;
  bool is_part = false;
};

// Those of a type that has text. `document` is the JSON that `message` or `file` was read from.
[[nodiscard]] std::vector<AttachedFile> attached_files(const mail::MetadataDocument& message,
                                                       std::string_view document);
[[nodiscard]] std::optional<AttachedFile> stored_file(const mail::FileDocument& file,
                                                      std::string_view document);
// Of how many the bytes are here, so that their words get into the index.
[[nodiscard]] std::size_t count_here(const Stores& stores, const std::vector<AttachedFile>& files);

// Of one attachment, what the index takes of its text; and of all attachments of a message.
inline constexpr std::size_t kMaxIndexedBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxIndexedBytesOfMessage = std::size_t{4} << 20;

// The texts of files, read where that was not done yet. What cannot be read has none. `extractor` must live as long.
class FileTexts {
 public:
  FileTexts(const Stores& stores, Extractor& extractor) : stores_(stores), extractor_(extractor) {}

  // In the order of the files, those that have one; at most kMaxIndexedBytes of each.
  [[nodiscard]] std::vector<std::string> texts(const std::vector<AttachedFile>& files) const;

 private:
  const Stores& stores_;
  Extractor& extractor_;
};

// The text of a file that was read before; nothing for others. Reads no file.
[[nodiscard]] std::optional<std::string> known_text(const Stores& stores, const AttachedFile& file);

// Whether it was read before, and could not be.
[[nodiscard]] bool is_unreadable(const Stores& stores, const AttachedFile& file);

}  // namespace indexer
