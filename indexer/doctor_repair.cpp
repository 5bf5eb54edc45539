// The repairs of the doctor.
#include <algorithm>
#include <chrono>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "indexer/doctor.hpp"
#include "indexer/file_lock.hpp"
#include "replica/attachments.hpp"
#include "replica/digest.hpp"
#include "replica/file_check.hpp"
#include "replica/store_snapshot.hpp"

namespace indexer {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kWantedAtOnce = 500;
constexpr const char* kTexts = "extracts.db";
constexpr std::uint64_t kLeastRoom = 512 << 10;  // bytes; an empty store with its log takes less
// Up to so many differences documents are renewed one by one; with more, everything is rebuilt.
constexpr std::int64_t kMendedOneByOne = 200;

class Repair {
 public:
  Repair(const Patient& patient, const DoctorReport& found, Progress& progress)
      : patient_(patient), found_(found), progress_(progress) {}

  // Renews lists and index of a few documents in place. Nothing when that cannot suffice; the
  // caller examines again whether it did.
  std::optional<std::vector<std::string>> renew() {
    if (found_.findings.count() > kMendedOneByOne) return std::nullopt;
    std::set<std::string> ids;
    for (const auto& difference : found_.findings.named()) {
      const bool is_derived =
          difference.where == AccountPart::kCatalog || difference.where == AccountPart::kIndex;
      if (!is_derived || difference.doc_id.empty() || difference.kind == DifferenceKind::kDamaged)
        return std::nullopt;
      ids.insert(difference.doc_id);
    }
    std::vector<DocumentName> documents;
    for (const auto& id : ids) {
      for (const auto doctype : mail::kDoctypes) documents.push_back({doctype, id});
    }
    try {
      open_account()->renew(documents, progress_);
    } catch (const Cancelled&) {
      throw;
    } catch (const std::exception&) {
      return std::nullopt;  // it is too far from what it should be
    }
    return std::vector{fmt::format("{} documents were projected and indexed again", ids.size())};
  }

  std::vector<std::string> run() {
    mend_files();
    if (!may_open_) return std::move(done_);
    const auto account = open_account();
    fetch_again(*account);
    if (has(AccountPart::kCatalog) || has(AccountPart::kIndex)) {
      account->abandon_reindex();  // what an earlier one left may be as damaged
      account->reindex(progress_);
      done_.emplace_back("lists and index were made anew from the stores");
    }
    account->project(progress_);
    account->index(progress_);
    return std::move(done_);
  }

 private:
  [[nodiscard]] std::shared_ptr<Account> open_account() const {
    auto account = patient_.open();
    if (!account) throw AccountUnknown(fmt::format("unknown account '{}'", patient_.name));
    return account;
  }
  [[nodiscard]] bool has(AccountPart part) const { return found_.findings.count(part) > 0; }
  [[nodiscard]] bool has_source() const { return patient_.refetch != nullptr; }

  // While nobody has the account open.
  void mend_files() {
    std::set<std::string> files;
    std::vector<const Difference*> blobs;
    for (const auto& difference : found_.findings.named()) {
      const bool is_own =
          difference.where != AccountPart::kCatalog && difference.where != AccountPart::kIndex;
      if (difference.kind != DifferenceKind::kDamaged || !is_own || difference.file.empty())
        continue;
      if (difference.digest.empty()) {
        files.insert(difference.file);
      } else {
        blobs.push_back(&difference);
      }
    }
    name_what_is_away();
    if (files.empty() && blobs.empty()) return;
    const auto lock = FileLock::try_lock(patient_.folder / "lock", FileLock::Mode::kExclusive);
    if (!lock)
      throw AccountBusy(
          fmt::format("account '{0}' is open, and its files cannot be mended so: stop the server, "
                      "then davenport doctor {0} --repair",
                      patient_.name));
    if (has_source()) require_room_for(files);
    for (const auto& file : files) mend_file(file);
    for (const auto* blob : blobs) mend_blob(*blob);
  }

  // What is moved aside stays, and comes once more, through a write-ahead log; then lists and index
  // are made anew.
  void require_room_for(const std::set<std::string>& files) const {
    std::uint64_t moved = 0;
    for (const auto& file : files) {
      if (file != kTexts) moved += bytes_of(patient_.folder / file) + kLeastRoom;
    }
    if (moved > 0)
      require_room(
          patient_.folder, 2 * (moved + bytes_of(patient_.folder / "derived")),
          fmt::format("account '{}': to fetch again what is in damaged files", patient_.name));
  }

  void mend_file(const std::string& name) {
    const auto file = patient_.folder / name;
    if (name == kTexts && !fs::is_directory(file)) {  // derived
      for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file.string() + suffix);
      done_.push_back(fmt::format("{} was removed: files are read again", name));
    } else if (has_source() || name == kTexts) {
      for (const char* suffix : {"-wal", "-shm", ""}) {
        const auto part = file.string() + suffix;
        if (fs::exists(part)) fs::rename(part, file.string() + suffix_ + suffix);
      }
      done_.push_back(fmt::format("{0} was moved aside, to {0}{1}", name, suffix_));
    } else {
      may_open_ = false;
      done_.push_back(fmt::format(
          "{} was left as it is: no source has what is in it; put back a backup of the account's "
          "folder",
          name));
    }
  }

  void mend_blob(const Difference& blob) {
    if (!has_source()) {
      may_open_ = false;
      done_.push_back(fmt::format(
          "{} in {} was left as it is: no source has it; put back a backup of the account's folder",
          blob.digest, blob.file));
      return;
    }
    replica::set_blob_aside(patient_.folder / blob.file, blob.digest, suffix_);
    done_.push_back(fmt::format("{} in {} was set aside", blob.digest, blob.file));
  }

  // Without a source nobody has it.
  void name_what_is_away() {
    for (const auto& difference : found_.findings.named()) {
      if (has_source() || difference.kind != DifferenceKind::kMissing) continue;
      if (difference.where != AccountPart::kStore) continue;
      may_open_ = false;
      done_.push_back(fmt::format("{}: put it back from a backup", difference.detail));
    }
  }

  void fetch_again(Account& account) {
    if (!has_source()) return;
    std::size_t wanted = 0;
    if (has(AccountPart::kBlobs)) {
      for (const auto& each : account.stores().all()) wanted += want_again(account, each.database);
      done_.push_back(fmt::format("{} attachments are fetched again", wanted));
    }
    if (!has(AccountPart::kSource) && !has(AccountPart::kStore) && wanted == 0) return;
    patient_.refetch(account);
    done_.emplace_back("all that the source has was compared with what is here, and fetched");
  }

  // Attachments that documents name, and whose bytes are not here.
  std::size_t want_again(Account& account, const std::string& database) {
    auto& stores = account.stores();
    const auto doctype =
        std::find_if(std::begin(mail::kDoctypes), std::end(mail::kDoctypes),
                     [&](mail::Doctype each) { return stores.database_name(each) == database; });
    if (doctype == std::end(mail::kDoctypes)) return 0;
    auto& store = stores.create(*doctype);
    replica::Batch batch;
    std::size_t wanted = 0;
    const auto commit = [&] {
      wanted += batch.wanted.size();
      if (!batch.wanted.empty()) store.commit(batch);
      batch.wanted.clear();
    };
    replica::StoreSnapshot snapshot(patient_.folder / "store" / (database + ".db"));
    snapshot.documents({}, [&](const replica::WholeDocument& document) {
      progress_.check();
      for (const auto& leaf : document.leaves) add_wanted(stores, leaf, batch);
      if (batch.wanted.size() >= kWantedAtOnce) commit();
    });
    commit();
    return wanted;
  }
  void add_wanted(const Stores& stores, const replica::IncomingRevision& leaf,
                  replica::Batch& batch) const {
    if (leaf.deleted) return;
    for (const auto& stub : replica::attachment_stubs(leaf.body)) {
      if (!replica::parse_digest(stub.digest) || stores.blobs().contains(stub.digest)) continue;
      if (patient_.keeps_bytes && !patient_.keeps_bytes(stub.content_type, stub.length)) continue;
      replica::WantedBlob wanted;
      wanted.digest = stub.digest;
      wanted.id = leaf.id;
      wanted.rev = leaf.rev.to_string();
      wanted.name = stub.name;
      wanted.content_type = stub.content_type;
      wanted.length = stub.length;
      batch.wanted.push_back(std::move(wanted));
    }
  }

  const Patient& patient_;
  const DoctorReport& found_;
  Progress& progress_;
  const std::string suffix_ =
      fmt::format(".damaged-{:%Y%m%dT%H%M%SZ}",
                  std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  bool may_open_ = true;  // false: what is damaged is in the way
  std::vector<std::string> done_;
};

}  // namespace

DoctorReport examine_and_repair(const Patient& patient, Progress& progress) {
  auto before = examine(patient, progress);
  if (before.findings.count() == 0) return before;
  std::vector<std::string> done;
  auto after = before;
  if (auto renewed = Repair(patient, before, progress).renew()) {
    done = std::move(*renewed);
    after = examine(patient, progress);
  }
  if (after.findings.count() > 0) {
    auto mended = Repair(patient, after, progress).run();
    std::move(mended.begin(), mended.end(), std::back_inserter(done));
    after = examine(patient, progress);
  }
  after.repairs = std::move(done);
  after.repaired = std::max<std::int64_t>(0, before.findings.count() - after.findings.count());
  return after;
}

}  // namespace indexer
