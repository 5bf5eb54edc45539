#include "indexer/doctor.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <thread>
#include <unordered_set>
#include <utility>

#include "indexer/account_state.hpp"
#include "indexer/catalog_comparison.hpp"
#include "indexer/file_checks.hpp"
#include "indexer/index_comparison.hpp"

namespace indexer {
namespace {

constexpr std::size_t kRowsPerProjection = 2'000;
constexpr std::size_t kChangesAtOnce = 1'000;
// An account whose lists are made anew while they are compared is looked at again.
constexpr int kMaxComparisons = 3;

}  // namespace

class Examination {
 public:
  Examination(const DoctorTarget& target, Progress& progress)
      : target_(target), progress_(progress) {}

  DoctorReport run() {
    report_.account = target_.name;
    walked_ = check_files(target_, report_, progress_);
    if (has_unreadable_files()) return std::move(report_);
    try {
      compare();
    } catch (const replica::sqlite::Error& error) {
      auto damage = damage_reported_by(error, target_.folder);
      if (!damage) throw;
      report_.findings.add(std::move(*damage));
    }
    return std::move(report_);
  }

 private:
  void compare() {
    const bool had_lists = has_lists();
    const auto account = target_.open();
    if (!account) throw AccountUnknown(fmt::format("unknown account '{}'", target_.name));
    catch_up(*account);
    if (!had_lists) {
      report_.repairs.push_back(has_lists()
                                    ? "lists and text index were not there: made anew"
                                    : "derived/current is gone while the account is open: lists "
                                      "and text index are made anew when it is opened next");
    }
    compare_derived(*account);
    if (target_.compare_source) target_.compare_source(*account, report_);
  }

  [[nodiscard]] bool has_lists() const {
    return std::filesystem::exists(target_.folder / "derived" / "current");
  }

  // Such an account is not opened: that would change what is damaged.
  [[nodiscard]] bool has_unreadable_files() const {
    const auto& findings = report_.findings;
    return findings.count(AccountPart::kStore) > 0 || findings.count(AccountPart::kCatalog) > 0 ||
           findings.count(AccountPart::kIndex) > 0 || findings.count(AccountPart::kExtracts) > 0 ||
           findings.is_damaged(AccountPart::kBlobs);
  }

  // As every start of the program does.
  void catch_up(Account& account) {
    account.project(progress_);
    account.index(progress_);
    if (const auto damage = account.take_damage())
      report_.repairs.push_back(fmt::format("the text index was made anew: {}", *damage));
  }

  void compare_derived(Account& account) {
    auto& state = *account.state_;
    for (int attempt = 1;; ++attempt) {
      const auto live = state.generation();
      if (!live) return;
      DoctorReport before = report_;
      compare_catalog(account, *live);
      compare_index(account, live);
      if (state.generation() == live) return;
      if (attempt == kMaxComparisons)
        throw std::runtime_error(fmt::format(
            "account '{}' is being reindexed: examine it when that is done", target_.name));
      report_ = std::move(before);
    }
  }

  void project(Generation& generation, const Stores& stores) {
    while (generation.catalog().project(stores, kRowsPerProjection).more) progress_.step();
    generation.catalog().order(progress_);
  }

  // Projects a fresh catalog beside the live one; it is deleted when this returns.
  void compare_catalog(Account& account, Generation& live) {
    auto& state = *account.state_;
    const auto begun = Generation::begin(state.derived(), state.options);
    Generation& fresh = *begun;
    project(fresh, account.stores());
    std::optional<CatalogComparison> comparison;
    {
      const std::lock_guard working(state.catalog_work);
      do {
        project(live, account.stores());
        project(fresh, account.stores());
      } while (live.catalog().checkpoint() != fresh.catalog().checkpoint());
      comparison.emplace(live.folder() / "catalog.db", fresh.folder() / "catalog.db");
    }
    report_.catalog = comparison->run(report_.findings, progress_);
    if (const auto unowned = comparison->unowned_contents(); unowned > 0)
      report_.notes.push_back(
          fmt::format("{} content documents belong to no message that is here", unowned));
  }

  void compare_index(Account& account, const std::shared_ptr<Generation>& live) {
    auto& state = *account.state_;
    if (!live->has_index()) return;
    const auto since = live->text_checkpoint();
    Extractor extractor(account.stores().extracts());
    const Texts texts(account.stores(), &extractor);
    progress_.of = progress_.done + live->catalog().entry_count();
    const auto expected =
        analyse_entries(live->catalog(), texts, state.options,
                        static_cast<int>(std::thread::hardware_concurrency()), progress_);

    const std::lock_guard text(state.text_work);  // the index stands still
    const auto folder = live->folder() / "index";
    if (state.generation() != live || !is_sound(folder)) return;
    const std::lock_guard lists(state.catalog_work);
    project(*live, account.stores());
    live->follow_index(account.stores(), progress_);
    const auto changed = changed_since(since, live->catalog());
    const IndexLookup lookup(folder);
    compare_entries(expected, walked_->entries, [&](const IndexDifference& difference) {
      const auto entries = live->catalog().entries(difference.number, 1);
      const bool is_entry = !entries.empty() && entries.front().number == difference.number;
      const auto stored = lookup.entry(difference.number);
      if (difference.kind == DifferenceKind::kExtra) {
        // It may have come, or gone, since the catalog was read.
        if (!is_entry && stored) add(difference, lookup.doc_id(difference.number));
      } else if (is_entry && (!changed.contains(difference.number) ||
                              analyse_entry(entries.front(), texts, state.options) != stored)) {
        add(difference, entries.front().doc_id);
      }
    });
    report_.index = static_cast<std::int64_t>(expected.size());
  }

  void add(const IndexDifference& difference, std::string doc_id) {
    report_.findings.add(
        {difference.kind, std::move(doc_id), AccountPart::kIndex, difference.detail});
  }

  // Walks the index, unless it is as it was when its files were looked at.
  [[nodiscard]] bool is_sound(const std::filesystem::path& index) {
    if (!walked_ || walked_->revision.empty() || walked_->revision != index_revision(index))
      walked_ = walk_index(index, progress_);
    for (const auto& fault : walked_->faults)
      report_.findings.add({DifferenceKind::kDamaged, "", AccountPart::kIndex, fault});
    return walked_->faults.empty();
  }

  // Numbers of the entries that changed after that checkpoint: they may have been analysed before
  // or after they did.
  [[nodiscard]] static std::unordered_set<std::uint32_t> changed_since(
      const DerivedCheckpoint& since, const Catalog& catalog) {
    std::unordered_set<std::uint32_t> numbers;
    auto reached = since;
    for (bool more = true; more;) {
      const auto changes = catalog.text_changes(reached, kChangesAtOnce);
      for (const auto& entry : changes.changed) numbers.insert(entry.number);
      more = changes.more && changes.reached != reached;
      reached = changes.reached;
    }
    return numbers;
  }

  const DoctorTarget& target_;
  Progress& progress_;
  DoctorReport report_;
  std::optional<WalkedIndex> walked_;
};

DoctorReport examine(const DoctorTarget& target, Progress& progress) {
  return Examination(target, progress).run();
}

}  // namespace indexer
