// What a process that reads strangers' files may do: nearly nothing. The one door to libseccomp.
#pragma once

#include <chrono>
#include <cstddef>

namespace indexer {

// Address space of a worker: the file, what a library makes of it, and its text.
inline constexpr std::size_t kWorkerMemory = std::size_t{768} << 20;

// False on kernels without Landlock: workers can open no file at all then, so that PDF files in fonts that are not embedded and
// mail in rare charsets lose words.
[[nodiscard]] bool has_landlock();

// From here on this process can neither open a file (but to read fonts and tables of characters), nor make a socket, a process or
// a file, nor get more memory than kWorkerMemory. There is no way back. Throws std::system_error when the kernel refuses.
void enter_sandbox();

// Ends the process (SIGXCPU) when it uses more processor time than this from now on.
void limit_processor_time(std::chrono::seconds time);

}  // namespace indexer
