#include "indexer/index_walk.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <time.h>
#include <tuple>
#include <unistd.h>
#include <utility>

#include "indexer/entry_hashes.hpp"
#include "indexer/index_walk_frames.hpp"

namespace indexer {
namespace {

// A walk that takes so much of the processor without a word goes round in a circle. (Time itself
// would tell nothing: at SCHED_IDLE, on a machine that is full of other work, it stands still.) A
// large table is checked in one go.
constexpr std::chrono::minutes kTableSilenceLimit{5};
constexpr std::chrono::seconds kListSilenceLimit{20};
constexpr int kPollInterval = 200;  // milliseconds

void require(int error) {
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot walk the index");
}

// The process, and the reading end of its pipe. The destructor kills it.
class WalkProcess {
 public:
  explicit WalkProcess(const std::filesystem::path& folder) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) require(errno);
    pipe_ = ends[0];
    const int error = spawn(folder.string(), ends[1]);
    close(ends[1]);
    if (error == 0) return;
    close(pipe_);
    require(error);
  }
  WalkProcess(const WalkProcess&) = delete;
  WalkProcess& operator=(const WalkProcess&) = delete;
  ~WalkProcess() {
    close(pipe_);
    if (process_ != 0) std::ignore = end();
  }

  void set_silence_limit(std::chrono::nanoseconds silence) { silence_limit_ = silence; }

  // False when it ended, or said nothing for too long.
  [[nodiscard]] bool read(void* data, std::size_t size, const Progress& progress) {
    auto* at = static_cast<char*>(data);
    const auto deadline = processor_time() + silence_limit_;
    while (size > 0) {
      pollfd ready{pipe_, POLLIN, 0};
      progress.step();
      if (poll(&ready, 1, kPollInterval) == 0) {
        if (processor_time() > deadline) return false;
        continue;
      }
      const auto got = ::read(pipe_, at, size);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      at += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }
  // How the process ended, in words.
  [[nodiscard]] std::string end() {
    kill(process_, SIGKILL);
    int status = 0;
    while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
      return fmt::format("reading it ends with signal {}", WTERMSIG(status));
    return "reading it does not come to an end";
  }

 private:
  // That the process took; none when it has ended.
  [[nodiscard]] std::chrono::nanoseconds processor_time() const {
    clockid_t clock{};
    timespec time{};
    if (clock_getcpuclockid(process_, &clock) != 0 || clock_gettime(clock, &time) != 0) return {};
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
  [[nodiscard]] int spawn(std::string folder, int out) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    std::string program = "/proc/self/exe", argument = kIndexWalkArgument,
                locale = "LC_ALL=C.UTF-8";
    const std::array<char*, 4> arguments = {program.data(), argument.data(), folder.data(),
                                            nullptr};
    const std::array<char*, 2> environment = {locale.data(), nullptr};
    const int error = posix_spawn(&process_, program.c_str(), &files, nullptr, arguments.data(),
                                  environment.data());
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) process_ = 0;
    return error;
  }

  int pipe_ = -1;
  pid_t process_ = 0;
  std::chrono::nanoseconds silence_limit_ = kTableSilenceLimit;
};

}  // namespace

WalkedIndex walk_index(const std::filesystem::path& folder, const Progress& progress) {
  WalkProcess process(folder);
  WalkedIndex walked;
  for (WalkFrameHead head; process.read(&head, sizeof head, progress);) {
    if (head.size > kMaxWalkFrame) break;
    if (head.frame == WalkFrame::kEnd) return walked;
    if (head.frame == WalkFrame::kTables) process.set_silence_limit(kTableSilenceLimit);
    if (head.frame == WalkFrame::kLists) process.set_silence_limit(kListSilenceLimit);
    if (head.frame == WalkFrame::kEntries) {
      const auto before = walked.entries.size();
      walked.entries.resize(before + head.size / sizeof(WalkedIndex::Entry));
      const auto size = (walked.entries.size() - before) * sizeof(WalkedIndex::Entry);
      if (size != head.size || !process.read(&walked.entries[before], size, progress)) break;
      continue;
    }
    std::string text(head.size, '\0');
    if (!process.read(text.data(), text.size(), progress)) break;
    if (head.frame == WalkFrame::kFault) walked.faults.push_back(std::move(text));
    if (head.frame == WalkFrame::kRevision) walked.revision = std::move(text);
  }
  walked.faults.push_back(process.end());
  return walked;
}

std::string index_revision(const std::filesystem::path& folder) {
  try {
    return revision_of(Xapian::Database(folder.string()));
  } catch (const Xapian::Error&) {
    return {};
  }
}

}  // namespace indexer
