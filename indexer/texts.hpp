// The texts of an entry, read from the stores when it is indexed or a snippet is made.
#pragma once

#include <string>
#include <vector>

#include "indexer/attached_files.hpp"
#include "indexer/catalog.hpp"
#include "indexer/stores.hpp"
#include "mail/text.hpp"

namespace indexer {

// Everything of an entry that the text index analyses. For a file, the subject is its name and the
// keywords are its tags.
struct EntryText {
  std::vector<mail::Address> from, to, cc, bcc;
  std::string subject;
  // Text/plain, or the text of the HTML where there is no plain text with content.
  std::string body;
  std::vector<std::string> attachment_names, attachment_types;
  std::vector<std::string> attachments;  // texts of attached files
  std::vector<std::string> tags;
  std::string path;
  std::string type;  // of a file
  std::vector<std::string> message_ids;
  std::vector<std::pair<std::string, std::string>> headers;
};

// The text of a body without quotations; all of it when there is nothing else.
[[nodiscard]] std::string new_text(const std::vector<mail::TextRun>& runs);

class Texts {
 public:
  // Without an extractor `read` gives no texts of files.
  explicit Texts(const Stores& stores, Extractor* extractor = nullptr)
      : stores_(stores), extractor_(extractor) {}

  // Counts its reads of content documents as `index`.
  [[nodiscard]] mail::Result<EntryText> read(const TextEntry& entry) const;
  // The text that snippets are cut from; reads at most one content document, counted as `snippet`.
  [[nodiscard]] std::string snippet_text(const TextEntry& entry) const;
  // The attachments of a message, to look for words that its body does not have.
  [[nodiscard]] std::vector<AttachedFile> attachments(const TextEntry& entry) const;
  // Its files whose text could not be read, as the cache knows them.
  [[nodiscard]] std::vector<std::pair<std::string, FileType>> unreadable_files(
      const TextEntry& entry) const;
  [[nodiscard]] std::optional<std::string> known(const AttachedFile& file) const {
    return known_text(stores_, file);
  }

 private:
  const Stores& stores_;
  Extractor* extractor_;
};

}  // namespace indexer
