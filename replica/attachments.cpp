#include "replica/attachments.hpp"

#include <simdjson.h>

namespace replica {

std::optional<AttachmentStub> find_attachment(std::string_view document, std::string_view name) {
  using simdjson::ondemand::value;
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(document);
  simdjson::ondemand::document json;
  simdjson::ondemand::object attachments;
  if (parser.iterate(padded).get(json) ||
      json.find_field_unordered("_attachments").get(attachments))
    return {};
  for (auto field : attachments) {
    std::string_view key;
    simdjson::ondemand::object members;
    if (field.unescaped_key().get(key) || key != name || field.value().get(members)) continue;
    AttachmentStub stub;
    std::string_view text;
    if (!members.find_field_unordered("content_type").get(text)) stub.content_type = text;
    if (!members.find_field_unordered("digest").get(text)) stub.digest = text;
    std::uint64_t length = 0;
    if (!members.find_field_unordered("length").get(length)) stub.length = length;
    return stub;
  }
  return {};
}

}  // namespace replica
