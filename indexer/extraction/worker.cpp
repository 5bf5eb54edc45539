#include "indexer/extraction/worker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "indexer/extraction/frames.hpp"
#include "indexer/extraction/worker_process.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

// By the clock, on a machine that has much else to do.
constexpr std::chrono::seconds kTimeToStart{60};

void require(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

// How the process begins: the socket is its standard input, nothing else is open, no signal is
// blocked, and a Ctrl-C in the terminal is not for it.
class SpawnPlan {
 public:
  explicit SpawnPlan(int socket) {
    posix_spawn_file_actions_init(&files_);
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    require(posix_spawn_file_actions_adddup2(&files_, socket, STDIN_FILENO), kWhat);
    require(posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0),
            kWhat);
    require(posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0),
            kWhat);
    require(posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1), kWhat);
    require(posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                       POSIX_SPAWN_SETSIGDEF),
            kWhat);
    require(posix_spawnattr_setsigmask(&attributes_, &none), kWhat);
    require(posix_spawnattr_setsigdefault(&attributes_, &all), kWhat);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }

  // Its environment holds no secrets of ours.
  [[nodiscard]] pid_t spawn(std::string& program) const {
    std::string argument = kWorkerArgument, locale = "LC_ALL=C.UTF-8";
    const std::array<char*, 3> arguments = {program.data(), argument.data(), nullptr};
    const std::array<char*, 2> environment = {locale.data(), nullptr};
    pid_t process = 0;
    require(posix_spawn(&process, program.c_str(), &files_, &attributes_, arguments.data(),
                        environment.data()),
            kWhat);
    return process;
  }

 private:
  static constexpr const char* kWhat = "cannot start an extract worker";

  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

// Signals by which a process ends for what it does itself; another came from outside.
bool is_own_fault(int signal) {
  constexpr std::array kFaults = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP};
  return std::find(kFaults.begin(), kFaults.end(), signal) != kFaults.end();
}

}  // namespace

ExtractWorker::ExtractWorker(std::string program, Limits limits)
    : program_(std::move(program)), limits_(limits) {}

ExtractWorker::~ExtractWorker() { stop(); }

Extract ExtractWorker::read(std::string_view bytes, FileType type) {
  if (bytes.size() > kMaxFileBytes)
    return Extract::failed(fmt::format("it is larger than {} bytes", kMaxFileBytes));
  if (files_ >= kFilesPerProcess) stop();
  if (process_ == 0) start();
  ++files_;
  ended_ = Ended::kNo;
  deadline_ = std::chrono::steady_clock::now() + limits_.clock;

  const RequestFrame request{bytes.size(), static_cast<std::uint32_t>(limits_.processor.count()),
                             type};
  AnswerFrame frame;
  if (!send_all(&request, sizeof request) || !send_all(bytes.data(), bytes.size()) ||
      !receive_all(&frame, sizeof frame))
    return failure_of(ended_);
  if (frame.size > kMaxExtractBytes) return failure_of(Ended::kGone);
  std::string payload(frame.size, '\0');
  if (!receive_all(payload.data(), payload.size())) return failure_of(ended_);
  // The worker may have been taken over: nothing of what it says is believed.
  payload = mail::to_valid_utf8(payload);
  if (frame.failed == 0) return {std::move(payload), frame.truncated != 0, {}, true};
  return Extract::failed(payload.empty() ? "it cannot be read" : std::move(payload));
}

void ExtractWorker::start() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    require(errno, "cannot make the socket of an extract worker");
  socket_ = ends[0];
  try {
    process_ = SpawnPlan(ends[1]).spawn(program_);
  } catch (...) {
    close(ends[1]);
    stop();
    throw;
  }
  close(ends[1]);
  files_ = 0;
  char ready = 0;
  deadline_ = std::chrono::steady_clock::now() + kTimeToStart;
  if (receive_all(&ready, sizeof ready)) return;
  stop();
  require(EPERM, "an extract worker cannot shut itself in");
}

int ExtractWorker::stop() {
  // Before the socket is closed, which would make a worker end by itself.
  if (process_ != 0) kill(process_, SIGKILL);
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
  int status = 0;
  if (process_ == 0) return status;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = 0;
  return status;
}

Extract ExtractWorker::failure_of(Ended ended) {
  const int status = stop();
  if (ended == Ended::kTooLate) {
    return Extract::failed(
        fmt::format("reading it took more than {} seconds",
                    std::chrono::duration_cast<std::chrono::seconds>(limits_.clock).count()));
  }
  if (!WIFSIGNALED(status)) return Extract::failed("reading it ended its worker");
  const int signal = WTERMSIG(status);
  if (signal == SIGXCPU) {
    return Extract::failed(fmt::format("reading it took more than {} seconds of processor time",
                                       limits_.processor.count()));
  }
  auto extract = Extract::failed(fmt::format("reading it crashed (signal {})", signal));
  extract.is_final = is_own_fault(signal);
  return extract;
}

bool ExtractWorker::send_all(const void* from, std::size_t size) {
  const auto* at = static_cast<const char*>(from);
  while (size > 0) {
    const auto sent = send(socket_, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
      if (!wait_for(POLLOUT)) return false;
      continue;
    }
    if (sent <= 0) {
      ended_ = Ended::kGone;
      return false;
    }
    at += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool ExtractWorker::receive_all(void* to, std::size_t size) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const auto got = recv(socket_, at, size, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      if (!wait_for(POLLIN)) return false;
      continue;
    }
    if (got <= 0) {
      ended_ = Ended::kGone;
      return false;
    }
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

// False when the time of this file is over.
bool ExtractWorker::wait_for(short events) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline_ - std::chrono::steady_clock::now());
  pollfd waiting{socket_, events, 0};
  if (left.count() > 0 && poll(&waiting, 1, static_cast<int>(left.count())) != 0) return true;
  ended_ = Ended::kTooLate;
  return false;
}

}  // namespace indexer
