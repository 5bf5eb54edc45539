#include "indexer/import_pipeline.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "indexer/import_documents.hpp"
#include "mail/parser.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxMessagesAhead = 2'048;  // read or parsed, but not yet taken by the caller
constexpr std::size_t kMaxBytesAhead = std::size_t{64} << 20;  // of these

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

ImportPipeline::Outcome parse(FoundMessage found, std::span<const std::string> kept_headers) {
  if (!found.file.empty()) {
    auto bytes = read_whole(found.file);
    if (auto* refused = std::get_if<RefusedFile>(&bytes)) return std::move(*refused);
    found.raw = std::move(std::get<std::string>(bytes));
  }
  if (found.raw.empty()) return RefusedFile{std::move(found.path), "is empty"};
  if (auto why = mail::why_no_mail(found.raw))
    return RefusedFile{std::move(found.path), std::move(why->reason)};
  auto parsed = mail::parse_message(found.raw, {}, kept_headers);
  if (!parsed) return RefusedFile{std::move(found.path), parsed.error().reason};

  ImportedMessage message;
  message.path = std::move(found.path);
  message.metadata = std::move(parsed->metadata);
  message.contents = std::move(parsed->bodies);
  message.raw = std::move(found.raw);
  message.metadata.id = message_digest(message.raw);
  if (!message.metadata.received_at && !message.metadata.sent_at)
    message.metadata.received_at = found.arrived;
  message.mailboxes = std::move(found.mailboxes);
  message.managed_keywords = std::move(found.managed_keywords);
  message.metadata.keywords = std::move(found.keywords);
  for (mail::ContentDocument& content : message.contents) {
    content.id = message.metadata.id + (content.type == "text/html" ? ":html" : ":text");
    content.email = message.metadata.id;
    message.metadata.contents.push_back(content.id);
  }
  return message;
}

}  // namespace

std::string too_large() {
  return fmt::format("is larger than {} MB, which no message is", kMaxMessageBytes >> 20);
}

ImportPipeline::ImportPipeline(std::function<void(ImportPipeline&)> read, int parsers,
                               std::span<const std::string> kept_headers, const Progress& progress)
    : kept_headers_(kept_headers.begin(), kept_headers.end()), progress_(progress) {
  reader_ = std::thread([this, read = std::move(read)] { run_reader(read); });
  for (int i = 0; i < std::max(parsers, 1); ++i) parsers_.emplace_back([this] { run_parser(); });
}

ImportPipeline::~ImportPipeline() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
  work_.notify_all();
  reader_.join();
  for (std::thread& parser : parsers_) parser.join();
}

std::optional<ImportPipeline::Outcome> ImportPipeline::next() {
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

void ImportPipeline::run_reader(const std::function<void(ImportPipeline&)>& read) {
  try {
    read(*this);
  } catch (const Stopped&) {
  } catch (...) {
    fail(std::current_exception());
  }
  const std::lock_guard lock(mutex_);
  read_all_ = true;
  work_.notify_all();
  ready_.notify_one();
}

void ImportPipeline::push(FoundMessage message, std::size_t bytes) {
  push(Slot{std::move(message), std::nullopt, bytes});
}

void ImportPipeline::refuse(std::string path, std::string reason) {
  push(Slot{std::nullopt, RefusedFile{std::move(path), std::move(reason)}, 0});
}

// Waits while enough is ahead of the target; a message that alone is more than that goes when it is
// alone.
void ImportPipeline::push(Slot slot) {
  progress_.give_way();
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

void ImportPipeline::run_parser() {
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
      progress_.give_way();
      std::optional<Outcome> outcome;
      try {
        outcome = parse(std::move(*slot.found), kept_headers_);
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

void ImportPipeline::fail(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  error_ = std::move(error);
  work_.notify_all();
  ready_.notify_one();
}

}  // namespace indexer
