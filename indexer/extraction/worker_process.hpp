// What an extract worker does: the other end of worker.hpp.
#pragma once

#include <functional>

#include "indexer/extraction/extract.hpp"

namespace indexer {

// The argument that makes the program run as a worker.
inline constexpr char kWorkerArgument[] = "extract-worker";

using ReadFile = std::function<Extract(std::string_view bytes, FileType type)>;

// Enters the sandbox, then answers the requests on standard input, which is a socket, until it
// ends. `read` is extract_text except in tests. Does not return.
[[noreturn]] void run_extract_worker(const ReadFile& read);

}  // namespace indexer
