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
constexpr const char* kExtractsFile = "extracts.db";
constexpr std::uint64_t kLeastRoom = 512 << 10;  // bytes; an empty store with its log takes less
// Up to so many differences, documents are renewed in place; with more, everything is rebuilt.
constexpr std::int64_t kMaxRenewedInPlace = 200;

class Repair {
 public:
  Repair(const DoctorTarget& target, const DoctorReport& found, Progress& progress)
      : target_(target), found_(found), progress_(progress) {}

  // Renews lists and index of a few documents in place. Nothing when that cannot suffice; the
  // caller examines again whether it did.
  std::optional<std::vector<std::string>> renew() {
    if (found_.findings.count() > kMaxRenewedInPlace) return std::nullopt;
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
    repair_files();
    if (!can_open_) return std::move(done_);
    const auto account = open_account();
    refetch(*account);
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
    auto account = target_.open();
    if (!account) throw AccountUnknown(fmt::format("unknown account '{}'", target_.name));
    return account;
  }
  [[nodiscard]] bool has(AccountPart part) const { return found_.findings.count(part) > 0; }
  [[nodiscard]] bool has_source() const { return target_.refetch != nullptr; }

  // While nobody has the account open.
  void repair_files() {
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
    const bool lacks_store = report_missing_stores();
    if (files.empty() && blobs.empty() && !lacks_store) return;
    const auto lock = FileLock::try_lock(target_.folder / "lock", FileLock::Mode::kExclusive);
    if (!lock)
      throw AccountBusy(
          fmt::format("account '{0}' is open, and its files cannot be mended so: stop the server, "
                      "then davenport doctor {0} --repair",
                      target_.name));
    if (has_source()) require_room_for(files);
    // Asked before anything is moved: a source that is down would leave the account without them.
    std::set<std::string> replaceable;
    for (const auto& file : files) {
      if (is_replaceable(file)) replaceable.insert(file);
    }
    for (const auto& file : files) repair_file(file, replaceable.contains(file));
    for (const auto* blob : blobs) repair_blob(*blob);
  }

  // What is moved aside stays, and comes once more, through a write-ahead log; then lists and index
  // are made anew.
  void require_room_for(const std::set<std::string>& files) const {
    std::uint64_t moved = 0;
    for (const auto& file : files) {
      if (file != kExtractsFile) moved += bytes_of(target_.folder / file) + kLeastRoom;
    }
    if (moved > 0)
      require_room(
          target_.folder, 2 * (moved + bytes_of(target_.folder / "derived")),
          fmt::format("account '{}': to fetch again what is in damaged files", target_.name));
  }

  // Whether what is in the file comes again: from the source, or from other files here.
  [[nodiscard]] bool is_replaceable(const fs::path& file) const {
    if (file == kExtractsFile) return true;
    if (!has_source()) return false;
    return *file.begin() != "store" || target_.is_at_source(file.stem());
  }

  void repair_file(const std::string& name, bool is_replaceable) {
    const auto file = target_.folder / name;
    if (name == kExtractsFile && !fs::is_directory(file)) {  // derived
      for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file.string() + suffix);
      done_.push_back(fmt::format("{} was removed: files are read again", name));
    } else if (is_replaceable) {
      for (const char* suffix : {"-wal", "-shm", ""}) {
        const auto part = file.string() + suffix;
        if (fs::exists(part)) fs::rename(part, file.string() + suffix_ + suffix);
      }
      done_.push_back(fmt::format("{0} was moved aside, to {0}{1}", name, suffix_));
    } else {
      can_open_ = false;
      done_.push_back(fmt::format(
          "{} was left as it is: no source has what is in it; put back a backup of the account's "
          "folder",
          name));
    }
  }

  void repair_blob(const Difference& blob) {
    if (!has_source()) {
      can_open_ = false;
      done_.push_back(fmt::format(
          "{} in {} was left as it is: no source has it; put back a backup of the account's folder",
          blob.digest, blob.file));
      return;
    }
    replica::set_blob_aside(target_.folder / blob.file, blob.digest, suffix_);
    done_.push_back(fmt::format("{} in {} was set aside", blob.digest, blob.file));
  }

  // Whether a store is missing. Only a source can fill it again, and not while somebody still writes
  // to the file that was there.
  bool report_missing_stores() {
    bool lacks_store = false;
    for (const auto& difference : found_.findings.named()) {
      if (difference.kind != DifferenceKind::kMissing || difference.where != AccountPart::kStore)
        continue;
      lacks_store = true;
      if (has_source()) continue;
      can_open_ = false;
      done_.push_back(fmt::format("{}: put it back from a backup", difference.detail));
    }
    return lacks_store;
  }

  void refetch(Account& account) {
    if (!has_source()) return;
    std::size_t wanted = 0;
    if (has(AccountPart::kBlobs)) {
      for (const auto& each : account.stores().all())
        wanted += request_missing_blobs(account, each.database);
      done_.push_back(fmt::format("{} attachments are fetched again", wanted));
    }
    if (!has(AccountPart::kSource) && !has(AccountPart::kStore) && wanted == 0) return;
    target_.refetch(account);
    done_.emplace_back("all that the source has was compared with what is here, and fetched");
  }

  // Attachments that documents name, and whose bytes are not here.
  std::size_t request_missing_blobs(Account& account, const std::string& database) {
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
    replica::StoreSnapshot snapshot(target_.folder / "store" / (database + ".db"));
    snapshot.documents({}, [&](const replica::WholeDocument& document) {
      progress_.step();
      for (const auto& leaf : document.leaves) add_missing_blobs(stores, leaf, batch);
      if (batch.wanted.size() >= kWantedAtOnce) commit();
    });
    commit();
    return wanted;
  }
  void add_missing_blobs(const Stores& stores, const replica::IncomingRevision& leaf,
                         replica::Batch& batch) const {
    if (leaf.deleted) return;
    for (const auto& stub : replica::attachment_stubs(leaf.body)) {
      if (!replica::parse_digest(stub.digest) || stores.blobs().contains(stub.digest)) continue;
      if (target_.keeps_bytes && !target_.keeps_bytes(stub.content_type, stub.length)) continue;
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

  const DoctorTarget& target_;
  const DoctorReport& found_;
  Progress& progress_;
  const std::string suffix_ =
      fmt::format(".damaged-{:%Y%m%dT%H%M%SZ}",
                  std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  bool can_open_ = true;  // false: damage was left that keeps the account from being opened
  std::vector<std::string> done_;
};

}  // namespace

DoctorReport examine_and_repair(const DoctorTarget& target, Progress& progress) {
  auto before = examine(target, progress);
  if (before.findings.count() == 0) return before;
  std::vector<std::string> done;
  auto after = before;
  if (auto renewed = Repair(target, before, progress).renew()) {
    done = std::move(*renewed);
    after = examine(target, progress);
  }
  if (after.findings.count() > 0) {
    auto mended = Repair(target, after, progress).run();
    std::move(mended.begin(), mended.end(), std::back_inserter(done));
    after = examine(target, progress);
  }
  after.repairs = std::move(done);
  after.repaired = std::max<std::int64_t>(0, before.findings.count() - after.findings.count());
  return after;
}

}  // namespace indexer
