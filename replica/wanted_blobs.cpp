#include "replica/wanted_blobs.hpp"

#include <charconv>
#include <simdjson.h>
#include <string_view>

namespace replica {
namespace {

namespace od = simdjson::ondemand;

std::string text_of(od::object& object, std::string_view key) {
  std::string_view text;
  return object.find_field_unordered(key).get_string().get(text) ? std::string()
                                                                 : std::string(text);
}

// A number, or a number in a string as cozy-stack writes a file's size.
std::uint64_t size_of(od::object& object, std::string_view key) {
  od::value value;
  std::uint64_t size = 0;
  if (object.find_field_unordered(key).get(value) || !value.get_uint64().get(size)) return size;
  std::string_view text;
  if (value.get_string().get(text)) return 0;
  std::uint64_t parsed = 0;
  const bool is_number =
      std::from_chars(text.data(), text.data() + text.size(), parsed).ec == std::errc();
  return is_number ? parsed : 0;
}

WantedBlob wanted_of(const IncomingRevision& revision) {
  WantedBlob wanted;
  wanted.id = revision.id;
  wanted.rev = revision.rev.to_string();
  return wanted;
}

}  // namespace

std::vector<WantedBlob> attachments_of(const IncomingRevision& revision) {
  std::vector<WantedBlob> found;
  if (revision.deleted || revision.body.find("_attachments\"") == std::string::npos) return found;
  od::parser parser;
  const simdjson::padded_string padded(revision.body);
  od::document document;
  od::object attachments;
  if (parser.iterate(padded).get(document) ||
      document.find_field_unordered("_attachments").get(attachments))
    return found;
  for (auto field : attachments) {
    std::string_view name;
    od::object stub;
    if (field.unescaped_key().get(name)) return found;
    WantedBlob wanted = wanted_of(revision);
    wanted.name = name;
    if (field.value().get(stub)) continue;
    wanted.digest = text_of(stub, "digest");
    wanted.content_type = text_of(stub, "content_type");
    wanted.length = size_of(stub, "length");
    if (!wanted.digest.empty()) found.push_back(std::move(wanted));
  }
  return found;
}

std::vector<WantedBlob> file_of(const IncomingRevision& revision) {
  if (revision.deleted) return {};
  od::parser parser;
  const simdjson::padded_string padded(revision.body);
  od::document document;
  od::object file;
  if (parser.iterate(padded).get(document) || document.get_object().get(file)) return {};
  const std::string md5 = text_of(file, "md5sum");
  if (md5.empty() || text_of(file, "type") != "file") return {};
  WantedBlob wanted = wanted_of(revision);
  wanted.digest = "md5-" + md5;
  wanted.content_type = text_of(file, "mime");
  wanted.length = size_of(file, "size");
  return {std::move(wanted)};
}

}  // namespace replica
