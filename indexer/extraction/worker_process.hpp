// What an extract worker does: the other end of worker.hpp.
#pragma once

#include <functional>

#include "indexer/extraction/extract.hpp"

namespace indexer {

// The argument by which a program is told to be a worker.
inline constexpr char kWorkerArgument[] = "extract-worker";

using ReadFile = std::function<Extract(std::string_view bytes, FileType type)>;

// Enters the sandbox, then answers the requests on standard input, which is a socket, until it ends. `read` is
// extract_text, but in tests. Does not return.
[[noreturn]] void run_extract_worker(const ReadFile& read);

}  // namespace indexer
