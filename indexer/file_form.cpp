#include "indexer/file_form.hpp"

#include <fstream>
#include <istream>
#include <string>

#include "indexer/archive.hpp"
#include "indexer/mbox_lines.hpp"

namespace indexer {
namespace {

std::string beginning_of(std::istream& in) {
  std::string beginning(kArchiveBeginning, '\0');
  in.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  beginning.resize(static_cast<std::size_t>(in.gcount()));
  return beginning;
}

FileForm::Kind kind_within(const std::filesystem::path& compressed) {
  const Progress uncancelled;
  try {
    ArchiveReader archive(compressed, uncancelled);
    ArchiveMember member;
    if (!archive.next(member)) return FileForm::Kind::kMessage;
    if (!member.is_whole) return FileForm::Kind::kArchive;
    ArchiveMemberStream bytes(archive);
    std::istream in(&bytes);
    return uncompressed_kind(beginning_of(in));
  } catch (const ArchiveError&) {
    return FileForm::Kind::kMessage;
  }
}

}  // namespace

FileForm::Kind uncompressed_kind(std::string_view beginning) {
  if (begins_as_tar(beginning)) return FileForm::Kind::kArchive;
  return begins_as_mbox(beginning) ? FileForm::Kind::kMbox : FileForm::Kind::kMessage;
}

FileForm form_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string beginning = beginning_of(in);
  if (begins_as_compressed(beginning)) return {kind_within(file), true};
  return {uncompressed_kind(beginning), false};
}

}  // namespace indexer
