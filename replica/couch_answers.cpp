#include "replica/couch_answers.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "replica/answer_reader_state.hpp"
#include "replica/json_reader.hpp"
#include "replica/tuning.hpp"

namespace replica {
namespace {

RevId revision_of(od::value value) {
  const std::string text = text_of(value);
  const auto rev = RevId::parse(text);
  if (!rev) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  return *rev;
}

std::string not_readable(const simdjson::simdjson_error& error) {
  return fmt::format("cannot be read as JSON: {}", error.what());
}

std::string too_deep() {
  return fmt::format("nests deeper than {} levels", tuning::kMaxDocumentDepth);
}
std::string too_large() { return fmt::format("is larger than {} MB", tuning::kMaxRowBytes >> 20); }

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

struct Ancestry {
  std::uint64_t start = 0;
  std::vector<std::string> ids;
};

Ancestry ancestry_of(od::object object) {
  Ancestry ancestry;
  for (auto field : object) {
    const od::raw_json_string key = field.key();
    if (key == "start") {
      ancestry.start = field.value().get_uint64();
    } else if (key == "ids") {
      for (auto id : field.value().get_array()) ancestry.ids.push_back(text_of(id.value()));
    }
  }
  return ancestry;
}

// A document in its row, and its member `_revisions` with the comma beside it.
struct DocumentSpan {
  std::string_view document;
  std::string_view left_out;  // empty when there is nothing to leave out
};

// The member [begin, end) of `document` and one comma beside it.
std::string_view with_comma(std::string_view document, const char* begin, const char* end) {
  const auto offset = [document](const char* at) {
    return static_cast<std::size_t>(at - document.data());
  };
  std::size_t first = offset(begin);
  std::size_t last = offset(end);
  const std::size_t before = document.find_last_not_of(" \t\r\n", first - 1);
  if (document[before] == ',') {
    first = before;
  } else {
    const std::size_t after = document.find_first_not_of(" \t\r\n", last);
    if (after != std::string_view::npos && document[after] == ',') last = after + 1;
  }
  return document.substr(first, last - first);
}

constexpr std::size_t kLarge = 1024 * 1024;  // bytes of a document that is not copied needlessly

// The document's text. A large one takes the row's own memory; nothing else of the row can be read then.
std::string take_text(const RowScanner::Row& row, const DocumentSpan& span) {
  const std::string_view document = span.document;
  const std::size_t cut = span.left_out.empty()
                              ? document.size()
                              : static_cast<std::size_t>(span.left_out.data() - document.data());
  if (row.storage == nullptr || document.size() < kLarge) {
    std::string text;
    text.reserve(document.size() - span.left_out.size());
    text.append(document.substr(0, cut));
    return text.append(document.substr(std::min(cut + span.left_out.size(), document.size())));
  }
  const auto begin = static_cast<std::size_t>(document.data() - row.json.data());
  const std::size_t size = document.size();
  const std::size_t left_out = span.left_out.size();
  std::string text = std::move(*row.storage);
  text.resize(begin + size);
  if (left_out > 0) text.erase(begin + cut, left_out);
  return std::move(text.erase(0, begin));
}

struct ParsedRevision {
  SentRevision sent;  // without its body
  DocumentSpan span;
};

// A document that was asked for with revs=true.
ParsedRevision sent_document(od::value value) {
  ParsedRevision parsed;
  SentRevision& sent = parsed.sent;
  od::object object = value.get_object();
  const std::string_view document = trimmed(object.raw_json());
  parsed.span.document = document;
  object.reset().value();

  Ancestry ancestry;
  bool has_revisions = false;
  for (auto field : object) {
    const od::raw_json_string key = field.key();
    const char* const key_begin = key.raw() - 1;  // the quote
    if (key == "_rev") {
      sent.revision.rev = revision_of(field.value());
    } else if (key == "_deleted") {
      sent.revision.deleted = field.value().get_bool();
    } else if (key == "_revisions" && !has_revisions) {
      has_revisions = true;
      od::object inner = field.value().get_object();
      const std::string_view raw = trimmed(inner.raw_json());
      parsed.span.left_out = with_comma(document, key_begin, raw.data() + raw.size());
      inner.reset().value();
      ancestry = ancestry_of(inner);
    }
  }

  const RevId& rev = sent.revision.rev;
  if (rev.generation == 0) sent.problem = "came without its _rev";
  if (!has_revisions && rev.generation > 1) sent.problem = "came without its _revisions";
  if (!has_revisions || !sent.problem.empty()) return parsed;
  if (ancestry.ids.empty() || ancestry.ids.front() != rev.digest ||
      ancestry.start != rev.generation || ancestry.ids.size() > rev.generation) {
    sent.problem = "has a _revisions that does not fit its _rev";
    return parsed;
  }
  sent.revision.ancestors.assign(std::make_move_iterator(ancestry.ids.begin() + 1),
                                 std::make_move_iterator(ancestry.ids.end()));
  return parsed;
}

// {"rev","error","reason"}: what an error row says. Sets `rev` when it names one.
std::string said_of(od::value error, RevId& rev) {
  if (error.type() != od::json_type::object) return raw_text(error);
  std::string said;
  for (auto member : error.get_object()) {
    const od::raw_json_string key = member.key();
    if (key == "rev") {
      if (const auto named = RevId::parse(text_of(member.value()))) rev = *named;
    } else if (key == "error" || key == "reason") {
      said += (said.empty() ? "" : ", ") + raw_text(member.value());
    }
  }
  return said;
}

// One of {"ok":…}, {"missing":rev}, {"error":{"rev","error","reason"}}, {"error","reason"}, {}.
ParsedRevision sent_revision(od::value value) {
  ParsedRevision parsed;
  SentRevision& sent = parsed.sent;
  sent.problem = "the source says nothing about it";
  for (auto field : value.get_object()) {
    const od::raw_json_string key = field.key();
    if (key == "ok") {
      parsed = sent_document(field.value());
    } else if (key == "missing") {
      sent.problem = "the source says it is missing";
      if (const auto rev = RevId::parse(text_of(field.value()))) sent.revision.rev = *rev;
    } else if (key == "error") {
      sent.problem = "the source says " + said_of(field.value(), sent.revision.rev);
    }
  }
  return parsed;
}

struct ParsedRow {
  FeedRow row;  // without its document
  DocumentSpan document;
  std::optional<RevId> document_rev;
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
    for (auto change : value.get_array()) {
      od::object leaf = change.get_object();
      parsed.row.leaves.push_back(revision_of(leaf.find_field("rev")));
    }
  } else if (key == "deleted") {
    parsed.row.deleted = value.get_bool();
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
    if (result.leaves.empty() && result.problem.empty()) result.problem = "names no revision";
    if (row.depth > tuning::kMaxDocumentDepth + 1) result.problem = too_deep();
  } catch (const simdjson::simdjson_error& error) {
    result.problem = row.oversized ? too_large() : not_readable(error);
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

std::vector<SentRevision> AnswerReader::bulk_get_row(const RowScanner::Row& row) {
  std::string id;
  std::vector<ParsedRevision> parsed;
  std::vector<SentRevision> sent;
  const auto give_up = [&](const std::string& problem) {
    FeedRow named;
    recover_id(row, named);
    sent.assign(1, {});
    sent.front().revision.id = named.id;
    sent.front().problem = problem;
    return sent;
  };
  if (row.oversized) return give_up(too_large());
  try {
    state_->members(row, [&](od::raw_json_string key, od::value value) {
      if (key == "id") id = text_of(value);
      if (key != "docs") return;
      for (auto element : value.get_array()) parsed.push_back(sent_revision(element.value()));
    });
  } catch (const simdjson::simdjson_error& error) {
    return give_up(not_readable(error));
  }
  constexpr std::size_t kAround = 3;  // {"docs":[{"ok":
  RowScanner::Row shared = row;
  shared.storage = nullptr;
  for (ParsedRevision& each : parsed) {
    each.sent.revision.id = id;
    if (row.depth > tuning::kMaxDocumentDepth + kAround) each.sent.problem = too_deep();
    const bool is_last = &each == &parsed.back();
    each.sent.revision.body = take_text(is_last ? row : shared, each.span);
    sent.push_back(std::move(each.sent));
  }
  state_->shrink();
  return sent;
}

SentRevision AnswerReader::open_revs_row(const RowScanner::Row& row, const std::string& id) {
  SentRevision sent;
  try {
    if (row.oversized) throw simdjson::simdjson_error(simdjson::CAPACITY);
    od::document document = state_->parser.iterate(simdjson::padded_string_view(
        row.json.data(), row.json.size(), row.json.size() + RowScanner::kPadding));
    ParsedRevision parsed = sent_revision(document.get_value());
    sent = std::move(parsed.sent);
    sent.revision.body = take_text(row, parsed.span);
    if (row.depth > tuning::kMaxDocumentDepth + 1) sent.problem = too_deep();
  } catch (const simdjson::simdjson_error& error) {
    sent.problem = row.oversized ? too_large() : not_readable(error);
  }
  sent.revision.id = id;
  state_->shrink();
  return sent;
}

void append_json_string(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      (json += '\\') += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      json += c;
    }
  }
  json += '"';
}

}  // namespace replica
