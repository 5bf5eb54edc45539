// The files of an entry whose text is searched: a message's attachments, or the file of an
// `io.cozy.files` document. Finds their bytes and their texts.
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
  // Digest of its bytes or, with `is_part`, of the original message that it is a part of. Empty:
  // the bytes are not available.
  std::string digest;
  bool is_part = false;
};

// The files of a type that has text. `document` is the JSON that `message` or `file` was read from.
[[nodiscard]] std::vector<AttachedFile> attached_files(const mail::MetadataDocument& message,
                                                       std::string_view document);
[[nodiscard]] std::optional<AttachedFile> stored_file(const mail::FileDocument& file,
                                                      std::string_view document);
// The number of files whose bytes are in the account, so that their text can be indexed.
[[nodiscard]] std::size_t count_here(const Stores& stores, const std::vector<AttachedFile>& files);

// How much text the index takes of one attachment, and of all attachments of a message together.
inline constexpr std::size_t kMaxIndexedBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxIndexedBytesOfMessage = std::size_t{4} << 20;

// The texts of files, read if that was not done before. Unreadable files have none. `extractor`
// must outlive this.
class FileTexts {
 public:
  FileTexts(const Stores& stores, Extractor& extractor) : stores_(stores), extractor_(extractor) {}

  // The texts in the order of the files; files without text are left out. At most kMaxIndexedBytes
  // of each.
  [[nodiscard]] std::vector<std::string> texts(const std::vector<AttachedFile>& files) const;

 private:
  const Stores& stores_;
  Extractor& extractor_;
};

// The text of a file from the cache; nothing when it was not read before. Reads no file.
[[nodiscard]] std::optional<std::string> known_text(const Stores& stores, const AttachedFile& file);

// The digest of the file in the cache, where that says that the file cannot be read; else nothing.
[[nodiscard]] std::optional<std::string> unreadable_digest(const Stores& stores,
                                                           const AttachedFile& file);

}  // namespace indexer
