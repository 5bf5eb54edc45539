// The protocol between davenport and its extract workers, over a socket that is the worker's
// standard input: a request for each file, and an answer. Both ends are the same program, so
// numbers are in native byte order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "indexer/extraction/extract.hpp"

namespace indexer {

// Sent by a worker when it has entered its sandbox, before the first request.
inline constexpr char kReady = 'r';

// Before the bytes of a file.
struct RequestFrame {
  std::uint64_t size = 0;
  std::uint32_t processor_seconds = 0;  // it may take
  FileType type = FileType::kNone;
};

// Before the text, or the reason why there is none.
struct AnswerFrame {
  std::uint64_t size = 0;
  std::uint8_t failed = 0;
  std::uint8_t truncated = 0;
};

inline constexpr std::size_t kMaxReasonBytes = 1'000;

}  // namespace indexer
