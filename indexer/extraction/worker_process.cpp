#include "indexer/extraction/worker_process.hpp"

#include <cerrno>
#include <new>
#include <optional>
#include <unistd.h>

#include "indexer/extraction/frames.hpp"
#include "indexer/extraction/sandbox.hpp"
#include "mail/parser.hpp"

namespace indexer {
namespace {

constexpr int kSocket = STDIN_FILENO;

bool read_all(void* to, std::size_t size) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const auto got = read(kSocket, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_all(const void* from, std::size_t size) {
  const auto* at = static_cast<const char*>(from);
  while (size > 0) {
    const auto written = write(kSocket, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

std::optional<std::string> receive_file(RequestFrame& request) {
  if (!read_all(&request, sizeof request) || request.size > kMaxFileBytes) return std::nullopt;
  std::string bytes(request.size, '\0');
  if (!read_all(bytes.data(), bytes.size())) return std::nullopt;
  return bytes;
}

bool answer(const Extract& extract) {
  const std::string_view payload =
      extract.failure.empty() ? std::string_view(extract.text)
                              : std::string_view(extract.failure).substr(0, kMaxReasonBytes);
  AnswerFrame frame;
  frame.size = payload.size();
  frame.failed = extract.failure.empty() ? 0 : 1;
  frame.truncated = extract.truncated ? 1 : 0;
  return write_all(&frame, sizeof frame) && write_all(payload.data(), payload.size());
}

}  // namespace

void run_extract_worker(const ReadFile& read_file) {
  // Without what atexit and destructors do: there is nothing to save.
  try {
    mail::initialize();
    enter_sandbox();
    if (!write_all(&kReady, sizeof kReady)) _exit(1);
    RequestFrame request;
    while (const auto bytes = receive_file(request)) {
      limit_processor_time(std::chrono::seconds(request.processor_seconds));
      if (!answer(read_file(*bytes, request.type))) break;
    }
  } catch (...) {
    _exit(1);
  }
  _exit(0);
}

}  // namespace indexer
