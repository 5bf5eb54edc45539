#include "indexer/extraction/extractor.hpp"

#include <system_error>

#include "indexer/extraction/text_output.hpp"
#include "mail/parser.hpp"
#include "replica/blobs.hpp"

namespace indexer {
namespace {

// Of one attached message, in all messages that are in it; each may take its worker's time.
constexpr int kMaxFilesOfMessage = 100;

bool has_file_text(std::string_view type, std::string_view name) {
  return file_type(type, name) != FileType::kNone;
}

}  // namespace

Extract Extractor::read(const std::string& digest, FileType type, std::string_view bytes) {
  if (auto known = cache_.find(digest, type)) return std::move(*known);
  int files_left = kMaxFilesOfMessage;
  const bool is_message = file_type_of_bytes(bytes, type) == FileType::kMessage;
  auto extract = is_message ? read_message(bytes, 0, files_left) : read_alone(bytes, type);
  if (extract.is_final) cache_.put(digest, type, extract);
  return extract;
}

Extract Extractor::read_alone(std::string_view bytes, FileType type) {
  const bool is_plain = file_type_of_bytes(bytes, type) == FileType::kText;
  return is_plain ? extract_text(bytes, type) : read_in_worker(bytes, type);
}

// Messages inside are not put into the cache: there, less deep, they have more text.
Extract Extractor::read_message(std::string_view bytes, int depth, int& files_left) {
  auto message = read_alone(bytes, FileType::kMessage);
  if (!message.failure.empty() || depth == mail::kMaxAttachedDepth) return message;
  TextOutput out(kMaxExtractBytes);
  out.add(message.text);
  for (const auto& part : mail::attached_parts(bytes, has_file_text)) {
    if (out.is_full() || files_left == 0) break;
    --files_left;
    const auto type = file_type(part.type, part.name);
    const auto attached = type == FileType::kMessage
                              ? read_message(part.bytes, depth + 1, files_left)
                              : read(replica::blob_digest(part.bytes), type, part.bytes);
    out.separate('\n');
    out.add(attached.text);
    message.is_final = message.is_final && attached.is_final;
  }
  message.truncated = message.truncated || out.is_full() || files_left == 0;
  message.text = out.take();
  return message;
}

// Mail is searched also where no process can be started.
Extract Extractor::read_in_worker(std::string_view bytes, FileType type) {
  try {
    return workers_.take()->read(bytes, type);
  } catch (const std::system_error& error) {
    auto extract = Extract::failed(error.what());
    extract.is_final = false;
    return extract;
  }
}

}  // namespace indexer
