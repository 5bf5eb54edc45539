// Takes nearly all rights from a process that reads untrusted files. The only user of libseccomp.
#pragma once

#include <chrono>
#include <cstddef>

namespace indexer {

// Address space of a worker, in bytes: for the file, the library that reads it, and the text.
inline constexpr std::size_t kWorkerMemory = std::size_t{768} << 20;

// False on kernels without Landlock. Workers then cannot open any file, so that words are lost in
// PDF files whose fonts are not embedded and in mail with rare charsets.
[[nodiscard]] bool has_landlock();

// From here on this process can open no file (except fonts and character tables for reading),
// create no socket, process or file, and have no more memory than kWorkerMemory. There is no way
// back. Throws std::system_error when the kernel refuses.
void enter_sandbox();

// Ends the process (SIGXCPU) when it uses more processor time than this from now on.
void limit_processor_time(std::chrono::seconds time);

}  // namespace indexer
