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
  replica::Store& emails = stores_.create(mail::Doctype::kEmails);
  Written written;
  replica::Batch metadata_batch;
  std::vector<ImportedMessage*> fresh;
  for (ImportedMessage* message : merge_repeated(messages)) {
    const std::string& id = message->metadata.id;
    const bool takes_keywords = seen_.is_first(id);
    const auto present = emails.read(id);
    if (!present || present->change.deleted) {
      fresh.push_back(message);
      continue;
    }
    auto changed = imported_again(present->body, *message, takes_keywords);
    if (!changed) {
      written.refused.push_back(
          {message->path, "is there already, but cannot be read: " + changed.error().reason});
    } else if (*changed) {
      metadata_batch.revisions.push_back(next_revision(id, std::move(**changed), emails.tree(id)));
      ++written.changed;
    }
  }

  // First bytes, then bodies, then the documents that name them: after a crash in between, nothing
  // names missing data.
  std::vector<replica::Blobs::Blob> blobs;
  blobs.reserve(fresh.size());
  for (const ImportedMessage* message : fresh)
    blobs.push_back({replica::blob_digest(message->raw), message->raw});
  if (!blobs.empty()) stores_.blobs().put(blobs);

  replica::Batch contents_batch;
  replica::Store& contents = stores_.create(mail::Doctype::kContents);
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    for (const mail::ContentDocument& content : fresh[i]->contents) {
      contents_batch.revisions.push_back(
          next_revision(content.id, mail::to_json(content), contents.tree(content.id)));
    }
    const std::string& id = fresh[i]->metadata.id;
    metadata_batch.revisions.push_back(
        next_revision(id,
                      with_original(mail::to_json(fresh[i]->metadata),
                                    stub(blobs[i].digest, fresh[i]->raw.size())),
                      emails.tree(id)));
  }
  if (!contents_batch.revisions.empty()) contents.commit(contents_batch);
  if (!metadata_batch.revisions.empty()) emails.commit(metadata_batch);
  written.added = fresh.size();
  return written;
}

}  // namespace indexer
