// What did not come: documents in quarantine, attachments whose bytes are wanted.
#include <algorithm>
#include <fmt/format.h>
#include <unordered_set>

#include "replica/store_writer.hpp"
#include "replica/tuning.hpp"

namespace replica {
namespace {

constexpr std::int64_t kNever = kNeverAgain.time_since_epoch().count();

// When to try again what failed for the `attempts`th time.
std::int64_t next_attempt(std::chrono::sys_seconds now, std::int64_t attempts) {
  auto delay = tuning::kFirstRetry;
  for (auto attempt = attempts; attempt > 1 && delay < tuning::kLongestRetry; --attempt) delay *= 2;
  return (now + std::min(delay, tuning::kLongestRetry)).time_since_epoch().count();
}

}  // namespace

void StoreWriter::update_quarantine(const Batch& batch, const Progress& progress) {
  if (progress.has_quarantined) {
    // A document of which one revision arrived and another failed stays, with the time of its first
    // failure.
    std::unordered_set<std::string_view> failed;
    for (const auto& row : batch.quarantined) failed.insert(row.id);
    const auto release = [this, &failed](std::string_view id) {
      if (!failed.contains(id)) release_.bind(id).run();
    };
    for (const auto& revision : batch.revisions) release(revision.id);
    for (const auto& id : batch.released) release(id);
  }
  const auto now = progress.now.time_since_epoch().count();
  for (const auto& row : batch.quarantined) {
    const auto attempts = quarantine_attempts_.bind(row.id).scalar() + 1;
    quarantine_
        .bind(row.id, row.rev, row.reason, now, attempts, next_attempt(progress.now, attempts),
              kNever)
        .run();
  }
}

void StoreWriter::update_wanted(const Batch& batch, const Progress& progress) {
  for (const auto& blob : batch.wanted) {
    const auto rev = RevId::parse(blob.rev);
    if (!rev || !find(blob.id).tree.has_leaf(*rev)) continue;
    want_.bind(blob.digest, blob.id, blob.rev, blob.name, blob.content_type, blob.length).run();
  }
  const auto now = progress.now.time_since_epoch().count();
  for (const auto& blob : batch.failed) {
    const auto attempts = wanted_attempts_.bind(blob.digest).scalar() + 1;
    fail_wanted_
        .bind(attempts, blob.reason, now, kNever, next_attempt(progress.now, attempts), blob.digest)
        .run();
  }
}

std::vector<std::string> StoreWriter::mark_arrived(std::span<const std::string> arrived) {
  std::vector<std::string> ids;
  for (const auto& digest : arrived) {
    const sqlite::ResetAtEnd reset(arrive_);
    for (arrive_.bind(digest); arrive_.step();) ids.emplace_back(arrive_.text(0));
  }
  return ids;
}

void StoreWriter::drop_unnamed_blobs(std::string_view id, const RevisionTree& tree) {
  std::vector<std::string> digests;
  {
    const sqlite::ResetAtEnd reset(wanted_of_);
    for (wanted_of_.bind(id); wanted_of_.step();) {
      const auto rev = RevId::parse(wanted_of_.text(1));
      if (!rev || !tree.has_leaf(*rev)) digests.emplace_back(wanted_of_.text(0));
    }
  }
  for (const auto& digest : digests) drop_wanted_.bind(digest, id).run();
}

std::int64_t StoreWriter::retry(const std::optional<std::string>& id) {
  sqlite::Transaction transaction(connection_);
  std::int64_t rows = 0;
  for (const std::string_view table : {"quarantine", "wanted"}) {
    auto update = connection_.prepare(fmt::format(
        "UPDATE {} SET next_attempt=0 WHERE attempts>0 AND iif(?1 IS NULL, next_attempt<?2, id=?1)",
        table));
    update.bind(id, kNever).run();
    rows += connection_.changes();
  }
  transaction.commit();
  return rows;
}

std::int64_t StoreWriter::ignore(std::string_view id) {
  sqlite::Transaction transaction(connection_);
  std::int64_t rows = 0;
  for (const std::string_view table : {"quarantine", "wanted"}) {
    auto update = connection_.prepare(
        fmt::format("UPDATE {} SET next_attempt=? WHERE attempts>0 AND id=?", table));
    update.bind(kNever, id).run();
    rows += connection_.changes();
  }
  transaction.commit();
  return rows;
}

}  // namespace replica
