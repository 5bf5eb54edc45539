#include "replica/attachments.hpp"

#include <algorithm>
#include <utility>

#include "replica/json_reader.hpp"

namespace replica {

std::vector<AttachmentStub> attachment_stubs(std::string_view document) {
  constexpr std::string_view kMember = "_attachments";
  if (document.find(kMember) == std::string_view::npos) return {};
  od::parser parser;
  const simdjson::padded_string padded(document);
  od::document json;
  od::object attachments;
  if (parser.iterate(padded).get(json) || json.find_field_unordered(kMember).get(attachments))
    return {};
  std::vector<AttachmentStub> stubs;
  for (auto field : attachments) {
    std::string_view name;
    od::object members;
    if (field.unescaped_key().get(name)) break;
    AttachmentStub stub;
    stub.name = name;
    if (field.value().get(members)) continue;
    stub.content_type = text_of(members, "content_type");
    stub.digest = text_of(members, "digest");
    stub.length = size_of(members, "length");
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
