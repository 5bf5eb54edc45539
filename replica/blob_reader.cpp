#include "replica/blob_reader.hpp"

#include <fmt/format.h>
#include <stdexcept>
#include <utility>

#include "replica/blob_files.hpp"

namespace replica {

namespace {

constexpr std::size_t kFilePiece = std::size_t{256} << 10;  // bytes

}  // namespace

BlobReader::BlobReader(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (const auto file = packed_file(folder_); sqlite::has_tables(file))
    packed_ = std::make_unique<PackedReader>(file);
}

BlobReader::~BlobReader() = default;

std::optional<BlobReader::Kept> BlobReader::open(std::string_view digest) {
  if (auto kept = open_packed_blob(digest)) return kept;
  return open_blob_file(digest);
}

std::string_view BlobReader::read() {
  if (is_in_buffer_) {
    is_in_buffer_ = false;
    return buffer_;
  }
  if (!file_.is_open() || file_.eof()) return {};
  buffer_.resize(kFilePiece);
  file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  if (file_.bad())
    throw std::runtime_error(fmt::format("an attachment in {} cannot be read", folder_.string()));
  return std::string_view(buffer_).substr(0, static_cast<std::size_t>(file_.gcount()));
}

std::optional<BlobReader::Kept> BlobReader::open_packed_blob(std::string_view digest) {
  const auto value = parse_digest(digest);
  if (!value || !packed_) return std::nullopt;
  sqlite::Statement& found = packed_->find;
  const sqlite::ResetAtEnd reset(found);
  if (!found.bind(packed_key(*value)).step()) return std::nullopt;
  buffer_.clear();
  if (!packed_->decompressor.unpack(found.blob(1), found.integer(0), buffer_))
    throw sqlite::damaged(packed_file(folder_), "a blob that cannot be decompressed");
  file_.close();
  is_in_buffer_ = true;
  return Kept{buffer_.size(),
              found.integer(2) != 0 ? BlobEncoding::kGzip : BlobEncoding::kIdentity};
}

std::optional<BlobReader::Kept> BlobReader::open_blob_file(std::string_view digest) {
  const auto value = parse_digest(digest);
  if (!value) return std::nullopt;
  for (const auto encoding : {BlobEncoding::kIdentity, BlobEncoding::kGzip}) {
    const auto file = blob_file(folder_, *value, encoding);
    std::error_code absent;
    const auto size = std::filesystem::file_size(file, absent);
    if (absent) continue;
    file_.close();
    file_.clear();
    file_.open(file, std::ios::binary);
    if (!file_.is_open()) throw std::runtime_error(fmt::format("{} cannot be read", file.string()));
    is_in_buffer_ = false;
    return Kept{size, encoding};
  }
  return std::nullopt;
}

}  // namespace replica
