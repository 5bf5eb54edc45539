#include "indexer/extraction/sandbox.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <initializer_list>
#include <linux/landlock.h>
#include <memory>
#include <seccomp.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace indexer {
namespace {

namespace fs = std::filesystem;

// Sanitizers reserve terabytes of addresses.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitsMemory = false;
#else
constexpr bool kLimitsMemory = true;
#endif

constexpr rlim_t kOpenFiles = 32;

void require(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  require(setrlimit(resource, &both) == 0, "cannot limit an extract worker");
}

// ── Landlock: which files it may read ──

// Those that the first version knows; seccomp refuses what later ones add.
constexpr std::uint64_t kFileAccess =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM;

// Character maps of Poppler, fonts, and the charsets of iconv.
std::vector<fs::path> readable_folders() {
  std::vector<fs::path> folders = {"/usr/share/poppler", "/usr/share/fonts", "/etc/fonts",
                                   "/usr/share/fontconfig", "/var/cache/fontconfig"};
  std::error_code ignored;
  for (const auto& item : fs::directory_iterator("/usr/lib", ignored))
    folders.push_back(item.path() / "gconv");
  return folders;
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

void allow_reading(const Descriptor& rules, const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) return;  // not installed
  landlock_path_beneath_attr rule{};
  rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  rule.parent_fd = opened.get();
  require(syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0,
          "cannot allow an extract worker its fonts");
}

void restrict_files() {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kFileAccess;
  const Descriptor rules(static_cast<int>(
      syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0)));
  require(rules.get() >= 0, "cannot make rules for an extract worker");
  for (const auto& folder : readable_folders()) allow_reading(rules, folder);
  require(syscall(SYS_landlock_restrict_self, rules.get(), 0) == 0,
          "cannot shut the files from an extract worker");
}

// ── seccomp: what it may ask of the kernel ──

// Memory, time, and reading what is open. What is not named fails with EPERM, as if it were not
// permitted to its user.
constexpr int kAllowedCalls[] = {SCMP_SYS(brk),
                                 SCMP_SYS(clock_getres),
                                 SCMP_SYS(clock_gettime),
                                 SCMP_SYS(close),
                                 SCMP_SYS(dup),
                                 SCMP_SYS(exit),
                                 SCMP_SYS(exit_group),
                                 SCMP_SYS(fcntl),
                                 SCMP_SYS(fstat),
                                 SCMP_SYS(futex),
                                 SCMP_SYS(getpid),
                                 SCMP_SYS(getrandom),
                                 SCMP_SYS(getrlimit),
                                 SCMP_SYS(getrusage),
                                 SCMP_SYS(gettid),
                                 SCMP_SYS(gettimeofday),
                                 SCMP_SYS(getuid),
                                 SCMP_SYS(lseek),
                                 SCMP_SYS(madvise),
                                 SCMP_SYS(mmap),
                                 SCMP_SYS(mprotect),
                                 SCMP_SYS(mremap),
                                 SCMP_SYS(munmap),
                                 SCMP_SYS(pread64),
                                 SCMP_SYS(read),
                                 SCMP_SYS(restart_syscall),
                                 SCMP_SYS(rseq),
                                 SCMP_SYS(rt_sigaction),
                                 SCMP_SYS(rt_sigprocmask),
                                 SCMP_SYS(rt_sigreturn),
                                 SCMP_SYS(sched_yield),
                                 SCMP_SYS(setrlimit),
                                 SCMP_SYS(set_robust_list),
                                 SCMP_SYS(sigaltstack),
                                 SCMP_SYS(sysinfo),
                                 SCMP_SYS(tgkill),
                                 SCMP_SYS(time),
                                 SCMP_SYS(uname),
                                 SCMP_SYS(write),
                                 SCMP_SYS(writev)};
// Of files that Landlock leaves to it.
constexpr int kFileCalls[] = {SCMP_SYS(access),     SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
                              SCMP_SYS(fstatfs),    SCMP_SYS(getdents64), SCMP_SYS(lstat),
                              SCMP_SYS(newfstatat), SCMP_SYS(readlink),   SCMP_SYS(readlinkat),
                              SCMP_SYS(stat),       SCMP_SYS(statfs),     SCMP_SYS(statx)};
constexpr std::uint64_t kWritingFlags = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

void require_rule(int result) {
  require(result == 0 || (errno = -result, false), "cannot add to the filter of an extract worker");
}

void allow_own_limits(const Filter& filter) {
  // Of itself only: pid 0.
  require_rule(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                                SCMP_A0(SCMP_CMP_EQ, 0)));
}

void allow_reading_files(const Filter& filter) {
  for (const int call : kFileCalls)
    require_rule(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0));
  require_rule(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
                                SCMP_A1(SCMP_CMP_MASKED_EQ, kWritingFlags, 0)));
  require_rule(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                                SCMP_A2(SCMP_CMP_MASKED_EQ, kWritingFlags, 0)));
}

void restrict_calls(bool may_read_files) {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!filter) throw std::bad_alloc();
  for (const int call : kAllowedCalls)
    require_rule(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0));
  allow_own_limits(filter);
  if (may_read_files) allow_reading_files(filter);
  require_rule(seccomp_load(filter.get()));
}

}  // namespace

bool has_landlock() {
  return syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

void enter_sandbox() {
  if (kLimitsMemory) limit(RLIMIT_AS, kWorkerMemory);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, kOpenFiles);
  require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "cannot bind an extract worker");
  const bool has_rules = has_landlock();
  if (has_rules) restrict_files();
  restrict_calls(has_rules);
}

void limit_processor_time(std::chrono::seconds time) {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  rlimit limits{};
  getrlimit(RLIMIT_CPU, &limits);
  const auto seconds = used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1;
  limits.rlim_cur = static_cast<rlim_t>(seconds) + static_cast<rlim_t>(time.count());
  require(setrlimit(RLIMIT_CPU, &limits) == 0, "cannot limit the time of an extract worker");
}

}  // namespace indexer
