// Mail from files into documents: Maildir, mbox, single messages, folders and tars of any of these.
//
// A message becomes a metadata document `<digest>` (SHA-256 of its bytes, shortened), a content
// document for each body (`<digest>:text`, `<digest>:html`), and keeps its original as attachment
// "message.eml" (message/rfc822). The same bytes give the same documents: importing twice changes
// nothing; a message found in two mailboxes is one message in both. If the file names of a Maildir
// have other flags for a message that exists already, its keywords are changed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "indexer/account.hpp"
#include "indexer/archive.hpp"
#include "indexer/mail_files.hpp"
#include "indexer/seen_messages.hpp"
#include "mail/documents.hpp"

namespace indexer {

struct ImportSummary {
  std::uint64_t messages = 0;  // new ones
  // Were there already, and are in another mailbox or have other keywords now.
  std::uint64_t changed = 0;
  std::uint64_t unchanged = 0;  // were there already
  // Of those read: something of them was left out (`cut` of their documents).
  std::uint64_t cut = 0;
  std::uint64_t bytes = 0;  // of the messages read
  std::vector<RefusedFile> refused;
  std::optional<std::uint64_t> restored;  // documents of an export, when it was one
  bool was_restored = false;  // an export that the account has already
};
// "imported 5 messages (2 already there)"
[[nodiscard]] std::string what_was_imported(const ImportSummary& summary);

// A message on its way into an account or a server.
struct ImportedMessage {
  std::string path;  // where it was read from, as in RefusedFile
  mail::MetadataDocument metadata;  // complete, but for `original`, and `mailbox_ids` at first
  std::vector<mail::ContentDocument> contents;
  std::string raw;
  std::vector<std::string> mailboxes;  // names
  ManagedKeywords managed_keywords;
};

// Where imported documents go. Called by one thread.
class ImportTarget {
 public:
  virtual ~ImportTarget() = default;
  [[nodiscard]] virtual std::optional<mail::Mailbox> find_mailbox(const std::string& id) = 0;
  // Existing mailboxes stay as they are.
  virtual void put_mailboxes(std::span<const mail::Mailbox> mailboxes) = 0;
  struct Written {
    std::size_t added = 0;  // were not there before
    std::size_t changed = 0;  // were there, otherwise
    std::vector<RefusedFile> refused;  // the target will not have them
  };
  // Messages that are there already become what `reimported_document` says.
  // Throws when nothing more can be written.
  virtual Written put_messages(std::span<ImportedMessage> messages) = 0;
};

// Writes into the stores of a local account. The caller has to index afterwards.
class StoreTarget : public ImportTarget {
 public:
  explicit StoreTarget(Stores& stores) : stores_(stores) {}
  [[nodiscard]] std::optional<mail::Mailbox> find_mailbox(const std::string& id) override;
  void put_mailboxes(std::span<const mail::Mailbox> mailboxes) override;
  Written put_messages(std::span<ImportedMessage> messages) override;

 private:
  // False when there is no such message yet. Adds what changes of its document to `metadata`.
  bool update_present(const ImportedMessage& message, replica::Batch& metadata, Written& written);
  // Returns them in the order of the messages.
  std::vector<replica::Blobs::Blob> put_originals(std::span<const ImportedMessage* const> messages);
  void put_bodies(std::span<const ImportedMessage* const> messages);

  Stores& stores_;
  SeenMessages seen_;
};

struct ImportOptions {
  int threads = 1;  // that parse
  // Names of header fields that documents are to have beside the usual ones.
  std::vector<std::string> kept_headers;
};

// Reads and parses, and writes batches to the target. Files that cannot be read or parsed are named
// in the summary. The order of files decides the order of documents, whatever number of threads
// parses. `progress` counts messages. Throws std::runtime_error for a path that is not there,
// Cancelled when `progress` says so.
[[nodiscard]] ImportSummary import_paths(std::span<const std::filesystem::path> paths,
                                         ImportTarget& target, const ImportOptions& options,
                                         Progress& progress);

// The same for an open archive.
[[nodiscard]] ImportSummary import_archive(ArchiveReader& archive, const std::string& name,
                                           ImportTarget& target, const ImportOptions& options,
                                           Progress& progress);

// The same into a local account. Lists grow meanwhile; lists and index are up to date when it
// returns. If the only path is an export, it is imported as `restore` does. `folder` is the
// account's. Parses on all processors.
[[nodiscard]] ImportSummary import_into(Account& account, const std::filesystem::path& folder,
                                        std::span<const std::filesystem::path> paths,
                                        std::span<const std::string> kept_headers,
                                        Progress& progress);

}  // namespace indexer
