#include "indexer/row_sorter.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <queue>
#include <system_error>
#include <unistd.h>

namespace indexer {
namespace {

constexpr std::size_t kRunBuffer = 1 << 18;  // octets of a run that are read at once
constexpr std::size_t kSliceOctets = 24;

std::uint64_t prefix_of(std::string_view row) {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < 8; ++i)
    prefix = (prefix << 8) | (i < row.size() ? static_cast<unsigned char>(row[i]) : 0U);
  return prefix;
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

// A sorted run in the file, read piece by piece.
struct RowSorter::Run {
  int file;
  std::uint64_t at, end;
  std::string buffer{};
  std::size_t used = 0;
  std::string row{};

  bool next() {
    std::uint32_t size = 0;
    if (!take(reinterpret_cast<char*>(&size), sizeof size)) return false;
    row.resize(size);
    return take(row.data(), size);
  }

 private:
  bool take(char* out, std::size_t size) {
    while (size > 0) {
      if (used == buffer.size() && !refill()) return false;
      const auto part = std::min(size, buffer.size() - used);
      std::copy_n(buffer.data() + used, part, out);
      used += part;
      out += part;
      size -= part;
    }
    return true;
  }
  bool refill() {
    buffer.resize(std::min<std::uint64_t>(kRunBuffer, end - at));
    used = 0;
    if (buffer.empty()) return false;
    const auto got = ::pread(file, buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (got <= 0) fail("cannot read rows that were put aside");
    buffer.resize(static_cast<std::size_t>(got));
    at += static_cast<std::uint64_t>(got);
    return true;
  }
};

RowSorter::RowSorter(std::filesystem::path folder, std::size_t memory)
    : folder_(std::move(folder)), memory_(memory) {}

RowSorter::~RowSorter() = default;

void RowSorter::add(std::string_view row) {
  if (arena_.size() + row.size() + (slices_.size() + 1) * kSliceOctets > memory_ &&
      !slices_.empty())
    spill();
  slices_.push_back({prefix_of(row), arena_.size(), row.size()});
  arena_ += row;
}

void RowSorter::sort_slices() {
  std::sort(slices_.begin(), slices_.end(), [this](const Slice& a, const Slice& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : row(a) < row(b);
  });
}

void RowSorter::spill() {
  if (!file_) {
    auto name = (folder_ / "sorting-XXXXXX").native();
    const int file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file < 0) fail("cannot put rows aside");
    ::unlink(name.c_str());
    file_.reset(::fdopen(file, "w+"));
    if (!file_) fail("cannot put rows aside");
  }
  sort_slices();
  std::uint64_t written = run_ends_.empty() ? 0 : run_ends_.back();
  for (const auto& slice : slices_) {
    const auto size = static_cast<std::uint32_t>(slice.size);
    std::fwrite(&size, sizeof size, 1, file_.get());
    std::fwrite(arena_.data() + slice.begin, 1, slice.size, file_.get());
    written += sizeof size + slice.size;
  }
  if (std::fflush(file_.get()) != 0 || std::ferror(file_.get()) != 0) fail("cannot put rows aside");
  run_ends_.push_back(written);
  slices_.clear();
  arena_.clear();
}

void RowSorter::read(const std::function<void(std::string_view row)>& visit) {
  if (!file_) {
    sort_slices();
    for (const auto& slice : slices_) visit(row(slice));
    return;
  }
  if (!slices_.empty()) spill();
  arena_.shrink_to_fit();
  std::vector<Run> runs;
  std::uint64_t begin = 0;
  for (const auto end : run_ends_) {
    runs.push_back({::fileno(file_.get()), begin, end});
    begin = end;
  }
  const auto comes_later = [&runs](std::size_t a, std::size_t b) {
    return runs[b].row < runs[a].row;
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(comes_later)> heads(
      comes_later);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].next()) heads.push(i);
  }
  while (!heads.empty()) {
    const auto head = heads.top();
    heads.pop();
    visit(runs[head].row);
    if (runs[head].next()) heads.push(head);
  }
}

}  // namespace indexer
