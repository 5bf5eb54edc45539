#include "indexer/restore.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "indexer/export_format.hpp"
#include "indexer/restore_blobs.hpp"
#include "indexer/restore_state.hpp"
#include "replica/store_restorer.hpp"

namespace indexer {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;  // bytes that are read at a time
constexpr std::size_t kMaxSmallMember = std::size_t{16} << 20;  // header, manifest, digests
constexpr std::size_t kMaxLine = std::size_t{512} << 20;  // bytes of a document with its leaves
constexpr std::size_t kDocumentsPerCommit = 1'000;
constexpr std::size_t kBytesPerCommit = std::size_t{16} << 20;

[[noreturn]] void refuse_altered(const std::string& path) {
  throw ExportRefused(fmt::format(
      "this export is damaged: {} is not what was exported. Nothing of it was imported", path));
}

// Documents of an export that is still being read: on disk, since they are not applied before all
// of it was.
class StagedDocuments {
 public:
  explicit StagedDocuments(fs::path folder) : folder_(std::move(folder)) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  StagedDocuments(const StagedDocuments&) = delete;
  StagedDocuments& operator=(const StagedDocuments&) = delete;
  ~StagedDocuments() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  [[nodiscard]] fs::path file_of(mail::Doctype doctype) const {
    return folder_ / std::string(mail::doctype_name(doctype));
  }

 private:
  fs::path folder_;
};

// Reads all members of an export, keeps blobs and documents, and compares digests.
class ExportReader {
 public:
  ExportReader(ArchiveReader& archive, replica::Blobs& blobs, const StagedDocuments& staged,
               Progress& progress)
      : archive_(archive),
        blobs_(blobs),
        staged_(staged),
        progress_(progress),
        buffer_(kPiece, '\0') {}

  [[nodiscard]] ExportHeader read_header() {
    ArchiveMember member;
    if (!archive_.next(member) || member.path != kExportHeader)
      throw ExportRefused("this is no davenport export");
    return read_export_header(read_small(member.path));
  }

  // Until the manifest, which is checked.
  void read_members(const ExportHeader& header) {
    ArchiveMember member;
    while (archive_.next(member)) {
      progress_.step();
      if (!member.is_file) continue;  // a further name of a message
      if (member.path == kExportManifest) {
        blobs_.finish();
        check_manifest(header, read_small(member.path));
        while (archive_.next(member)) continue;
        return;
      }
      read_member(member);
      ++progress_.done;
    }
    throw ExportRefused(
        "this export is cut off: it has no manifest at its end. Nothing of it was imported");
  }

 private:
  void read_member(const ArchiveMember& member) {
    if (member.path.starts_with("digests/")) return check_digests(member.path);
    if (const auto doctype = doctype_of_member(member.path)) {
      read_documents(member.path, *doctype);
    } else if (const auto blob = blob_of_member(member.path)) {
      blobs_.begin(*blob, member.size);
      each_piece([this](std::string_view piece) { blobs_.append(piece); });
      digests_.add(member.path, sum_.finish_hex());
      if (!blobs_.end()) refuse_altered(member.path);
    } else {
      each_piece([](std::string_view) {});
      digests_.add(member.path, sum_.finish_hex());
    }
  }

  template <typename Visit>
  void each_piece(const Visit& visit) {
    for (std::size_t got = archive_.read(buffer_); got > 0; got = archive_.read(buffer_)) {
      const std::string_view piece(buffer_.data(), got);
      sum_.update(piece);
      visit(piece);
    }
  }

  std::string read_small(const std::string& path) {
    std::string bytes;
    each_piece([&](std::string_view piece) {
      if (bytes.size() + piece.size() > kMaxSmallMember) refuse_altered(path);
      bytes += piece;
    });
    digests_.add(path, sum_.finish_hex());
    return bytes;
  }

  void read_documents(const std::string& path, mail::Doctype doctype) {
    std::ofstream out(staged_.file_of(doctype), std::ios::binary | std::ios::trunc);
    std::size_t line = 0;
    each_piece([&](std::string_view piece) {
      progress_.step();
      const std::size_t end = piece.rfind('\n');
      line = end == std::string_view::npos ? line + piece.size() : piece.size() - end;
      if (line > kMaxLine) refuse_altered(path);
      out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    });
    out.close();
    if (!out)
      throw std::runtime_error("the documents of the export cannot be written: is the disk full?");
    digests_.add(path, sum_.finish_hex());
  }

  void check_digests(const std::string& path) {
    if (path != digests_.next_member()) refuse_altered(path);
    const std::string expected = digests_.take();
    std::string lines;
    each_piece([&](std::string_view piece) {
      lines += piece;
      if (lines.size() > expected.size()) refuse_altered(path);
    });
    static_cast<void>(sum_.finish_hex());
    if (lines == expected) return;
    refuse_altered(first_difference(lines, expected).value_or(path));
  }

  // The member whose line differs.
  static std::optional<std::string> first_difference(std::string_view lines,
                                                     std::string_view expected) {
    const auto [ours, theirs] =
        std::mismatch(expected.begin(), expected.end(), lines.begin(), lines.end());
    const auto at = static_cast<std::size_t>(ours - expected.begin());
    const std::size_t end = expected.find('\n', at);
    const std::size_t name = expected.rfind("  ", end);
    if (end == std::string_view::npos || name == std::string_view::npos) return std::nullopt;
    return std::string(expected.substr(name + 2, end - name - 2));
  }

  void check_manifest(const ExportHeader& header, const std::string& bytes) {
    const auto json = nlohmann::json::parse(bytes, nullptr, false);
    if (!json.is_object()) refuse_altered(std::string(kExportManifest));
    const auto lines = digests_.size() - 1;  // without the manifest itself
    if (json.value("state", nlohmann::json()) != header.state ||
        json.value("digests", nlohmann::json()) != digests_.sum() ||
        json.value("members", nlohmann::json()) != lines) {
      refuse_altered(std::string(kExportManifest));
    }
  }

  ArchiveReader& archive_;
  RestoredBlobs blobs_;
  const StagedDocuments& staged_;
  Progress& progress_;
  std::string buffer_;
  Sha256 sum_;
  DigestList digests_;
};

// Writes what waits into the store of that doctype. Returns the number of documents.
std::uint64_t apply(const fs::path& documents, const fs::path& store_file, Progress& progress) {
  std::ifstream in(documents, std::ios::binary);
  if (!in.is_open()) return 0;
  replica::StoreRestorer store(store_file);
  std::vector<replica::WholeDocument> batch;
  std::uint64_t count = 0;
  std::size_t bytes = 0;
  std::string line;
  while (std::getline(in, line)) {
    progress.step();
    batch.push_back(read_document(line));
    bytes += line.size();
    ++count;
    ++progress.done;
    if (batch.size() < kDocumentsPerCommit && bytes < kBytesPerCommit) continue;
    store.restore(std::exchange(batch, {}));
    bytes = 0;
  }
  store.restore(std::move(batch));
  return count;
}

bool is_empty(Account& account) {
  const auto stores = account.stores().all();
  return std::all_of(stores.begin(), stores.end(),
                     [](const Stores::Named& each) { return each.store->last_seq().value == 0; });
}

void update_derived(Account& account, Progress& progress) {
  account.project(progress);
  account.index(progress);
}

}  // namespace

bool is_export(ArchiveReader& archive) {
  ArchiveMember first;
  if (!archive.next(first)) return false;
  archive.put_back();
  return first.path == kExportHeader;
}

RestoreSummary restore(Account& account, const fs::path& folder, ArchiveReader& archive,
                       Progress& progress) {
  const StagedDocuments staged(folder / "restoring");
  ExportReader reader(archive, account.stores().blobs(), staged, progress);
  const ExportHeader header = reader.read_header();
  const RestoreState known = read_restore_state(folder);
  const bool is_there = known.state == header.state && known.applying.empty();
  if (!is_there) require_next(known, header, is_empty(account));
  reader.read_members(header);
  RestoreSummary summary;
  summary.was_there = is_there;
  if (!is_there) {
    write_restore_state(folder, {known.state, header.state});
    // Messages last: what they name is there when they come.
    for (const auto doctype : {mail::Doctype::kContents, mail::Doctype::kMailboxes,
                               mail::Doctype::kFiles, mail::Doctype::kEmails}) {
      summary.documents +=
          apply(staged.file_of(doctype),
                folder / "store" / (Stores::database_part(doctype) + ".db"), progress);
    }
    write_restore_state(folder, {header.state, ""});
  }
  update_derived(account, progress);
  return summary;
}

}  // namespace indexer
