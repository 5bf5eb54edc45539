#include "tests/support/power_cut.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <optional>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace support {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPage = 4096;  // bytes that reach the disk together

class Descriptor {
 public:
  Descriptor(const fs::path& file, int flags)
      : number_(::open(file.c_str(), flags | O_CLOEXEC, 0600)) {
    if (number_ < 0)
      throw std::system_error(errno, std::generic_category(), "cannot open " + file.string());
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(number_); }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

// One at a time changes the shadow, among threads and processes; a killed one leaves no lock behind.
class Exclusive {
 public:
  explicit Exclusive(const fs::path& lock) : file_(lock, O_RDWR | O_CREAT) {
    while (::flock(file_.number(), LOCK_EX) != 0 && errno == EINTR) {
    }
  }

 private:
  Descriptor file_;
};

void check(bool succeeded, const char* what) {
  if (!succeeded) throw std::system_error(errno, std::generic_category(), what);
}

std::string read_all(int descriptor) {
  std::string bytes;
  constexpr std::size_t kPiece = 256 * 1024;
  for (;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kPiece);
    const ssize_t size =
        ::pread(descriptor, bytes.data() + before, kPiece, static_cast<off_t>(before));
    check(size >= 0, "cannot read a file to shadow it");
    bytes.resize(before + static_cast<std::size_t>(size));
    if (size == 0) return bytes;
  }
}

std::string read_all(const fs::path& file) { return read_all(Descriptor(file, O_RDONLY).number()); }

// Overwrites in place and shortens last: killed in the middle, it leaves a mix of pages, as a disk would, and nothing less
// than was there.
void overwrite(const fs::path& file, std::string_view bytes) {
  const Descriptor out(file, O_WRONLY | O_CREAT);
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t size =
        ::pwrite(out.number(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    check(size > 0, "cannot write a shadow");
    at += static_cast<std::size_t>(size);
  }
  check(::ftruncate(out.number(), static_cast<off_t>(bytes.size())) == 0,
        "cannot shorten a shadow");
}

// Links `name` to `content` in place of what it was.
void link_over(const fs::path& content, const fs::path& name) {
  const fs::path unnamed = name.string() + ".power_cut";
  fs::remove(unnamed);
  fs::create_hard_link(content, unnamed);
  fs::rename(unnamed, name);
  fs::remove(unnamed);  // rename of two links to one file does nothing
}

// Pages of either, and the length of one of them.
std::string torn(const std::string& durable, const std::string& current, std::mt19937_64& random) {
  std::string bytes(random() % 2 == 0 ? durable.size() : current.size(), '\0');
  for (std::size_t at = 0; at < bytes.size(); at += kPage) {
    const std::string& from = random() % 2 == 0 ? durable : current;
    if (at >= from.size()) continue;
    std::copy_n(from.data() + at, std::min({kPage, from.size() - at, bytes.size() - at}),
                bytes.data() + at);
  }
  return bytes;
}

std::string mixed(const std::string& durable, const std::string& current, std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return current;
    case 1:
      return torn(durable, current, random);
    default:
      return durable;
  }
}

}  // namespace

PowerCut::PowerCut(fs::path folder, fs::path shadow)
    : folder_(fs::weakly_canonical(folder)),
      contents_(shadow / "contents"),
      names_(shadow / "names"),
      lock_(shadow / "lock") {}

fs::path PowerCut::content_of(int descriptor) const {
  struct statx status {};
  check(::statx(descriptor, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) == 0,
        "cannot look at a file to shadow it");
  if ((status.stx_mask & STATX_BTIME) == 0)
    throw std::runtime_error("power cuts need a file system that keeps the time of birth");
  return contents_ /
         (std::to_string(status.stx_ino) + "-" + std::to_string(status.stx_btime.tv_sec) + "." +
          std::to_string(status.stx_btime.tv_nsec));
}

void PowerCut::begin() const {
  fs::create_directories(folder_);
  fs::create_directories(lock_.parent_path());
  const Exclusive alone(lock_);
  fs::remove_all(contents_);
  fs::remove_all(names_);
  fs::create_directory(contents_);
  fs::create_directory(names_);
  for (const auto& item : fs::recursive_directory_iterator(folder_)) {
    if (!item.is_regular_file()) continue;
    const Descriptor file(item.path(), O_RDONLY);
    sync_content(file.number(), content_of(file.number()));
  }
  sync_names({});
}

void PowerCut::sync(int descriptor) const {
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const fs::path path = fs::read_symlink(link);
  const fs::path relative = path.lexically_relative(folder_);
  if (relative.empty() || *relative.begin() == "..") return;
  const Exclusive alone(lock_);
  struct stat status {};
  check(::fstat(descriptor, &status) == 0, "cannot look at a file to shadow it");
  if (S_ISDIR(status.st_mode)) {
    sync_names(relative == "." ? fs::path() : relative);
    return;
  }
  const fs::path content = content_of(descriptor);
  const Descriptor reopened(link, O_RDONLY);  // it may be open for writing only
  sync_content(reopened.number(), content);
  const bool has_durable_name = fs::hard_link_count(content) > 1;
  if (has_durable_name || status.st_nlink == 0) return;
  fs::create_directories((names_ / relative).parent_path());
  link_over(content, names_ / relative);
}

void PowerCut::sync_content(int descriptor, const fs::path& content) const {
  overwrite(content, read_all(descriptor));
}

// Folders that are not known yet come with all that is in them.
void PowerCut::sync_names(const fs::path& relative) const {
  const fs::path real = folder_ / relative, durable = names_ / relative;
  if (!fs::exists(real)) return;  // removed while somebody had it open
  fs::create_directories(durable);
  for (const auto& item : fs::directory_iterator(real)) {
    const fs::path name = durable / item.path().filename();
    if (item.is_directory() && !fs::exists(name)) sync_names(relative / name.filename());
    if (!item.is_regular_file()) continue;
    const int file = ::open(item.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;  // removed meanwhile
    const fs::path content = content_of(file);
    ::close(file);
    if (!fs::exists(content)) overwrite(content, {});
    if (!fs::exists(name) || !fs::equivalent(name, content)) link_over(content, name);
  }
  std::vector<fs::path> removed;
  for (const auto& item : fs::directory_iterator(durable)) {
    if (!fs::exists(real / item.path().filename())) removed.push_back(item.path());
  }
  for (const fs::path& name : removed) fs::remove_all(name);
}

void PowerCut::strike() const { strike(nullptr); }
void PowerCut::strike(std::mt19937_64& random) const { strike(&random); }

void PowerCut::strike(std::mt19937_64* random) const {
  std::map<fs::path, fs::path> current;  // of the files that the folder has now, by durable content
  for (const auto& item : fs::recursive_directory_iterator(folder_)) {
    if (!item.is_regular_file()) continue;
    current[content_of(Descriptor(item.path(), O_RDONLY).number())] = item.path();
  }
  std::map<ino_t, fs::path> contents;
  for (const auto& item : fs::directory_iterator(contents_)) {
    struct stat status {};
    check(::stat(item.path().c_str(), &status) == 0, "cannot look at a shadow");
    contents[status.st_ino] = item.path();
  }

  const fs::path left = contents_.parent_path() / "left";
  fs::remove_all(left);
  fs::create_directory(left);
  const bool keeps_names = random != nullptr && (*random)() % 2 == 0;
  const fs::path& tree = keeps_names ? folder_ : names_;
  for (const auto& item : fs::recursive_directory_iterator(tree)) {
    const fs::path name = left / item.path().lexically_relative(tree);
    if (item.is_directory()) fs::create_directory(name);
    if (!item.is_regular_file()) continue;
    const Descriptor file(item.path(), O_RDONLY);
    struct stat status {};
    check(::fstat(file.number(), &status) == 0, "cannot look at a file");
    const fs::path content = keeps_names ? content_of(file.number()) : contents.at(status.st_ino);
    const std::string durable = fs::exists(content) ? read_all(content) : std::string();
    const auto now = current.find(content);
    const bool mixes = random != nullptr && now != current.end();
    overwrite(name, mixes ? mixed(durable, read_all(now->second), *random) : durable);
  }
  fs::remove_all(folder_);
  fs::rename(left, folder_);
  begin();
}

std::vector<std::string> PowerCut::preloaded(std::vector<std::string> command) const {
  std::vector<std::string> words = {
      "env", "LD_PRELOAD=" DAVENPORT_POWER_CUT_LIBRARY, "ASAN_OPTIONS=verify_asan_link_order=0",
      "POWER_CUT_FOLDER=" + folder_.string(), "POWER_CUT_SHADOW=" + lock_.parent_path().string()};
  words.insert(words.end(), std::make_move_iterator(command.begin()),
               std::make_move_iterator(command.end()));
  return words;
}

}  // namespace support
