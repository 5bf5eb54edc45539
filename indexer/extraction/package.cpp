#include "indexer/extraction/package.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <cstdint>
#include <fmt/format.h>
#include <memory>
#include <stdexcept>
#include <string>

namespace indexer {
namespace {

constexpr int kMaxFiles = 20'000;
// Of all files together. Real documents with much text stay far below; the time to inflate this is
// some seconds.
constexpr std::uint64_t kMaxInflated = std::uint64_t{512} << 20;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

[[noreturn]] void fail(archive* reader) {
  const char* reason = archive_error_string(reader);
  throw std::runtime_error(fmt::format("its zip package cannot be read: {}",
                                       reason != nullptr ? reason : "it is damaged"));
}

std::string normal_name(const char* name) {
  std::string normal(name != nullptr ? name : "");
  std::replace(normal.begin(), normal.end(), '\\', '/');
  normal.erase(0, normal.find_first_not_of('/'));
  return normal;
}

}  // namespace

void for_each_file(std::string_view package,
                   const std::function<bool(std::string_view name, const NextPiece& next)>& visit) {
  const std::unique_ptr<archive, FreeArchive> owner(archive_read_new());
  auto* const reader = owner.get();
  if (reader == nullptr) throw std::bad_alloc();
  archive_read_support_format_zip(reader);
  if (archive_read_open_memory(reader, package.data(), package.size()) != ARCHIVE_OK) fail(reader);

  std::uint64_t inflated = 0;
  const NextPiece next = [&]() -> std::string_view {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(reader, &bytes, &size, &offset);
    if (result == ARCHIVE_EOF) return {};
    if (result < ARCHIVE_WARN) fail(reader);
    inflated += size;
    if (inflated > kMaxInflated)
      throw std::runtime_error(fmt::format("it inflates to more than {} bytes", kMaxInflated));
    return {static_cast<const char*>(bytes), size};
  };
  for (int files = 0; files < kMaxFiles; ++files) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader, &entry);
    if (result == ARCHIVE_EOF) return;
    if (result < ARCHIVE_WARN) {
      if (files == 0) fail(reader);
      return;  // what stands before the damage was given
    }
    if (!visit(normal_name(archive_entry_pathname(entry)), next)) return;
  }
}

}  // namespace indexer
