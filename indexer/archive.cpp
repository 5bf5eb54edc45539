#include "indexer/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <locale.h>
#include <unistd.h>

namespace indexer {
namespace {

constexpr std::size_t kBlock = std::size_t{256} << 10;  // bytes that are read at a time
constexpr std::size_t kTarBlock = 512;
constexpr int kPrivate = 0600;  // mail is nobody else's
constexpr std::string_view kNameOfRaw = "data";

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

}  // namespace

bool looks_like_archive(const std::filesystem::path& file) {
  using namespace std::string_view_literals;
  constexpr std::array kCompressed = {"\x1f\x8b"sv, "BZh"sv,
                                      "\xfd"
                                      "7zXZ\0"sv,
                                      "\x28\xb5\x2f\xfd"sv};
  constexpr std::size_t kMagicAt = 257;
  std::array<char, kTarBlock> block{};
  std::ifstream in(file, std::ios::binary);
  in.read(block.data(), block.size());
  const std::string_view begin(block.data(), static_cast<std::size_t>(in.gcount()));
  for (const std::string_view magic : kCompressed) {
    if (begin.starts_with(magic)) return true;
  }
  return begin.size() == kTarBlock && begin.substr(kMagicAt, 5) == "ustar";
}

struct ArchiveReader::State {
  std::string name;
  archive* handle = archive_read_new();
  int descriptor = -1;
  ArchiveMember member;
  bool is_put_back = false;

  ~State() {
    archive_read_free(handle);
    if (descriptor >= 0) ::close(descriptor);
  }
};

ArchiveReader::ArchiveReader(const std::filesystem::path& file)
    : state_(std::make_unique<State>()) {
  state_->name = file.string();
  state_->descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (state_->descriptor < 0)
    throw ArchiveError(fmt::format("{}: {}", state_->name, std::strerror(errno)));
  const NamesAreUtf8 locale;
  archive* handle = state_->handle;
  archive_read_support_filter_gzip(handle);
  archive_read_support_filter_bzip2(handle);
  archive_read_support_filter_xz(handle);
  archive_read_support_filter_zstd(handle);
  archive_read_support_format_tar(handle);
  archive_read_support_format_raw(handle);
  archive_read_support_format_empty(handle);
  require(handle, archive_read_open_fd(handle, state_->descriptor, kBlock), state_->name);
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
  require(state_->handle, result, state_->name);
  member.path = path_of(entry);
  const bool is_raw = archive_format(state_->handle) == ARCHIVE_FORMAT_RAW;
  member.size = archive_entry_size_is_set(entry) != 0
                    ? static_cast<std::uint64_t>(archive_entry_size(entry))
                    : 0;
  member.is_file = is_raw || (archive_entry_filetype(entry) == AE_IFREG &&
                              archive_entry_hardlink(entry) == nullptr &&
                              archive_entry_hardlink_utf8(entry) == nullptr);
  if (is_raw) member.path = kNameOfRaw;
  state_->member = member;
  return true;
}

void ArchiveReader::put_back() { state_->is_put_back = true; }

std::size_t ArchiveReader::read(std::span<char> buffer) {
  const la_ssize_t got = archive_read_data(state_->handle, buffer.data(), buffer.size());
  require(state_->handle, got, state_->name);
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
