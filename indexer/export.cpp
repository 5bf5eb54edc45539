#include "indexer/export.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <unordered_set>

#include "indexer/archive.hpp"
#include "indexer/catalog.hpp"
#include "indexer/export_format.hpp"
#include "indexer/export_part.hpp"
#include "indexer/generation.hpp"
#include "indexer/mailbox_paths.hpp"
#include "indexer/stores.hpp"
#include "mail/json_writer.hpp"
#include "replica/attachments.hpp"
#include "replica/blob_reader.hpp"
#include "replica/digest.hpp"

namespace indexer {
namespace fs = std::filesystem;
namespace {

// Digests of files that are in the export already: beyond so many, a file may be in it twice.
constexpr std::size_t kMaxRemembered = 200'000;

// Sets where each part begins, and returns where the export ends. A store without a row is not in a
// state.
DerivedCheckpoint begin_at(std::vector<ExportPart>& parts, const std::string& since,
                           const std::string& name) {
  const auto known = since.empty() ? DerivedCheckpoint() : decode_state(since);
  DerivedCheckpoint here, reached;
  bool is_beyond = false;
  for (ExportPart& part : parts) {
    const replica::LocalSeq last = part.store->last_seq();
    if (known) part.since = known->of(part.store->identity());
    is_beyond = is_beyond || part.since > last;
    if (part.since.value > 0) here.advance(part.store->identity(), part.since);
    if (last.value > 0) reached.advance(part.store->identity(), last);
  }
  if (!known || here != *known || is_beyond) {
    throw std::runtime_error(
        fmt::format("the state given with --since is not one of account '{}' as it is now (was it "
                    "put back from "
                    "a backup, or made anew?): make a whole export, without --since",
                    name));
  }
  return reached;
}

// An export without a store that was lost would look whole. What is derived knows of it, where it
// can be read.
void require_all_stores(const std::vector<ExportPart>& parts, const fs::path& folder,
                        const std::string& name) {
  const auto live = Generation::live_name(folder / "derived");
  if (!live) return;
  std::map<mail::Doctype, replica::StoreIdentity> followed;
  try {
    followed =
        Catalog(folder / "derived" / *live / "catalog.db", replica::sqlite::Access::kReadOnly)
            .followed();
  } catch (const std::exception&) {
    return;
  }
  for (const auto& each : followed) {
    const auto doctype = each.first;
    if (std::none_of(parts.begin(), parts.end(),
                     [&](const ExportPart& part) { return part.doctype == doctype; }))
      throw_store_missing(folder, name, doctype);
  }
}

class Exporter {
 public:
  Exporter(const fs::path& folder, std::vector<ExportPart> parts, int descriptor,
           Progress& progress)
      : parts_(std::move(parts)),
        blobs_(folder / "blobs"),
        archive_(descriptor),
        progress_(progress) {}

  ExportSummary run(const ExportHeader& header) {
    write_member(std::string(kExportHeader), begin_json(header) + "}\n");
    read_mailboxes();
    for (ExportPart& part : parts_) write_blobs(part);
    for (ExportPart& part : parts_) write_documents(part);
    if (!digests_.is_empty()) write_digests();
    write_member(std::string(kExportManifest), manifest(header));
    archive_.finish();
    summary_.state = header.state;
    return summary_;
  }

 private:
  void each_document(const ExportPart& part, const ExportPart::Visit& visit) {
    part.each_document([&](const replica::WholeDocument& document) {
      progress_.step();
      visit(document);
    });
  }

  void read_mailboxes() {
    for (const ExportPart& part : parts_) {
      if (part.doctype != mail::Doctype::kMailboxes) continue;
      ExportPart whole = part;  // an increment's messages are in mailboxes that stayed as they were
      whole.since = {};
      whole.each_document([this](const replica::WholeDocument& document) {
        if (document.leaves.empty() || document.leaves.front().deleted) return;
        if (const auto mailbox = mail::read_mailbox(document.leaves.front().body))
          mailboxes_.add(*mailbox);
      });
    }
  }

  // The bytes that the documents name; and how much room the documents take.
  void write_blobs(ExportPart& part) {
    each_document(part, [&](const replica::WholeDocument& document) {
      line_.clear();
      append_document(line_, document);
      part.bytes += line_.size() + 1;
      ++part.documents;
      originals_.clear();
      for (const replica::IncomingRevision& leaf : document.leaves) write_blobs(part, leaf);
      ++progress_.done;
    });
  }

  void write_blobs(const ExportPart& part, const replica::IncomingRevision& leaf) {
    const auto stubs = replica::attachment_stubs(leaf.body);
    if (stubs.empty()) return;
    std::optional<mail::MetadataDocument> message;
    if (part.doctype == mail::Doctype::kEmails && !leaf.deleted) {
      if (auto read = mail::read_metadata(leaf.body)) message = std::move(*read);
    }
    for (const replica::AttachmentStub& stub : stubs) {
      const auto value = replica::parse_digest(stub.digest);
      if (!value) continue;
      const bool is_original = message && message->original && stub.name == message->original->name;
      if (is_original && write_original(*message, stub.digest, replica::to_hex(*value))) continue;
      write_file(stub.digest, replica::to_hex(*value));
    }
  }

  // False when its bytes are not those of a message as it was sent.
  bool write_original(const mail::MetadataDocument& message, const std::string& digest,
                      const std::string& hex) {
    if (std::find(originals_.begin(), originals_.end(), hex) != originals_.end()) return true;
    const auto kept = blobs_.open(digest);
    if (!kept || kept->encoding != replica::BlobEncoding::kIdentity) return false;
    const auto folders = folders_of(mailboxes_, message.mailbox_ids);
    const auto path_in = [&hex](const std::string& folder) {
      return fmt::format("mail/{}/{}.eml", folder, hex);
    };
    write_blob(path_in(folders.front()), kept->size);
    for (std::size_t i = 1; i < folders.size(); ++i)
      archive_.link(path_in(folders[i]), path_in(folders.front()));
    originals_.push_back(hex);
    ++summary_.messages;
    return true;
  }

  void write_file(const std::string& digest, const std::string& hex) {
    if (files_.size() >= kMaxRemembered) files_.clear();
    if (!files_.insert(hex).second) return;
    const auto kept = blobs_.open(digest);
    if (!kept) {
      ++summary_.missing;
      return;
    }
    const bool is_gzip = kept->encoding == replica::BlobEncoding::kGzip;
    write_blob(fmt::format("files/{}{}", hex, is_gzip ? ".gz" : ""), kept->size);
    ++summary_.files;
  }

  void write_blob(const std::string& path, std::uint64_t size) {
    archive_.begin(path, size);
    for (auto piece = blobs_.read(); !piece.empty(); piece = blobs_.read()) write(piece);
    end_member(path);
  }

  void write_documents(ExportPart& part) {
    const std::string path = documents_member(part.doctype);
    archive_.begin(path, part.bytes);
    each_document(part, [&](const replica::WholeDocument& document) {
      line_.clear();
      append_document(line_, document);
      line_ += '\n';
      write(line_);
    });
    end_member(path);
    summary_.documents += part.documents;
  }

  void write_digests() {
    const std::string path = digests_.next_member();
    const std::string lines = digests_.take();
    archive_.begin(path, lines.size());
    archive_.write(lines);
  }

  void write_member(const std::string& path, const std::string& bytes) {
    archive_.begin(path, bytes.size());
    write(bytes);
    end_member(path);
  }

  void write(std::string_view bytes) {
    archive_.write(bytes);
    sum_.update(bytes);
  }

  void end_member(const std::string& path) {
    digests_.add(path, sum_.finish_hex());
    if (digests_.is_full()) write_digests();
  }

  std::string manifest(const ExportHeader& header) {
    std::string json = begin_json(header);
    mail::JsonWriter writer(json);
    json += ',';
    writer.key("members").number(digests_.size()).key("digests").string(digests_.sum());
    writer.key("messages").number(summary_.messages).key("files").number(summary_.files);
    writer.key("missing").number(summary_.missing).key("stores").begin_array();
    for (const ExportPart& part : parts_) {
      writer.begin_object().key("doctype").string(mail::doctype_name(part.doctype));
      writer.key("uuid").string(part.store->identity().uuid);
      writer.key("epoch").string(part.store->identity().epoch);
      writer.key("since").number(part.since.value);
      writer.key("upTo").number(part.store->last_seq().value);
      writer.key("documents").number(part.documents).end_object();
    }
    writer.end_array().end_object();
    return json + "\n";
  }

  std::vector<ExportPart> parts_;
  replica::BlobReader blobs_;
  ArchiveWriter archive_;
  Progress& progress_;
  MailboxPaths mailboxes_;
  std::unordered_set<std::string> files_;  // digests that are in the export, at most kMaxRemembered
  std::vector<std::string> originals_;  // digests of the document's, which leaves may share
  std::string line_;
  Sha256 sum_;
  DigestList digests_;
  ExportSummary summary_;
};

}  // namespace

ExportSummary export_account(const fs::path& folder, const std::string& name,
                             const std::optional<std::string>& doctype_member,
                             const std::string& since, int descriptor, Progress& progress) {
  refuse_unfinished_backup(folder, name);
  auto parts = export_parts(folder, name, doctype_member);
  require_all_stores(parts, folder, name);
  const auto reached = begin_at(parts, since, name);
  const ExportHeader header{name, since, encode_state(reached)};
  return Exporter(folder, std::move(parts), descriptor, progress).run(header);
}

}  // namespace indexer
