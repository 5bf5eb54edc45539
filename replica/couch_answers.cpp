// Rows of the change feed.
#include "replica/couch_answers.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "replica/answer_reader_state.hpp"
#include "replica/json_reader.hpp"
#include "replica/row_document.hpp"
#include "replica/tuning.hpp"

namespace replica {
namespace {

// The string, quotes included, that is the member "id" of a row that is no JSON; empty when there is none. Follows strings
// and brackets only.
std::string_view find_id(std::string_view row) {
  const auto end_of_string = [row](std::size_t at) {  // `at` is its opening quote
    for (++at; at < row.size() && row[at] != '"'; ++at) {
      if (row[at] == '\\') ++at;
    }
    return std::min(at, row.size());
  };
  std::size_t depth = 0;
  bool is_id = false;
  for (std::size_t at = 0; at < row.size(); ++at) {
    const char c = row[at];
    if (c == '"') {
      const std::size_t end = end_of_string(at);
      const std::string_view string = row.substr(at, end + 1 - at);
      if (is_id) return string;
      const std::size_t next = row.find_first_not_of(" \t\r\n", end + 1);
      is_id =
          depth == 1 && string == "\"id\"" && next != std::string_view::npos && row[next] == ':';
      at = is_id ? next : end;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') is_id = false;
  }
  return {};
}

struct ParsedRow {
  FeedRow row;  // without its document
  DocumentSpan document;
  std::optional<RevId> document_rev;
  bool has_changes = false;
  bool is_removed = false;  // Sync Gateway: from what the user may read
};

void read_feed_document(od::value value, ParsedRow& parsed) {
  od::object document = value.get_object();
  const std::string_view raw = trimmed(document.raw_json());
  parsed.document.document = raw;
  parsed.row.document_bytes = raw.size();
  document.reset().value();
  od::value rev;
  if (document.find_field_unordered("_rev").get(rev) == simdjson::SUCCESS)
    parsed.document_rev = revision_of(rev);
  // The parser goes on behind the document.
  document.reset().value();
  document.raw_json().value();
}

void read_feed_member(od::raw_json_string key, od::value value, ParsedRow& parsed) {
  if (key == "id") {
    parsed.row.id = text_of(value);
  } else if (key == "changes") {
    parsed.has_changes = true;
    for (auto change : value.get_array()) {
      od::object leaf = change.get_object();
      parsed.row.leaves.push_back(revision_of(leaf.find_field("rev")));
    }
  } else if (key == "deleted") {
    parsed.row.deleted = value.get_bool();
  } else if (key == "removed") {
    parsed.is_removed = true;
  } else if (key == "doc" && value.type() == od::json_type::object) {
    read_feed_document(value, parsed);
  }
}

}  // namespace

// Gives a row that could not be read the id that it seems to have; one that is no text is told in the problem.
void AnswerReader::recover_id(const RowScanner::Row& row, FeedRow& result) {
  const std::string_view raw = find_id(row.json);
  if (raw.empty()) return;
  try {
    od::document document = state_->parser.iterate(state_->pad(raw));
    result.id = std::string(std::string_view(document.get_string()));
  } catch (const simdjson::simdjson_error&) {
    constexpr std::size_t kShown = 200;
    result.problem += fmt::format("; its id, as it was sent: {}", raw.substr(0, kShown));
  }
}

AnswerReader::AnswerReader() : state_(std::make_unique<State>()) {}
AnswerReader::~AnswerReader() = default;

FeedRow AnswerReader::feed_row(const RowScanner::Row& row, bool keep_document) {
  ParsedRow parsed;
  FeedRow& result = parsed.row;
  try {
    if (row.oversized) throw simdjson::simdjson_error(simdjson::CAPACITY);
    state_->members(row, [&parsed](od::raw_json_string key, od::value value) {
      read_feed_member(key, value, parsed);
    });
    if (result.id.empty()) result.problem = "has no id";
    const bool says_nothing = parsed.has_changes && !parsed.is_removed;
    if (result.leaves.empty() && !says_nothing && result.problem.empty())
      result.problem = "names no revision";
    if (row.depth > tuning::kMaxDocumentDepth + 1) result.problem = row_problem::too_deep();
  } catch (const simdjson::simdjson_error& error) {
    result.problem = row.oversized ? row_problem::too_large() : row_problem::not_json(error);
  }
  if (!result.problem.empty()) {
    if (result.id.empty()) recover_id(row, result);
    state_->shrink();
    return std::move(result);
  }

  // The winner comes first; PouchDB names the leaves in any order.
  const auto first = parsed.document_rev ? std::find(result.leaves.begin(), result.leaves.end(),
                                                     *parsed.document_rev)
                                         : result.leaves.end();
  if (first != result.leaves.end()) {  // else the document is of another revision than the row's
    std::iter_swap(result.leaves.begin(), first);
    if (keep_document) result.document = take_text(row, parsed.document);
  }
  state_->shrink();
  return std::move(result);
}

}  // namespace replica
