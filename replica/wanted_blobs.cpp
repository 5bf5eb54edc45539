#include "replica/wanted_blobs.hpp"

#include <utility>

#include "replica/attachments.hpp"
#include "replica/json_reader.hpp"

namespace replica {
namespace {

WantedBlob wanted_of(const IncomingRevision& revision) {
  WantedBlob wanted;
  wanted.id = revision.id;
  wanted.rev = revision.rev.to_string();
  return wanted;
}

}  // namespace

std::vector<WantedBlob> attachments_of(const IncomingRevision& revision) {
  std::vector<WantedBlob> found;
  if (revision.deleted) return found;
  for (AttachmentStub& stub : attachment_stubs(revision.body)) {
    if (stub.digest.empty()) continue;
    WantedBlob wanted = wanted_of(revision);
    wanted.name = std::move(stub.name);
    wanted.digest = std::move(stub.digest);
    wanted.content_type = std::move(stub.content_type);
    wanted.length = stub.length;
    found.push_back(std::move(wanted));
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
