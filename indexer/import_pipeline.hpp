// Messages on their way from files to documents: one thread reads, several parse, and the caller
// takes the results.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "indexer/import.hpp"

namespace indexer {

inline constexpr std::size_t kMaxMessageBytes = std::size_t{256} << 20;
// The reason that is given for refusing a larger message.
[[nodiscard]] std::string too_large();

// A message that was found, before it is parsed.
struct FoundMessage {
  std::string path;  // as it is named when refused
  std::filesystem::path file = {};  // to be read by the parser; empty: `raw` was read already
  std::string raw = {};
  std::vector<std::string> keywords = {};
  ManagedKeywords managed_keywords = {};
  std::vector<std::string> mailboxes = {};  // names
  std::optional<mail::DateTime> arrived = {};  // as the file says, for where the message does not
};

// Memory is bounded: the reader waits while enough messages wait for the caller.
class ImportPipeline {
 public:
  using Outcome = std::variant<ImportedMessage, RefusedFile>;

  // `read` runs on a thread of its own and calls `push` and `refuse`. `kept_headers` as for
  // mail::parse_message. `progress` is that of the caller, whose work this is.
  ImportPipeline(std::function<void(ImportPipeline&)> read, int parsers,
                 std::span<const std::string> kept_headers, const Progress& progress);
  ImportPipeline(const ImportPipeline&) = delete;
  ImportPipeline& operator=(const ImportPipeline&) = delete;
  ~ImportPipeline();  // stops the reader where it is

  // The next result, in the order in which messages were found; nothing after the last. Throws what
  // the reader or a parser threw.
  [[nodiscard]] std::optional<Outcome> next();

  // For the reader; `bytes` is the size of the message. Both throw, which ends the reader, when the
  // pipeline ends.
  void push(FoundMessage message, std::size_t bytes);
  void refuse(std::string path, std::string reason);

 private:
  struct Stopped {};
  struct Slot {
    std::optional<FoundMessage> found;
    std::optional<Outcome> outcome;
    std::size_t bytes = 0;
  };

  void run_reader(const std::function<void(ImportPipeline&)>& read);
  void run_parser();
  void push(Slot slot);
  void fail(std::exception_ptr error);

  const std::vector<std::string> kept_headers_;
  const Progress& progress_;
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

}  // namespace indexer
