#include "indexer/import.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <utility>

#include "indexer/import_documents.hpp"
#include "indexer/import_mailboxes.hpp"
#include "indexer/import_pipeline.hpp"
#include "indexer/import_reader.hpp"
#include "indexer/maildir.hpp"

namespace indexer {
namespace {

// Messages per commit: fewer mean more commits, more keep readers waiting.
constexpr std::size_t kMessagesPerBatch = 1'000;
constexpr std::size_t kBytesPerBatch = 16 << 20;

// Collects messages until they are worth a commit.
class ImportBatch {
 public:
  ImportBatch(ImportTarget& target, ImportSummary& summary)
      : target_(target), summary_(summary), mailboxes_(target) {}

  [[nodiscard]] ImportMailboxes& mailboxes() { return mailboxes_; }
  void add(ImportedMessage message) {
    for (const std::string& name : message.mailboxes) {
      auto& ids = message.metadata.mailbox_ids;
      const std::string& id = mailboxes_.add(name);
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
    bytes_ += message.raw.size();
    summary_.bytes += message.raw.size();
    if (!message.metadata.cut.empty()) ++summary_.cut;
    messages_.push_back(std::move(message));
    if (messages_.size() >= kMessagesPerBatch || bytes_ >= kBytesPerBatch) write();
  }

  void write() {
    mailboxes_.write();
    if (messages_.empty()) return;
    ImportTarget::Written written = target_.put_messages(messages_);
    summary_.messages += written.added;
    summary_.changed += written.changed;
    summary_.unchanged +=
        messages_.size() - written.added - written.changed - written.refused.size();
    for (RefusedFile& refused : written.refused) summary_.refused.push_back(std::move(refused));
    messages_.clear();
    bytes_ = 0;
  }

 private:
  ImportTarget& target_;
  ImportSummary& summary_;
  ImportMailboxes mailboxes_;
  std::vector<ImportedMessage> messages_;
  std::size_t bytes_ = 0;
};

// Writes the messages that `read` finds to the target of the batch.
void run_import(const std::function<void(ImportReader&)>& read, ImportBatch& batch,
                ImportSummary& summary, const ImportOptions& options, Progress& progress) {
  ImportPipeline pipeline(
      [&](ImportPipeline& found) {
        ImportReader reader(found, progress);
        read(reader);
      },
      options.threads, options.kept_headers, progress);
  while (auto outcome = pipeline.next()) {
    progress.step();
    if (auto* message = std::get_if<ImportedMessage>(&*outcome)) {
      batch.add(std::move(*message));
    } else {
      summary.refused.push_back(std::move(std::get<RefusedFile>(*outcome)));
    }
    ++progress.done;
  }
  batch.write();
}

// A user who asks for "a-b" means the mailbox of that name, and not "A.B", which could have the
// same id.
bool is_its_own_id(const std::string& name) { return mailbox_of_name(name).id == name; }

}  // namespace

ImportSummary import_paths(std::span<const std::filesystem::path> paths, ImportTarget& target,
                           const ImportOptions& options, Progress& progress) {
  MailTree tree = find_mail(paths);
  ImportSummary summary;
  summary.refused = std::move(tree.refused);
  ImportBatch batch(target, summary);
  const auto reserve = [&](const std::string& mailbox) {
    if (is_its_own_id(mailbox)) (void)batch.mailboxes().id_of(mailbox);
  };
  progress.of = 0;
  for (const MailFolder& folder : tree.folders) {
    if (folder.kind == MailFolder::Kind::kArchives) continue;
    progress.of += static_cast<std::int64_t>(folder.names.size());
    reserve(folder.mailbox);
    if (folder.kind != MailFolder::Kind::kFiles) continue;
    for (const std::string& name : folder.names) {
      if (names_mailbox(folder.path / name)) reserve(mbox_name(name, folder.mbox_parent));
    }
  }
  for (const MailFolder& folder : tree.folders) {
    // Other folders are mailboxes once there is a message in them.
    if (folder.kind == MailFolder::Kind::kMaildir) batch.mailboxes().add(folder.mailbox);
  }
  const auto read = [&tree](ImportReader& reader) {
    for (const MailFolder& folder : tree.folders) reader.read(folder);
  };
  run_import(read, batch, summary, options, progress);
  return summary;
}

ImportSummary import_archive(ArchiveReader& archive, const std::string& name, ImportTarget& target,
                             const ImportOptions& options, Progress& progress) {
  ImportSummary summary;
  ImportBatch batch(target, summary);
  const auto read = [&](ImportReader& reader) { reader.read(archive, name); };
  run_import(read, batch, summary, options, progress);
  return summary;
}

std::string what_was_imported(const ImportSummary& summary) {
  if (summary.was_restored) return "the account has what this export holds already";
  if (summary.restored) return fmt::format("imported {} documents of an export", *summary.restored);
  std::string there = fmt::format("{} already there", summary.unchanged + summary.changed);
  if (summary.changed > 0) there += fmt::format(", {} of them changed", summary.changed);
  std::string words = fmt::format("imported {} messages ({})", summary.messages, there);
  if (summary.cut > 0) words += fmt::format(", {} of those read in part only", summary.cut);
  return words;
}

}  // namespace indexer
