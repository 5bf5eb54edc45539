// Documents between JSON and the database model, in CouchDB's spelling.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/memory_database.hpp"

namespace support::memory {

// What CouchDB adds to a document when it is asked to.
struct Rendering {
  bool revisions = false;  // _revisions
  bool conflicts = false;  // _conflicts
  bool deleted_conflicts = false;  // _deleted_conflicts
  bool revs_info = false;  // _revs_info
  bool attachment_data = false;  // data instead of stubs
  bool attachment_encoding = false;  // encoding and encoded_length
};

void append_string(std::string& json, std::string_view text);
// The revision `index` of the document, whose content must be there.
void append_document(std::string& json, const Document& document, std::size_t index,
                     const Rendering& rendering);
void append_local_document(std::string& json, std::string_view id, const LocalDocument& document);

// The members of a JSON object without its braces, byte for byte.
[[nodiscard]] std::string members_of(std::string_view object);

// A document as a client sends it.
struct SentDocument {
  std::string id;
  std::optional<Rev> rev;
  std::uint64_t start = 0;  // of _revisions
  std::vector<std::string> path;
  Content content;
};

// A refusal: an HTTP status with CouchDB's `error` and `reason`.
struct Refusal {
  int status = 500;
  std::string error;
  std::string reason;
};

// Attachments that are stubs are those of `known`, when it has them. Throws Refusal.
[[nodiscard]] SentDocument read_document(const nlohmann::ordered_json& json, const Document* known);

}  // namespace support::memory
