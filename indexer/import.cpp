#include "indexer/import.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <mutex>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <variant>

#include "indexer/import_documents.hpp"
#include "mail/parser.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxMessageBytes = 256 << 20;
constexpr std::size_t kMaxMessagesAhead = 2'048;  // read or parsed, but not yet taken by the target
constexpr std::size_t kMaxBytesAhead = 64 << 20;  // of these
constexpr std::size_t kMessagesPerBatch =
    1'000;  // a commit each: fewer cost more of them, more keep readers waiting
constexpr std::size_t kBytesPerBatch = 16 << 20;

// A message on its way from the reader to a parser.
struct Job {
  std::string path;  // as it is named when refused
  std::filesystem::path file;  // to be read by the parser; empty: `raw` was read already
  std::string raw;
  std::vector<std::string> keywords;
  std::string mailbox;  // id
};

// What became of it.
using Outcome = std::variant<ImportedMessage, RefusedFile>;

std::string too_large() {
  return fmt::format("is larger than {} MB, which no message is", kMaxMessageBytes >> 20);
}

// The bytes of a file, or why they cannot be had.
std::variant<std::string, RefusedFile> read_whole(const std::filesystem::path& file) {
  const auto refuse = [&](std::string reason) {
    return RefusedFile{file.string(), std::move(reason)};
  };
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return refuse(std::strerror(errno));
  const struct Close {
    int descriptor;
    ~Close() { ::close(descriptor); }
  } close{descriptor};
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return refuse(std::strerror(errno));
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  if (bytes.size() > kMaxMessageBytes) return refuse(too_large());
  std::size_t length = 0;
  while (length < bytes.size()) {
    const ssize_t got = ::read(descriptor, bytes.data() + length, bytes.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse(std::strerror(errno));
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  bytes.resize(length);
  return bytes;
}

Outcome parse(Job job) {
  if (!job.file.empty()) {
    auto bytes = read_whole(job.file);
    if (auto* refused = std::get_if<RefusedFile>(&bytes)) return std::move(*refused);
    job.raw = std::move(std::get<std::string>(bytes));
  }
  if (job.raw.empty()) return RefusedFile{std::move(job.path), "is empty"};
  auto parsed = mail::parse_message(job.raw);
  if (!parsed) return RefusedFile{std::move(job.path), parsed.error().reason};

  ImportedMessage message;
  message.path = std::move(job.path);
  message.metadata = std::move(parsed->metadata);
  message.contents = std::move(parsed->bodies);
  message.raw = std::move(job.raw);
  message.metadata.id = message_digest(message.raw);
  message.metadata.mailbox_ids = {std::move(job.mailbox)};
  message.metadata.keywords = std::move(job.keywords);
  for (mail::ContentDocument& content : message.contents) {
    content.id = message.metadata.id + (content.type == "text/html" ? ":html" : ":text");
    content.email = message.metadata.id;
    message.metadata.contents.push_back(content.id);
  }
  return message;
}

// One thread reads, some parse, the caller takes outcomes in the order in which they were read.
class Pipeline {
 public:
  Pipeline(const MailTree& tree, const std::map<std::string, std::string>& mailbox_ids, int threads,
           Progress& progress)
      : tree_(tree), mailbox_ids_(mailbox_ids), progress_(progress) {
    reader_ = std::thread([this] { run_reader(); });
    for (int i = 0; i < std::max(threads, 1); ++i) parsers_.emplace_back([this] { run_parser(); });
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  ~Pipeline() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    room_.notify_all();
    work_.notify_all();
    reader_.join();
    for (std::thread& parser : parsers_) parser.join();
  }

  // Nothing once all was taken. Throws what reader or parser threw.
  std::optional<Outcome> next() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] {
      return error_ || (slots_.empty() ? read_all_ : slots_.front().outcome.has_value());
    });
    if (error_) std::rethrow_exception(error_);
    if (slots_.empty()) return std::nullopt;
    Slot slot = std::move(slots_.front());
    slots_.pop_front();
    ++first_;
    next_to_parse_ = std::max(next_to_parse_, first_);  // what was refused unread needs no parser
    bytes_ahead_ -= slot.bytes;
    room_.notify_one();
    return std::move(*slot.outcome);
  }

 private:
  struct Stopped {};
  struct Slot {
    std::optional<Job> job;
    std::optional<Outcome> outcome;
    std::size_t bytes = 0;
  };

  void run_reader() {
    try {
      for (const MailFolder& folder : tree_.folders) read_folder(folder);
    } catch (const Stopped&) {
    } catch (...) {
      fail(std::current_exception());
    }
    const std::lock_guard lock(mutex_);
    read_all_ = true;
    work_.notify_all();
    ready_.notify_one();
  }

  void read_folder(const MailFolder& folder) {
    const std::string& mailbox = mailbox_ids_.at(folder.mailbox);
    for (const std::string& name : folder.names) {
      const std::filesystem::path file = folder.path / name;
      struct stat status {};
      if (::stat(file.c_str(), &status) != 0) {
        refuse(file.string(), std::strerror(errno));
      } else if (!folder.is_maildir && is_mbox(file)) {
        read_mbox(file, mailbox);
      } else if (static_cast<std::size_t>(status.st_size) > kMaxMessageBytes) {
        refuse(file.string(), too_large());
      } else {
        push({Job{file.string(),
                  file,
                  {},
                  folder.is_maildir ? maildir_keywords(name) : std::vector<std::string>(),
                  mailbox},
              std::nullopt, static_cast<std::size_t>(status.st_size)});
      }
    }
  }

  static bool is_mbox(const std::filesystem::path& file) {
    char begin[5] = {};
    std::ifstream(file, std::ios::binary).read(begin, sizeof begin);
    return std::string_view(begin, sizeof begin) == "From ";
  }

  void read_mbox(const std::filesystem::path& file, const std::string& mailbox) {
    std::ifstream in(file, std::ios::binary);
    MboxReader reader(in, kMaxMessageBytes);
    MboxReader::Message message;
    for (int number = 1; reader.next(message); ++number) {
      if (number > 1) ++progress_.of;
      std::string path = fmt::format("{}#{}", file.string(), number);
      if (message.too_large) {
        refuse(std::move(path), too_large());
        continue;
      }
      const std::size_t bytes = message.raw.size();
      push({Job{std::move(path), {}, std::move(message.raw), std::move(message.keywords), mailbox},
            std::nullopt, bytes});
    }
    if (in.bad()) refuse(file.string(), "reading it failed midway");
  }

  void refuse(std::string path, std::string reason) {
    push({std::nullopt, RefusedFile{std::move(path), std::move(reason)}, 0});
  }

  // Waits while enough is ahead of the target; a message that alone is more than that goes when it is alone.
  void push(Slot slot) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] {
      return stopping_ || slots_.empty() ||
             (slots_.size() < kMaxMessagesAhead && bytes_ahead_ + slot.bytes <= kMaxBytesAhead);
    });
    if (stopping_) throw Stopped();
    bytes_ahead_ += slot.bytes;
    slots_.push_back(std::move(slot));
    work_.notify_one();
  }

  void run_parser() {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_.wait(lock, [&] {
        return stopping_ || error_ || read_all_ || next_to_parse_ < first_ + slots_.size();
      });
      if (stopping_ || error_ || next_to_parse_ == first_ + slots_.size()) return;
      Slot& slot = slots_[next_to_parse_ - first_];  // stays where it is until it has an outcome
      ++next_to_parse_;
      if (!slot.outcome) {
        lock.unlock();
        std::optional<Outcome> outcome;
        try {
          outcome = parse(std::move(*slot.job));
        } catch (...) {
          fail(std::current_exception());
          return;
        }
        lock.lock();
        slot.outcome = std::move(outcome);
      }
      if (slots_.front().outcome) ready_.notify_one();
    }
  }

  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    work_.notify_all();
    ready_.notify_one();
  }

  const MailTree& tree_;
  const std::map<std::string, std::string>& mailbox_ids_;  // by name
  Progress& progress_;

  std::mutex mutex_;
  std::condition_variable room_, work_, ready_;
  std::deque<Slot> slots_;
  std::size_t first_ = 0;  // number of slots_.front(), counted from the first message read
  std::size_t next_to_parse_ = 0;
  std::size_t bytes_ahead_ = 0;
  bool read_all_ = false;
  bool stopping_ = false;
  std::exception_ptr error_;

  std::thread reader_;
  std::vector<std::thread> parsers_;
};

// Collects messages until they are worth a commit.
class Batches {
 public:
  Batches(ImportTarget& target, ImportSummary& summary) : target_(target), summary_(summary) {}

  void add(ImportedMessage message) {
    bytes_ += message.raw.size();
    summary_.bytes += message.raw.size();
    messages_.push_back(std::move(message));
    if (messages_.size() >= kMessagesPerBatch || bytes_ >= kBytesPerBatch) write();
  }

  void write() {
    if (messages_.empty()) return;
    ImportTarget::Written written = target_.put_messages(messages_);
    summary_.messages += written.added;
    summary_.unchanged += messages_.size() - written.added - written.refused.size();
    for (RefusedFile& refused : written.refused) summary_.refused.push_back(std::move(refused));
    messages_.clear();
    bytes_ = 0;
  }

 private:
  ImportTarget& target_;
  ImportSummary& summary_;
  std::vector<ImportedMessage> messages_;
  std::size_t bytes_ = 0;
};

}  // namespace

ImportSummary import_paths(std::span<const std::filesystem::path> paths, ImportTarget& target,
                           int threads, Progress& progress) {
  MailTree tree = find_mail(paths);
  ImportSummary summary;
  summary.refused = std::move(tree.refused);

  std::map<std::string, std::string> mailbox_ids;
  std::vector<mail::Mailbox> mailboxes;
  std::int64_t files = 0;
  for (const MailFolder& folder : tree.folders) {
    files += static_cast<std::int64_t>(folder.names.size());
    if (mailbox_ids.contains(folder.mailbox)) continue;
    mail::Mailbox mailbox = mailbox_of_name(folder.mailbox);
    const bool is_new =
        std::none_of(mailboxes.begin(), mailboxes.end(),
                     [&](const mail::Mailbox& other) { return other.id == mailbox.id; });
    mailbox_ids.emplace(folder.mailbox, mailbox.id);
    if (is_new) mailboxes.push_back(std::move(mailbox));
  }
  progress.of = files;
  if (!mailboxes.empty()) target.put_mailboxes(mailboxes);

  Batches batches(target, summary);
  Pipeline pipeline(tree, mailbox_ids, threads, progress);
  while (auto outcome = pipeline.next()) {
    if (progress.cancelled) throw Cancelled();
    if (auto* message = std::get_if<ImportedMessage>(&*outcome)) {
      batches.add(std::move(*message));
    } else {
      summary.refused.push_back(std::move(std::get<RefusedFile>(*outcome)));
    }
    ++progress.done;
  }
  batches.write();
  return summary;
}

}  // namespace indexer
