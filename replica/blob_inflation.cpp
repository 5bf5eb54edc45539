#include "replica/blob_inflation.hpp"

#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>

#include "replica/files.hpp"
#include "replica/inflater.hpp"
#include "replica/tuning.hpp"

namespace replica {

namespace {

constexpr std::size_t kInflateSize = std::size_t{64} << 10;  // bytes at a time

// Writes what a gzip file holds into another. False when it is none, is cut off, or holds too much.
bool inflate_file(const std::filesystem::path& file, GrowingFile& plain) {
  std::ifstream in(file, std::ios::binary);
  std::string packed(kInflateSize, '\0'), buffer(kInflateSize, '\0');
  Inflater inflater;
  std::uint64_t size = 0;
  while (in.good()) {
    in.read(packed.data(), static_cast<std::streamsize>(packed.size()));
    std::string_view bytes(packed.data(), static_cast<std::size_t>(in.gcount()));
    for (std::size_t got = 1; got > 0 || !bytes.empty();) {
      try {
        got = inflater.inflate(bytes, buffer);
      } catch (const std::runtime_error&) {
        return false;
      }
      size += got;
      if (size > tuning::kMaxInflatedBlob) return false;
      plain.append(std::string_view(buffer).substr(0, got));
    }
  }
  return inflater.finished();
}

}  // namespace

std::string inflate_blob(std::string_view bytes) {
  Inflater inflater;
  std::string result;
  std::string buffer(kInflateSize, '\0');
  for (std::size_t got = 1; got > 0 || !bytes.empty();) {
    got = inflater.inflate(bytes, buffer);
    if (result.size() + got > tuning::kMaxInflatedBlob) {
      throw std::runtime_error(
          fmt::format("it is larger than {} bytes when inflated", tuning::kMaxInflatedBlob));
    }
    result.append(buffer, 0, got);
  }
  if (!inflater.finished()) throw std::runtime_error("its compressed bytes end too soon");
  return result;
}

bool replace_by_inflated(const std::filesystem::path& file, const Digest& digest) {
  auto plain = file;
  plain += ".plain";
  GrowingFile out(plain);
  out.clear();
  out.append({});
  if (!inflate_file(file, out) || !file_has_digest(plain, digest)) {
    std::filesystem::remove(plain);
    return false;
  }
  std::filesystem::rename(plain, file);
  return true;
}

}  // namespace replica
