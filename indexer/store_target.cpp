#include <fmt/format.h>

#include "indexer/import.hpp"
#include "indexer/import_documents.hpp"
#include "replica/digest.hpp"

namespace indexer {
namespace {

// The document as the revision after `tree`'s winner, or as its first.
replica::IncomingRevision next_revision(std::string id, std::string document,
                                        const std::optional<replica::RevisionTree>& tree) {
  replica::IncomingRevision revision;
  revision.id = std::move(id);
  // By the document's own digest, so that the same import gives the same revision.
  revision.rev = {1, replica::to_hex(replica::md5(document))};
  if (const replica::Leaf* winner = tree ? tree->winner() : nullptr) {
    revision.rev.generation = winner->rev.generation + 1;
    revision.ancestors.push_back(winner->rev.digest);
    revision.ancestors.insert(revision.ancestors.end(), winner->ancestors.begin(),
                              winner->ancestors.end());
  }
  revision.body = std::move(document);
  return revision;
}

std::string stub(const std::string& digest, std::size_t length) {
  return fmt::format(R"({{"content_type":"message/rfc822","digest":"{}","length":{},"stub":true}})",
                     digest, length);
}

}  // namespace

std::optional<mail::Mailbox> StoreTarget::find_mailbox(const std::string& id) {
  const auto present = stores_.read_live(mail::Doctype::kMailboxes, id);
  if (!present) return std::nullopt;
  auto mailbox = mail::read_mailbox(*present);
  if (!mailbox) return mail::Mailbox();  // what cannot be read is none of ours
  mailbox->id = id;
  return *std::move(mailbox);
}

void StoreTarget::put_mailboxes(std::span<const mail::Mailbox> mailboxes) {
  replica::Store& store = stores_.create(mail::Doctype::kMailboxes);
  replica::Batch batch;
  for (const mail::Mailbox& mailbox : mailboxes) {
    const auto present = store.read(mailbox.id);
    if (present && !present->change.deleted) continue;
    batch.revisions.push_back(
        next_revision(mailbox.id, mail::to_json(mailbox), store.tree(mailbox.id)));
  }
  if (!batch.revisions.empty()) store.commit(batch);
}

ImportTarget::Written StoreTarget::put_messages(std::span<ImportedMessage> messages) {
  Written written;
  replica::Batch metadata;
  std::vector<const ImportedMessage*> added;
  for (const ImportedMessage* message : merge_repeated(messages)) {
    if (!update_present(*message, metadata, written)) added.push_back(message);
  }
  // First bytes, then bodies, then the documents that name them: after a crash in between, nothing
  // names missing data.
  const auto originals = put_originals(added);
  put_bodies(added);
  replica::Store& emails = stores_.create(mail::Doctype::kEmails);
  for (std::size_t i = 0; i < added.size(); ++i) {
    const std::string& id = added[i]->metadata.id;
    auto document = with_original(mail::to_json(added[i]->metadata),
                                  stub(originals[i].digest, added[i]->raw.size()));
    metadata.revisions.push_back(next_revision(id, std::move(document), emails.tree(id)));
  }
  if (!metadata.revisions.empty()) emails.commit(metadata);
  written.added = added.size();
  return written;
}

bool StoreTarget::update_present(const ImportedMessage& message, replica::Batch& metadata,
                                 Written& written) {
  replica::Store& emails = stores_.create(mail::Doctype::kEmails);
  const std::string& id = message.metadata.id;
  const bool takes_keywords = seen_.is_first(id);
  const auto present = emails.read(id);
  if (!present || present->change.deleted) return false;
  auto changed = reimported_document(present->body, message, takes_keywords);
  if (!changed) {
    written.refused.push_back(
        {message.path, "is there already, but cannot be read: " + changed.error().reason});
  } else if (*changed) {
    metadata.revisions.push_back(next_revision(id, std::move(**changed), emails.tree(id)));
    ++written.changed;
  }
  return true;
}

std::vector<replica::Blobs::Blob> StoreTarget::put_originals(
    std::span<const ImportedMessage* const> messages) {
  std::vector<replica::Blobs::Blob> blobs;
  blobs.reserve(messages.size());
  for (const ImportedMessage* message : messages)
    blobs.push_back({replica::blob_digest(message->raw), message->raw});
  if (!blobs.empty()) stores_.blobs().put(blobs);
  return blobs;
}

void StoreTarget::put_bodies(std::span<const ImportedMessage* const> messages) {
  replica::Store& contents = stores_.create(mail::Doctype::kContents);
  replica::Batch batch;
  for (const ImportedMessage* message : messages) {
    for (const mail::ContentDocument& content : message->contents) {
      batch.revisions.push_back(
          next_revision(content.id, mail::to_json(content), contents.tree(content.id)));
    }
  }
  if (!batch.revisions.empty()) contents.commit(batch);
}

}  // namespace indexer
