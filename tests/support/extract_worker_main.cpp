// main of test programs that index mail. Started as an extract worker, it reads files as davenport does, and beside them
// orders to misbehave, which tests send as text/plain. It walks an index for the doctor, too.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "indexer/extraction/worker_process.hpp"
#include "indexer/index_walk.hpp"

namespace {

using indexer::Extract;

Extract tell(int result) {
  return {result < 0 ? std::strerror(errno) : "it was possible", false, {}, true};
}

[[noreturn]] void use_memory() {
  for (;;) {
    auto* piece = new std::string(std::size_t{16} << 20, 'x');
    if (piece->empty()) break;
  }
  std::abort();
}

[[noreturn]] void use_processor() {
  for (volatile unsigned i = 0;;) i = i + 1;
}

// The request has come whole, so there is nothing to read.
void wait_for_more() {
  char byte = 0;
  if (read(STDIN_FILENO, &byte, 1) >= 0) _exit(0);
}

Extract obey(std::string_view order) {
  if (order == "crash") std::raise(SIGSEGV);
  if (order == "leave") _exit(3);
  if (order == "wait") wait_for_more();
  if (order == "loop") use_processor();
  if (order == "memory") use_memory();
  if (order == "socket") return tell(socket(AF_INET, SOCK_STREAM, 0));
  if (order == "fork") return tell(fork());
  if (order == "exec") return tell(execl("/bin/true", "true", nullptr));
  if (order == "read") return tell(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  if (order == "write") return tell(open("/tmp/davenport-worker", O_WRONLY | O_CREAT, 0600));
  if (order == "environment")
    return {environ[0] + std::string(environ[1] ? environ[1] : ""), false, {}, true};
  return Extract::failed("no such order");
}

Extract read_file(std::string_view bytes, indexer::FileType type) {
  constexpr std::string_view kOrder = "order: ";
  if (!bytes.starts_with(kOrder)) return indexer::extract_text(bytes, type);
  try {
    return obey(bytes.substr(kOrder.size()));
  } catch (const std::bad_alloc&) {
    return Extract::failed("no memory");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == indexer::kWorkerArgument)
    indexer::run_extract_worker(read_file);
  if (argc == 3 && std::string_view(argv[1]) == indexer::kIndexWalkArgument)
    indexer::run_index_walk(argv[2]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
