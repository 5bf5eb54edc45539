#include "indexer/file_checks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "indexer/catalog_reader.hpp"
#include "replica/attachments.hpp"
#include "replica/blobs.hpp"
#include "replica/digest.hpp"
#include "replica/file_check.hpp"
#include "replica/store.hpp"
#include "replica/store_snapshot.hpp"

namespace indexer {
namespace fs = std::filesystem;
namespace {

// Damaged blobs whose documents are named.
constexpr std::size_t kMostBlobs = 10'000;

bool is_file(const fs::path& path) {
  return fs::symlink_status(path).type() == fs::file_type::regular;
}

bool is_folder(const fs::path& path) {
  return fs::symlink_status(path).type() == fs::file_type::directory;
}

// Of the live generation, whether it is there or not; empty: there is none.
std::string current_name(const fs::path& derived) {
  std::ifstream in(derived / "current");
  std::string name;
  std::getline(in, name);
  return name.find('/') == std::string::npos ? name : std::string();
}

bool is_live(const replica::WholeDocument& document) {
  return std::any_of(document.leaves.begin(), document.leaves.end(),
                     [](const auto& leaf) { return !leaf.deleted; });
}

class FileChecks {
 public:
  FileChecks(const DoctorTarget& target, DoctorReport& report, const Progress& progress)
      : target_(target), report_(report), progress_(progress) {}

  std::optional<WalkedIndex> run() {
    check_blobs();
    report_.store = 0;
    for (const auto& file : store_files()) check_store(file);
    const auto texts = target_.folder / "extracts.db";
    if (is_there(texts)) check_database(texts, AccountPart::kExtracts);
    return check_generation();
  }

 private:
  void damaged(AccountPart part, const fs::path& file, const std::string& reason,
               std::string doc_id = {}, std::string digest = {}) {
    const auto name = name_of_file(file);
    report_.findings.add({DifferenceKind::kDamaged, std::move(doc_id), part,
                          fmt::format("{}: {}", name, reason), name, std::move(digest)});
  }
  [[nodiscard]] std::string name_of_file(const fs::path& file) const {
    return fs::relative(file, target_.folder).string();
  }

  // Runs `read`. False when that shows that the file is damaged, which is a finding then. Errors
  // that only keep it from reading are thrown.
  bool check_read(AccountPart part, const fs::path& file, const std::function<void()>& read) {
    try {
      read();
      return true;
    } catch (const replica::sqlite::Error& error) {
      if (!error.tells_damage()) throw;
      damaged(part, file, error.what());
      return false;
    }
  }

  // A file without tables counts as missing: a program was killed while it created the file.
  [[nodiscard]] static bool is_there(const fs::path& file) {
    if (!is_file(file)) return is_folder(file);
    try {
      return replica::sqlite::has_tables(file);
    } catch (const replica::sqlite::Error& error) {
      if (!error.tells_damage()) throw;
      return true;
    }
  }

  bool check_database(const fs::path& file, AccountPart part) {
    progress_.step();
    if (is_folder(file)) {
      damaged(part, file, "a folder is in its place");
      return false;
    }
    const auto problems = replica::problems_of(file);
    for (const auto& problem : problems) damaged(part, file, problem);
    return problems.empty();
  }

  void check_blobs() {
    const auto folder = target_.folder / "blobs", packed = packed_blobs();
    const replica::TellDamage tell = [this](const std::string& digest, const fs::path& file,
                                            const std::string& reason) {
      if (damaged_blobs_.size() < kMostBlobs) damaged_blobs_.insert(digest);
      damaged(AccountPart::kBlobs, file, fmt::format("{}: {}", digest, reason), "", digest);
    };
    const bool can_be_read =
        !is_there(packed) || (check_database(packed, AccountPart::kBlobs) &&
                              check_read(AccountPart::kBlobs, packed, [&] {
                                replica::check_packed_blobs(folder, tell, check_progress_);
                              }));
    if (is_folder(folder)) replica::check_blob_files(folder, tell, check_progress_);
    if (can_be_read) blobs_.emplace(folder, replica::sqlite::Access::kReadOnly);
  }
  [[nodiscard]] fs::path packed_blobs() const { return target_.folder / "blobs" / "packed.db"; }

  [[nodiscard]] std::vector<fs::path> store_files() const {
    std::vector<fs::path> files;
    if (!is_folder(target_.folder / "store")) return files;
    for (const auto& item : fs::directory_iterator(target_.folder / "store")) {
      if (item.path().extension() == ".db" && is_there(item.path())) files.push_back(item.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  void check_store(const fs::path& file) {
    if (!check_database(file, AccountPart::kStore)) return;
    check_read(AccountPart::kStore, file, [&] {
      // Opening it checks that it has the tables of a store.
      const replica::Store store(file, replica::sqlite::Access::kReadOnly);
      check_documents(file);
    });
  }

  void check_documents(const fs::path& file) {
    replica::StoreSnapshot snapshot(file);
    const auto [other, is_only] = stores_.emplace(snapshot.identity().uuid, file);
    if (!is_only) {  // which of them is in the wrong place, they do not tell
      damaged(AccountPart::kStore, other->second, "it is the same store as " + name_of_file(file));
      damaged(AccountPart::kStore, file, "it is the same store as " + name_of_file(other->second));
    }
    snapshot.check(
        [&](const replica::WholeDocument& document) {
          progress_.step();
          if (is_live(document)) ++*report_.store;
          check_attachments(document, snapshot);
        },
        [&](const std::string& id, const std::string& reason) {
          damaged(AccountPart::kStore, file, reason, id);
        });
    if (const auto words = snapshot.miscounted(); !words.empty())
      damaged(AccountPart::kStore, file, words);
  }

  void check_attachments(const replica::WholeDocument& document, replica::StoreSnapshot& snapshot) {
    for (const auto& leaf : document.leaves) {
      if (leaf.deleted) continue;
      for (const auto& stub : replica::attachment_stubs(leaf.body)) {
        if (!replica::parse_digest(stub.digest)) continue;
        if (damaged_blobs_.contains(stub.digest)) {
          report_.findings.add({DifferenceKind::kDamaged, document.id, AccountPart::kBlobs,
                                fmt::format("its attachment '{}'", stub.name)});
        } else if (is_kept(stub) && is_missing(stub.digest) &&
                   !snapshot.is_wanted(document.id, stub.digest)) {
          report_.findings.add({DifferenceKind::kMissing, document.id, AccountPart::kBlobs,
                                fmt::format("its attachment '{}', {}", stub.name, stub.digest)});
        }
      }
    }
  }
  // False where blobs cannot be read at all, which is a finding of its own.
  [[nodiscard]] bool is_missing(const std::string& digest) {
    if (!blobs_) return false;
    bool is_here = true;
    if (!check_read(AccountPart::kBlobs, packed_blobs(),
                    [&] { is_here = blobs_->contains(digest); }))
      blobs_.reset();
    return !is_here;
  }
  [[nodiscard]] bool is_kept(const replica::AttachmentStub& stub) const {
    return !target_.keeps_bytes || target_.keeps_bytes(stub.content_type, stub.length);
  }

  // The live generation. None: nothing was projected yet, or a program was killed before it was.
  std::optional<WalkedIndex> check_generation() {
    const auto derived = target_.folder / "derived";
    const auto name = current_name(derived);
    if (name.empty() || !is_folder(derived)) return {};
    const auto catalog = derived / name / "catalog.db";
    if (!is_file(catalog)) {
      damaged(AccountPart::kCatalog, catalog, "it is not there");
      return {};
    }
    if (check_database(catalog, AccountPart::kCatalog)) check_followed(catalog);
    const auto index = derived / name / "index";
    if (!is_folder(index)) return {};
    auto walked = walk_index(index, progress_);
    for (const auto& fault : walked.faults) damaged(AccountPart::kIndex, index, fault);
    return walked;
  }

  // A store that lists were made from, and that is away.
  void check_followed(const fs::path& catalog) {
    check_read(AccountPart::kCatalog, catalog, [&] {
      const Connection connection(catalog, replica::sqlite::Access::kReadOnly,
                                  replica::sqlite::Durability::kNormal);
      auto select = connection.prepare(Meta::kSelect);
      for (const auto& [doctype, store] : Meta::load(select).stores) {
        const auto part = Stores::database_part(doctype);
        if (is_store(part) || is_store(std::string(kAllDoctypes))) continue;
        report_.findings.add({DifferenceKind::kMissing, "", AccountPart::kStore,
                              fmt::format("store/{}.db, which lists were made from", part)});
      }
    });
  }
  [[nodiscard]] bool is_store(const std::string& part) const {
    return is_there(target_.folder / "store" / (part + ".db"));
  }

  const DoctorTarget& target_;
  DoctorReport& report_;
  const Progress& progress_;
  const std::function<void()> check_progress_ = [this] { progress_.step(); };
  std::optional<replica::Blobs> blobs_;  // where they can be read
  std::set<std::string> damaged_blobs_;  // digests
  std::map<std::string, fs::path> stores_;  // files by the uuid of the store
};

AccountPart part_of(const fs::path& file) {
  const auto first = file.begin()->string();
  if (first == "store") return AccountPart::kStore;
  if (first == "blobs") return AccountPart::kBlobs;
  return first == "extracts.db" ? AccountPart::kExtracts : AccountPart::kCatalog;
}

}  // namespace

std::optional<Difference> damage_reported_by(const replica::sqlite::Error& error,
                                             const fs::path& folder) {
  if (!error.tells_damage() || error.file().empty()) return std::nullopt;
  const auto file = fs::relative(error.file(), folder);
  if (file.empty() || *file.begin() == "..") return std::nullopt;
  return Difference{DifferenceKind::kDamaged, "", part_of(file),
                    fmt::format("{}: {}", file.string(), error.what()), file.string()};
}

std::optional<WalkedIndex> check_files(const DoctorTarget& target, DoctorReport& report,
                                       const Progress& progress) {
  return FileChecks(target, report, progress).run();
}

}  // namespace indexer
