#include "indexer/file_checks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <utility>

#include "indexer/catalog_state.hpp"
#include "replica/attachments.hpp"
#include "replica/digest.hpp"
#include "replica/file_check.hpp"
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
  FileChecks(const Patient& patient, DoctorReport& report, const std::function<void()>& between)
      : patient_(patient), report_(report), between_(between) {}

  std::optional<WalkedIndex> run() {
    check_blob_files();
    report_.store = 0;
    for (const auto& file : store_files()) check_store(file);
    check_database(patient_.folder / "extracts.db", Part::kExtracts);
    return check_generation();
  }

 private:
  void damaged(Part part, const fs::path& file, const std::string& reason, std::string doc_id = {},
               std::string digest = {}) {
    const auto name = name_of_file(file);
    report_.findings.add({DifferenceKind::kDamaged, std::move(doc_id), part,
                          fmt::format("{}: {}", name, reason), name, std::move(digest)});
  }
  [[nodiscard]] std::string name_of_file(const fs::path& file) const {
    return fs::relative(file, patient_.folder).string();
  }

  bool check_database(const fs::path& file, Part part) {
    if (!is_file(file)) return false;
    between_();
    const auto problems = replica::problems_of(file);
    for (const auto& problem : problems) damaged(part, file, problem);
    return problems.empty();
  }

  void check_blob_files() {
    const auto folder = patient_.folder / "blobs";
    if (!is_folder(folder)) return;
    if (is_file(folder / "packed.db") && !check_database(folder / "packed.db", Part::kBlobs))
      return;
    replica::check_blobs(
        folder,
        [this](const std::string& digest, const fs::path& file, const std::string& reason) {
          if (damaged_blobs_.size() < kMostBlobs) damaged_blobs_.insert(digest);
          damaged(Part::kBlobs, file, fmt::format("{}: {}", digest, reason), "", digest);
        },
        between_);
  }

  [[nodiscard]] std::vector<fs::path> store_files() const {
    std::vector<fs::path> files;
    if (!is_folder(patient_.folder / "store")) return files;
    for (const auto& item : fs::directory_iterator(patient_.folder / "store")) {
      if (item.path().extension() == ".db" && is_file(item.path())) files.push_back(item.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  void check_store(const fs::path& file) {
    // A program that was killed while it made the store leaves an empty file: that is none yet.
    if (fs::file_size(file) == 0) return;
    if (!check_database(file, Part::kStore)) return;
    const replica::Blobs blobs(patient_.folder / "blobs", replica::sqlite::Access::kReadOnly);
    replica::StoreSnapshot snapshot(file);
    snapshot.check(
        [&](const replica::WholeDocument& document) {
          between_();
          if (is_live(document)) ++*report_.store;
          check_attachments(document, snapshot, blobs);
        },
        [&](const std::string& id, const std::string& reason) {
          damaged(Part::kStore, file, reason, id);
        });
    if (const auto words = snapshot.miscounted(); !words.empty())
      damaged(Part::kStore, file, words);
  }

  void check_attachments(const replica::WholeDocument& document, replica::StoreSnapshot& snapshot,
                         const replica::Blobs& blobs) {
    for (const auto& leaf : document.leaves) {
      if (leaf.deleted) continue;
      for (const auto& stub : replica::attachment_stubs(leaf.body)) {
        if (!replica::parse_digest(stub.digest)) continue;
        if (damaged_blobs_.contains(stub.digest)) {
          report_.findings.add({DifferenceKind::kDamaged, document.id, Part::kBlobs,
                                fmt::format("its attachment '{}'", stub.name)});
        } else if (is_kept(stub) && !blobs.contains(stub.digest) &&
                   !snapshot.is_wanted(document.id, stub.digest)) {
          report_.findings.add({DifferenceKind::kMissing, document.id, Part::kBlobs,
                                fmt::format("its attachment '{}', {}", stub.name, stub.digest)});
        }
      }
    }
  }
  [[nodiscard]] bool is_kept(const replica::AttachmentStub& stub) const {
    return !patient_.keeps_bytes || patient_.keeps_bytes(stub.content_type, stub.length);
  }

  // The live generation. None: nothing was projected yet, or a program was killed before it was.
  std::optional<WalkedIndex> check_generation() {
    const auto derived = patient_.folder / "derived";
    const auto name = current_name(derived);
    if (name.empty() || !is_folder(derived)) return {};
    const auto catalog = derived / name / "catalog.db";
    if (!is_file(catalog)) {
      damaged(Part::kCatalog, catalog, "it is not there");
      return {};
    }
    if (check_database(catalog, Part::kCatalog)) check_followed(catalog);
    const auto index = derived / name / "index";
    if (!is_folder(index)) return {};
    auto walked = walk_index(index, between_);
    for (const auto& fault : walked.faults) damaged(Part::kIndex, index, fault);
    return walked;
  }

  // A store that lists were made from, and that is away.
  void check_followed(const fs::path& catalog) {
    try {
      const Connection connection(catalog, replica::sqlite::Access::kReadOnly,
                                  replica::sqlite::Durability::kNormal);
      auto select = connection.prepare(Meta::kSelect);
      for (const auto& [doctype, store] : Meta::load(select).stores) {
        const auto part = Stores::database_part(doctype);
        const bool is_there = is_store(part) || is_store(std::string(kAllDoctypes));
        if (is_there) continue;
        report_.findings.add({DifferenceKind::kMissing, "", Part::kStore,
                              fmt::format("store/{}.db, which lists were made from", part)});
      }
    } catch (const replica::sqlite::Error& error) {
      damaged(Part::kCatalog, catalog, error.what());
    }
  }
  [[nodiscard]] bool is_store(const std::string& part) const {
    const auto file = patient_.folder / "store" / (part + ".db");
    return is_file(file) && fs::file_size(file) > 0;
  }

  const Patient& patient_;
  DoctorReport& report_;
  const std::function<void()>& between_;
  std::set<std::string> damaged_blobs_;  // digests
};

}  // namespace

std::optional<WalkedIndex> check_files(const Patient& patient, DoctorReport& report,
                                       const std::function<void()>& between) {
  return FileChecks(patient, report, between).run();
}

}  // namespace indexer
