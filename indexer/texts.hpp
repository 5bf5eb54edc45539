// The words of an entry, read from the stores when it is indexed or a snippet is wanted.
#pragma once

#include <string>
#include <vector>

#include "indexer/attached_files.hpp"
#include "indexer/catalog.hpp"
#include "indexer/stores.hpp"
#include "mail/text.hpp"

namespace indexer {

// Everything of an entry that the text index analyses. Of a file: subject is its name, keywords are its tags.
struct EntryText {
  std::vector<mail::Address> from, to, cc, bcc;
  std::string subject;
  std::string
      body;  // text/plain, or the text of the HTML where there is no plain text with content
  std::vector<std::string> attachment_names, attachment_types;
  std::vector<std::string> attachments;  // texts of attached files
  std::vector<std::string> tags;
  std::string path;
  std::string type;  // of a file
  std::vector<std::string> message_ids;
  std::vector<std::pair<std::string, std::string>> headers;
};

// What the writer of a message wrote, without what he quoted; all of it where he wrote nothing.
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
  // The attachments of a message, to look for what its body does not hold.
  [[nodiscard]] std::vector<AttachedFile> attachments(const TextEntry& entry) const;
  // Whether the text of one of its files could not be read.
  [[nodiscard]] bool has_failed(const TextEntry& entry) const;
  [[nodiscard]] std::optional<std::string> known(const AttachedFile& file) const {
    return known_text(stores_, file);
  }

 private:
  const Stores& stores_;
  Extractor* extractor_;
};

}  // namespace indexer
