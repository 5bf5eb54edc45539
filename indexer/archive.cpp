#include "indexer/archive.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <locale.h>
#include <poll.h>
#include <unistd.h>

namespace indexer {
namespace {

constexpr std::size_t kBlock = std::size_t{256} << 10;  // bytes that are read at a time
constexpr int kPrivate = 0600;  // mail is nobody else's
constexpr int kLookInterval = 100;  // milliseconds, between two looks whether to stop

std::string reason_of(archive* handle) {
  const char* text = archive_error_string(handle);
  return text != nullptr ? text : "it ends too soon, or is damaged";
}

// ARCHIVE_WARN tells of a name or a time that could not be kept; the bytes are there.
void require(archive* handle, la_ssize_t result, const std::string& what) {
  if (result >= ARCHIVE_WARN) return;
  throw ArchiveError(fmt::format("{}: {}", what, reason_of(handle)));
}

// libarchive takes names for what the locale says, and the program's is "C": here, names are UTF-8.
class NamesAreUtf8 {
 public:
  NamesAreUtf8() : before_(::uselocale(utf8())) {}
  NamesAreUtf8(const NamesAreUtf8&) = delete;
  NamesAreUtf8& operator=(const NamesAreUtf8&) = delete;
  ~NamesAreUtf8() { ::uselocale(before_); }

 private:
  // Made once. Null where the machine lacks it: names beyond ASCII are bytes then.
  static locale_t utf8() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
  }
  locale_t before_;
};

std::string path_of(archive_entry* entry) {
  // Of a name that is no UTF-8 there are only the bytes.
  const char* path = archive_entry_pathname_utf8(entry);
  if (path == nullptr) path = archive_entry_pathname(entry);
  return path != nullptr ? path : "";
}

// A symbolic link is seen from its folder.
std::string link_target_of(archive_entry* entry) {
  const char* hard = archive_entry_hardlink_utf8(entry);
  if (hard == nullptr) hard = archive_entry_hardlink(entry);
  if (hard != nullptr) return hard;
  const char* symbolic = archive_entry_symlink_utf8(entry);
  if (symbolic == nullptr) symbolic = archive_entry_symlink(entry);
  if (symbolic == nullptr) return "";
  return (std::filesystem::path(path_of(entry)).parent_path() / symbolic).string();
}

std::optional<std::chrono::sys_seconds> modified_of(archive_entry* entry) {
  const auto time = archive_entry_mtime_is_set(entry) != 0 ? archive_entry_mtime(entry) : 0;
  if (time <= 0) return std::nullopt;  // what does not know it writes 0
  return std::chrono::sys_seconds(std::chrono::seconds(time));
}

// For a pipe, this does not wait for a writer.
int open_to_read(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor >= 0) return descriptor;
  throw ArchiveError(fmt::format("{}: {}", file.string(), std::strerror(errno)));
}

}  // namespace

std::string without_compression(const std::filesystem::path& file) {
  constexpr std::array kEndings = {".gz", ".bz2", ".xz", ".zst"};
  const bool is_packed =
      std::find(kEndings.begin(), kEndings.end(), file.extension()) != kEndings.end();
  return (is_packed ? file.stem() : file.filename()).string();
}

bool begins_as_tar(std::string_view beginning) {
  constexpr std::size_t kMagicAt = 257;
  return beginning.size() >= kArchiveBeginning && beginning.substr(kMagicAt, 5) == "ustar";
}

bool begins_as_compressed(std::string_view beginning) {
  using namespace std::string_view_literals;
  constexpr std::array kMagics = {"\x1f\x8b"sv, "BZh"sv,
                                  "\xfd"
                                  "7zXZ\0"sv,
                                  "\x28\xb5\x2f\xfd"sv};
  return std::any_of(kMagics.begin(), kMagics.end(),
                     [beginning](auto magic) { return beginning.starts_with(magic); });
}

struct ArchiveReader::State {
  State(const std::filesystem::path& file, const Progress& work)
      : path(file), progress(work), block(kBlock, '\0'), descriptor(open_to_read(file)) {}
  State(std::istream& in, const std::filesystem::path& file, const Progress& work)
      : path(file), progress(work), block(kBlock, '\0'), stream(&in) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    archive_read_free(handle);
    if (descriptor >= 0) ::close(descriptor);
  }

  // Reads as many bytes as there are by now; none at the end. A pipe that nobody has written to yet
  // is not at its end.
  static la_ssize_t read_block(archive* handle, void* self, const void** block);
  static la_ssize_t read_stream(archive* handle, void* self, const void** block);
  void open(archive_read_callback* read);
  void require(la_ssize_t result) const {
    if (result < ARCHIVE_WARN) progress.step();
    indexer::require(handle, result, path.string());
  }

  const std::filesystem::path path;
  const Progress& progress;
  std::string block;
  // One of the two is read.
  const int descriptor = -1;
  std::istream* const stream = nullptr;
  archive* const handle = archive_read_new();
  bool has_begun = false;
  ArchiveMember member;
  bool is_put_back = false;
};

la_ssize_t ArchiveReader::State::read_block(archive* handle, void* self, const void** block) {
  auto& state = *static_cast<State*>(self);
  *block = state.block.data();
  while (!state.progress.cancelled) {
    pollfd readable{state.descriptor, POLLIN, 0};
    const bool is_ready = ::poll(&readable, 1, kLookInterval) > 0;
    const ssize_t got = ::read(state.descriptor, state.block.data(), state.block.size());
    if (got > 0) state.has_begun = true;
    if (got > 0 || (got == 0 && (is_ready || state.has_begun))) return got;
    if (got == 0 || errno == EAGAIN || errno == EINTR) continue;
    archive_set_error(handle, errno, "%s", std::strerror(errno));
    return ARCHIVE_FATAL;
  }
  archive_set_error(handle, ECANCELED, "cancelled");
  return ARCHIVE_FATAL;
}

// The exceptions of the stream stay in it: this is called by C.
la_ssize_t ArchiveReader::State::read_stream(archive* handle, void* self, const void** block) {
  auto& state = *static_cast<State*>(self);
  *block = state.block.data();
  state.stream->read(state.block.data(), static_cast<std::streamsize>(state.block.size()));
  if (!state.stream->bad()) return static_cast<la_ssize_t>(state.stream->gcount());
  archive_set_error(handle, EIO, "what it is in cannot be read");
  return ARCHIVE_FATAL;
}

void ArchiveReader::State::open(archive_read_callback* read) {
  const NamesAreUtf8 locale;
  archive_read_support_filter_gzip(handle);
  archive_read_support_filter_bzip2(handle);
  archive_read_support_filter_xz(handle);
  archive_read_support_filter_zstd(handle);
  archive_read_support_format_tar(handle);
  archive_read_support_format_raw(handle);
  archive_read_support_format_empty(handle);
  require(archive_read_open2(handle, this, nullptr, read, nullptr, nullptr));
}

ArchiveReader::ArchiveReader(const std::filesystem::path& file, const Progress& progress)
    : state_(std::make_unique<State>(file, progress)) {
  state_->open(State::read_block);
}

ArchiveReader::ArchiveReader(std::istream& in, const std::filesystem::path& file,
                             const Progress& progress)
    : state_(std::make_unique<State>(in, file, progress)) {
  state_->open(State::read_stream);
}

ArchiveReader::~ArchiveReader() = default;

bool ArchiveReader::next(ArchiveMember& member) {
  if (state_->is_put_back) {
    state_->is_put_back = false;
    member = state_->member;
    return true;
  }
  const NamesAreUtf8 locale;
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(state_->handle, &entry);
  if (result == ARCHIVE_EOF) return false;
  state_->require(result);
  member.path = path_of(entry);
  member.modified = modified_of(entry);
  member.is_whole = archive_format(state_->handle) == ARCHIVE_FORMAT_RAW;
  member.size = archive_entry_size_is_set(entry) != 0
                    ? static_cast<std::uint64_t>(archive_entry_size(entry))
                    : 0;
  member.link_target = link_target_of(entry);
  member.is_file =
      member.is_whole || (archive_entry_filetype(entry) == AE_IFREG && member.link_target.empty());
  if (member.is_whole) member.path = without_compression(state_->path);
  state_->member = member;
  return true;
}

void ArchiveReader::put_back() { state_->is_put_back = true; }

std::size_t ArchiveReader::read(std::span<char> buffer) {
  const la_ssize_t got = archive_read_data(state_->handle, buffer.data(), buffer.size());
  state_->require(got);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

ArchiveMemberStream::ArchiveMemberStream(ArchiveReader& reader)
    : reader_(reader), buffer_(kBlock, '\0') {}

ArchiveMemberStream::int_type ArchiveMemberStream::underflow() {
  const std::size_t got = reader_.read(buffer_);
  if (got == 0) return traits_type::eof();
  setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
  return traits_type::to_int_type(buffer_.front());
}

std::string_view ArchiveMemberStream::beginning() {
  (void)sgetc();
  return {gptr(), static_cast<std::size_t>(egptr() - gptr())};
}

struct ArchiveWriter::State {
  archive* handle = archive_write_new();
  archive_entry* entry = archive_entry_new();

  ~State() {
    archive_entry_free(entry);
    archive_write_free(handle);
  }
  void write_header(const std::string& path) const {
    const NamesAreUtf8 locale;
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_perm(entry, kPrivate);
    archive_entry_set_mtime(entry, 0, 0);  // the same documents are the same bytes
    require(handle, archive_write_header(handle, entry), "the archive cannot be written");
  }
};

ArchiveWriter::ArchiveWriter(int descriptor) : state_(std::make_unique<State>()) {
  archive* handle = state_->handle;
  const NamesAreUtf8 locale;
  archive_write_set_format_pax_restricted(handle);
  // Names are UTF-8 whatever the locale is.
  archive_write_set_options(handle, "hdrcharset=UTF-8");
  require(handle, archive_write_open_fd(handle, descriptor), "the archive cannot be written");
}

ArchiveWriter::~ArchiveWriter() {
  // Without `finish`, what was begun must not look like a whole archive.
  archive_write_fail(state_->handle);
}

void ArchiveWriter::begin(const std::string& path, std::uint64_t size) {
  archive_entry_clear(state_->entry);
  archive_entry_set_filetype(state_->entry, AE_IFREG);
  archive_entry_set_size(state_->entry, static_cast<la_int64_t>(size));
  state_->write_header(path);
}

void ArchiveWriter::write(std::string_view bytes) {
  const la_ssize_t written = archive_write_data(state_->handle, bytes.data(), bytes.size());
  require(state_->handle, written, "the archive cannot be written");
  if (static_cast<std::size_t>(written) != bytes.size())
    throw ArchiveError("the archive cannot be written: a member is longer than it was said to be");
}

void ArchiveWriter::link(const std::string& path, const std::string& target) {
  archive_entry_clear(state_->entry);
  archive_entry_set_filetype(state_->entry, AE_IFREG);
  archive_entry_set_hardlink(state_->entry, target.c_str());
  state_->write_header(path);
}

void ArchiveWriter::finish() {
  require(state_->handle, archive_write_close(state_->handle), "the archive cannot be written");
}

}  // namespace indexer
