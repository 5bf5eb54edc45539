#include "replica/attachments.hpp"

#include <algorithm>
#include <simdjson.h>
#include <utility>

namespace replica {

std::vector<AttachmentStub> attachment_stubs(std::string_view document) {
  constexpr std::string_view kMember = "_attachments";
  if (document.find(kMember) == std::string_view::npos) return {};
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(document);
  simdjson::ondemand::document json;
  simdjson::ondemand::object attachments;
  if (parser.iterate(padded).get(json) || json.find_field_unordered(kMember).get(attachments))
    return {};
  std::vector<AttachmentStub> stubs;
  for (auto field : attachments) {
    std::string_view name;
    simdjson::ondemand::object members;
    if (field.unescaped_key().get(name)) break;
    AttachmentStub stub;
    stub.name = name;
    if (field.value().get(members)) continue;
    std::string_view text;
    if (!members.find_field_unordered("content_type").get(text)) stub.content_type = text;
    if (!members.find_field_unordered("digest").get(text)) stub.digest = text;
    std::uint64_t length = 0;
    if (!members.find_field_unordered("length").get(length)) stub.length = length;
    stubs.push_back(std::move(stub));
  }
  return stubs;
}

std::optional<AttachmentStub> find_attachment(std::string_view document, std::string_view name) {
  auto stubs = attachment_stubs(document);
  const auto stub = std::find_if(stubs.begin(), stubs.end(),
                                 [name](const AttachmentStub& each) { return each.name == name; });
  if (stub == stubs.end()) return std::nullopt;
  return std::move(*stub);
}

}  // namespace replica
