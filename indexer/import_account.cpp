#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "indexer/account.hpp"
#include "indexer/import.hpp"
#include "indexer/restore.hpp"

namespace indexer {
namespace {

// Writes into an account's stores, and has the lists follow on a thread of their own: parsing and
// writing leave a core half idle.
class FollowedTarget : public ImportTarget {
 public:
  FollowedTarget(Account& account, const Progress& progress)
      : account_(account),
        progress_(progress),
        target_(account.stores()),
        follower_([this] { follow(); }) {}
  FollowedTarget(const FollowedTarget&) = delete;
  FollowedTarget& operator=(const FollowedTarget&) = delete;
  ~FollowedTarget() override { end(); }

  std::optional<mail::Mailbox> find_mailbox(const std::string& id) override {
    return target_.find_mailbox(id);
  }
  void put_mailboxes(std::span<const mail::Mailbox> mailboxes) override {
    target_.put_mailboxes(mailboxes);
  }
  Written put_messages(std::span<ImportedMessage> messages) override {
    auto written = target_.put_messages(messages);
    wake(Wanted::kProjection);
    return written;
  }
  // Waits until the lists are complete; throws the error that prevented it.
  void finish() {
    end();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  enum class Wanted { kNothing, kProjection, kEnd };

  void wake(Wanted wanted) {
    const std::lock_guard lock(mutex_);
    wanted_ = std::max(wanted_, wanted);
    changed_.notify_one();
  }
  void end() {
    wake(Wanted::kEnd);
    if (follower_.joinable()) follower_.join();
  }
  void follow() {
    try {
      for (bool ends = false; !ends;) {
        {
          std::unique_lock lock(mutex_);
          changed_.wait(lock, [this] { return wanted_ != Wanted::kNothing; });
          ends = wanted_ == Wanted::kEnd;
          wanted_ = Wanted::kNothing;
        }
        Progress uncounted;
        uncounted.cancelled = progress_.cancelled.load();
        uncounted.is_bulk = progress_.is_bulk.load();
        account_.project(uncounted, !ends);
      }
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  Account& account_;
  const Progress& progress_;
  StoreTarget target_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Wanted wanted_ = Wanted::kNothing;
  std::exception_ptr failure_;  // read after the follower ended
  std::thread follower_;
};

// The archive, if it is the only thing to import.
std::optional<std::filesystem::path> only_archive(std::span<const std::filesystem::path> paths) {
  const MailTree tree = find_mail(paths);
  if (tree.folders.size() != 1 || tree.folders.front().kind != MailFolder::Kind::kArchives)
    return std::nullopt;
  return tree.folders.front().path / tree.folders.front().names.front();
}

ImportSummary import_export(Account& account, const std::filesystem::path& folder,
                            ArchiveReader& archive, Progress& progress) {
  const RestoreSummary restored = restore(account, folder, archive, progress);
  ImportSummary summary;
  summary.restored = restored.documents;
  summary.was_restored = restored.was_there;
  return summary;
}

}  // namespace

ImportSummary import_into(Account& account, const std::filesystem::path& folder,
                          std::span<const std::filesystem::path> paths,
                          std::span<const std::string> kept_headers, Progress& progress) {
  account.require_stores();
  const ImportOptions options{static_cast<int>(std::max(1U, std::thread::hardware_concurrency())),
                              {kept_headers.begin(), kept_headers.end()}};
  // Opened once: of a pipe, what was read is gone.
  std::optional<ArchiveReader> archive;
  const auto file = only_archive(paths);
  if (file) archive.emplace(*file, progress);
  if (archive && is_export(*archive)) return import_export(account, folder, *archive, progress);

  FollowedTarget target(account, progress);
  auto summary = archive ? import_archive(*archive, file->string(), target, options, progress)
                         : import_paths(paths, target, options, progress);
  target.finish();
  account.index(progress);
  return summary;
}

}  // namespace indexer
