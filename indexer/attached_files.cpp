#include "indexer/attached_files.hpp"

#include <algorithm>
#include <utility>

#include "indexer/blob_bytes.hpp"
#include "indexer/utf8.hpp"
#include "mail/parser.hpp"
#include "mail/text.hpp"
#include "replica/attachments.hpp"
#include "replica/blobs.hpp"

namespace indexer {
namespace {

std::string digest_of(const std::vector<replica::AttachmentStub>& stubs, std::string_view name) {
  const auto stub =
      std::find_if(stubs.begin(), stubs.end(), [&](const auto& each) { return each.name == name; });
  return stub != stubs.end() ? stub->digest : std::string();
}

// The digest under which the cache has the file.
std::optional<std::string> known_digest(const Stores& stores, const AttachedFile& file) {
  if (file.is_part) return stores.extracts().part_digest(file.digest, file.part_id);
  return file.digest;
}

// Reads an original once for all the parts that are wanted of it.
class Bytes {
 public:
  explicit Bytes(const Stores& stores) : stores_(stores) {}

  std::optional<std::string> of(const AttachedFile& file) {
    if (file.digest.empty()) return std::nullopt;
    if (!file.is_part) return blob_bytes(stores_.blobs(), file.digest);
    if (original_digest_ != file.digest) {
      original_ = blob_bytes(stores_.blobs(), file.digest);
      original_digest_ = file.digest;
    }
    if (!original_) return std::nullopt;
    auto part = mail::extract_part(*original_, file.part_id);
    if (!part) return std::nullopt;
    return std::move(part->bytes);
  }

 private:
  const Stores& stores_;
  std::string original_digest_;
  std::optional<std::string> original_;
};

}  // namespace

std::vector<AttachedFile> attached_files(const mail::MetadataDocument& message,
                                         std::string_view document) {
  std::vector<AttachedFile> files;
  for (const auto& attachment : message.attachments) {
    const auto type = file_type(attachment.type, attachment.name);
    if (type == FileType::kNone || attachment.size > kMaxFileBytes) continue;
    files.push_back(
        {attachment.part_id, type, attachment.size, attachment.blob, attachment.blob.empty()});
  }
  if (files.empty()) return files;
  const auto stubs = replica::attachment_stubs(document);
  const std::string original = message.original ? message.original->digest : std::string();
  for (auto& file : files) file.digest = file.is_part ? original : digest_of(stubs, file.digest);
  return files;
}

std::optional<AttachedFile> stored_file(const mail::FileDocument& file, std::string_view document) {
  const auto type = file_type(file.type, file.name);
  if (type == FileType::kNone || file.size > kMaxFileBytes || !file.content.empty()) return {};
  const auto stubs = replica::attachment_stubs(document);
  AttachedFile found{"", type, file.size, "", false};
  if (!stubs.empty()) {
    found.digest = stubs.front().digest;
  } else if (!file.md5sum.empty()) {
    found.digest = "md5-" + file.md5sum;
  }
  if (found.digest.empty()) return {};
  return found;
}

std::size_t count_here(const Stores& stores, const std::vector<AttachedFile>& files) {
  return static_cast<std::size_t>(
      std::count_if(files.begin(), files.end(), [&](const AttachedFile& file) {
        return !file.digest.empty() && stores.blobs().contains(file.digest);
      }));
}

std::vector<std::string> FileTexts::texts(const std::vector<AttachedFile>& files) const {
  std::vector<std::string> texts;
  Bytes bytes(stores_);
  std::size_t left = kMaxIndexedBytesOfMessage;
  for (const auto& file : files) {
    if (left == 0) break;
    if (file.digest.empty()) continue;
    std::optional<Extract> extract;
    const auto digest = known_digest(stores_, file);
    if (digest) extract = stores_.extracts().find(*digest, file.type);
    if (!extract) {
      const auto read = bytes.of(file);
      if (!read) continue;
      const auto read_digest = file.is_part ? replica::blob_digest(*read) : file.digest;
      if (file.is_part) stores_.extracts().put_part(file.digest, file.part_id, read_digest);
      extract = extractor_.read(read_digest, file.type, *read);
    }
    if (extract->text.empty()) continue;
    auto& text = texts.emplace_back(std::move(extract->text));
    text.resize(utf8_prefix(text, std::min(left, kMaxIndexedBytes)).size());
    left -= text.size();
  }
  return texts;
}

std::optional<std::string> unreadable_digest(const Stores& stores, const AttachedFile& file) {
  auto digest = known_digest(stores, file);
  const auto extract = digest ? stores.extracts().find(*digest, file.type) : std::nullopt;
  return extract && !extract->failure.empty() ? std::move(digest) : std::nullopt;
}

std::optional<std::string> known_text(const Stores& stores, const AttachedFile& file) {
  const auto digest = known_digest(stores, file);
  if (!digest) return std::nullopt;
  auto extract = stores.extracts().find(*digest, file.type);
  if (!extract || extract->text.empty()) return std::nullopt;
  return std::move(extract->text);
}

}  // namespace indexer
