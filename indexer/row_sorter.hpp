// Sorts more rows than fit in memory: sorted runs are written to a temporary file and merged when
// they are read.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace indexer {

class RowSorter {
 public:
  // Rows compare as octets. Holds about `memory` octets of them; the rest goes to a nameless file
  // in `folder`.
  RowSorter(std::filesystem::path folder, std::size_t memory);
  ~RowSorter();

  // Throws std::system_error when the file cannot be written.
  void add(std::string_view row);
  // Gives all rows, in their order; once, after the last was added.
  void read(const std::function<void(std::string_view row)>& visit);

 private:
  struct Slice {
    std::uint64_t prefix;  // the first 8 octets, which mostly decide
    std::size_t begin;
    std::size_t size;
  };
  struct Run;
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void sort_slices();
  void spill();
  [[nodiscard]] std::string_view row(const Slice& slice) const {
    return std::string_view(arena_).substr(slice.begin, slice.size);
  }

  std::filesystem::path folder_;
  std::size_t memory_;
  std::string arena_;
  std::vector<Slice> slices_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::vector<std::uint64_t> run_ends_;  // octets of the file
};

}  // namespace indexer
