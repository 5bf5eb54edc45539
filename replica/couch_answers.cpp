#include "replica/couch_answers.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <simdjson.h>

#include "replica/tuning.hpp"

namespace replica {
namespace {

namespace od = simdjson::ondemand;

// simdjson ends a raw value where the next token begins.
std::string_view trimmed(std::string_view raw) {
  while (!raw.empty() &&
         (raw.back() == ' ' || raw.back() == '\n' || raw.back() == '\r' || raw.back() == '\t')) {
    raw.remove_suffix(1);
  }
  return raw;
}

std::string text_of(od::value value) { return std::string(std::string_view(value.get_string())); }

std::string raw_text(od::value value) {
  const od::json_type type = value.type();
  if (type == od::json_type::object) {
    od::object object = value.get_object();
    return std::string(trimmed(object.raw_json()));
  }
  if (type == od::json_type::array) {
    od::array array = value.get_array();
    return std::string(trimmed(array.raw_json()));
  }
  return std::string(trimmed(value.raw_json_token()));
}

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

// `document` without the bytes [begin, end) of one member and the comma that goes with it.
std::string cut_member(std::string_view document, const char* begin, const char* end) {
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
  std::string result;
  result.reserve(document.size() - (last - first));
  return result.append(document.substr(0, first)).append(document.substr(last));
}

// A document that was asked for with revs=true.
SentRevision sent_document(od::value value) {
  SentRevision sent;
  od::object object = value.get_object();
  const std::string_view document = trimmed(object.raw_json());
  object.reset().value();

  Ancestry ancestry;
  const char* revisions_begin = nullptr;
  const char* revisions_end = nullptr;
  for (auto field : object) {
    const od::raw_json_string key = field.key();
    const char* const key_begin = key.raw() - 1;  // the quote
    if (key == "_rev") {
      sent.revision.rev = revision_of(field.value());
    } else if (key == "_deleted") {
      sent.revision.deleted = field.value().get_bool();
    } else if (key == "_revisions" && revisions_begin == nullptr) {
      od::object inner = field.value().get_object();
      const std::string_view raw = trimmed(inner.raw_json());
      revisions_begin = key_begin;
      revisions_end = raw.data() + raw.size();
      inner.reset().value();
      ancestry = ancestry_of(inner);
    }
  }

  const RevId& rev = sent.revision.rev;
  if (rev.generation == 0) sent.problem = "came without its _rev";
  if (revisions_begin == nullptr) {
    sent.revision.body = document;
    if (rev.generation > 1) sent.problem = "came without its _revisions";
    return sent;
  }
  sent.revision.body = cut_member(document, revisions_begin, revisions_end);
  if (!sent.problem.empty()) return sent;
  if (ancestry.ids.empty() || ancestry.ids.front() != rev.digest ||
      ancestry.start != rev.generation || ancestry.ids.size() > rev.generation) {
    sent.problem = "has a _revisions that does not fit its _rev";
    return sent;
  }
  sent.revision.ancestors.assign(std::make_move_iterator(ancestry.ids.begin() + 1),
                                 std::make_move_iterator(ancestry.ids.end()));
  return sent;
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
SentRevision sent_revision(od::value value) {
  SentRevision sent;
  sent.problem = "the source says nothing about it";
  for (auto field : value.get_object()) {
    const od::raw_json_string key = field.key();
    if (key == "ok") {
      sent = sent_document(field.value());
    } else if (key == "missing") {
      sent.problem = "the source says it is missing";
      if (const auto rev = RevId::parse(text_of(field.value()))) sent.revision.rev = *rev;
    } else if (key == "error") {
      sent.problem = "the source says " + said_of(field.value(), sent.revision.rev);
    }
  }
  return sent;
}

}  // namespace

struct AnswerReader::State {
  od::parser parser;
  std::string padded;

  // Gives a row that could not be read the id that it seems to have; one that is no text is told in the problem.
  void name(const RowScanner::Row& row, FeedRow& result) {
    const std::string_view raw = find_id(row.json);
    if (raw.empty()) return;
    try {
      padded.assign(raw);
      padded.reserve(padded.size() + simdjson::SIMDJSON_PADDING);
      od::document document = parser.iterate(padded);
      result.id = std::string(std::string_view(document.get_string()));
    } catch (const simdjson::simdjson_error&) {
      constexpr std::size_t kShown = 200;
      result.problem += fmt::format("; its id, as it was sent: {}", raw.substr(0, kShown));
    }
  }

  // Calls `visit(key, value)` for the members of a row's object; throws simdjson_error for what is none.
  template <typename Visit>
  void members(const RowScanner::Row& row, const Visit& visit) {
    members(simdjson::padded_string_view(row.json.data(), row.json.size(),
                                         row.json.size() + RowScanner::kPadding),
            visit);
  }

  template <typename Visit>
  void members(std::string_view json, const Visit& visit) {
    padded.assign(json);
    padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
    members(simdjson::padded_string_view(padded), visit);
  }

  template <typename Visit>
  void members(simdjson::padded_string_view json, const Visit& visit) {
    od::document document = parser.iterate(json);
    od::object object = document.get_object();
    for (auto field : object) visit(od::raw_json_string(field.key()), od::value(field.value()));
  }
};

AnswerReader::AnswerReader() : state_(std::make_unique<State>()) {}
AnswerReader::~AnswerReader() = default;

FeedRow AnswerReader::feed_row(const RowScanner::Row& row, bool keep_document) {
  FeedRow result;
  std::optional<RevId> winner;
  try {
    if (row.oversized) throw simdjson::simdjson_error(simdjson::CAPACITY);
    state_->members(row, [&](od::raw_json_string key, od::value value) {
      if (key == "id") {
        result.id = text_of(value);
      } else if (key == "changes") {
        for (auto change : value.get_array()) {
          od::object leaf = change.get_object();
          result.leaves.push_back(revision_of(leaf.find_field("rev")));
        }
      } else if (key == "deleted") {
        result.deleted = value.get_bool();
      } else if (key == "doc" && value.type() == od::json_type::object) {
        od::object document = value.get_object();
        const std::string_view raw = trimmed(document.raw_json());
        result.document_bytes = raw.size();
        document.reset().value();
        od::value rev;
        if (document.find_field_unordered("_rev").get(rev) == simdjson::SUCCESS)
          winner = revision_of(rev);
        if (keep_document && winner) result.document = raw;
        document.reset().value();
        document.raw_json().value();
      }
    });
    if (result.id.empty()) result.problem = "has no id";
    if (result.leaves.empty() && result.problem.empty()) result.problem = "names no revision";
    if (row.depth > tuning::kMaxDocumentDepth + 1) result.problem = too_deep();
  } catch (const simdjson::simdjson_error& error) {
    result.problem = row.oversized ? too_large() : not_readable(error);
  }
  if (!result.problem.empty()) {
    result.document.clear();
    if (result.id.empty()) state_->name(row, result);
    return result;
  }

  // The winner comes first; PouchDB names the leaves in any order.
  const auto first =
      winner ? std::find(result.leaves.begin(), result.leaves.end(), *winner) : result.leaves.end();
  if (first != result.leaves.end()) {
    std::iter_swap(result.leaves.begin(), first);
  } else {
    result.document.clear();  // of another revision than the row's
  }
  return result;
}

std::vector<SentRevision> AnswerReader::bulk_get_row(const RowScanner::Row& row) {
  std::string id;
  std::vector<SentRevision> sent;
  const auto give_up = [&](const std::string& problem) {
    FeedRow named;
    state_->name(row, named);
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
      for (auto element : value.get_array()) sent.push_back(sent_revision(element.value()));
    });
  } catch (const simdjson::simdjson_error& error) {
    return give_up(not_readable(error));
  }
  constexpr std::size_t kAround = 3;  // {"docs":[{"ok":
  for (SentRevision& each : sent) {
    each.revision.id = id;
    if (row.depth > tuning::kMaxDocumentDepth + kAround) each.problem = too_deep();
  }
  return sent;
}

SentRevision AnswerReader::open_revs_row(const RowScanner::Row& row, const std::string& id) {
  SentRevision sent;
  try {
    if (row.oversized) throw simdjson::simdjson_error(simdjson::CAPACITY);
    od::document document = state_->parser.iterate(simdjson::padded_string_view(
        row.json.data(), row.json.size(), row.json.size() + RowScanner::kPadding));
    sent = sent_revision(document.get_value());
    if (row.depth > tuning::kMaxDocumentDepth + 1) sent.problem = too_deep();
  } catch (const simdjson::simdjson_error& error) {
    sent.problem = row.oversized ? too_large() : not_readable(error);
  }
  sent.revision.id = id;
  return sent;
}

std::optional<BulkDocsRow> AnswerReader::bulk_docs_row(const RowScanner::Row& row) {
  return verdict(row.json);
}

std::optional<BulkDocsRow> AnswerReader::verdict(std::string_view json) {
  BulkDocsRow result;
  try {
    state_->members(json, [&](od::raw_json_string key, od::value value) {
      if (key == "id") result.id = text_of(value);
      if (key == "rev") result.rev = text_of(value);
      if (key == "error") result.error = text_of(value);
      if (key == "reason") result.reason = text_of(value);
    });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  return result;
}

std::optional<AnswerReader::FeedEnd> AnswerReader::feed_end(std::string_view json) {
  FeedEnd end;
  try {
    state_->members(json, [&](od::raw_json_string key, od::value value) {
      if (key == "last_seq") end.last_seq.json = raw_text(value);
      std::int64_t pending = 0;
      if (key == "pending" && value.get_int64().get(pending) == simdjson::SUCCESS)
        end.pending = pending;
    });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  if (end.last_seq.json.empty() || end.last_seq.json == "null") return std::nullopt;
  return end;
}

std::optional<ServerInfo> AnswerReader::server_info(std::string_view json) {
  ServerInfo info;
  try {
    state_->members(json, [&](od::raw_json_string key, od::value value) {
      if (key == "couchdb") info.dialect = Dialect::kCouchdb;
      if (key == "version") info.version = text_of(value);
      if (key == "uuid") info.uuid = text_of(value);
    });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  return info;
}

std::optional<DatabaseInfo> AnswerReader::database_info(std::string_view json) {
  DatabaseInfo info;
  try {
    state_->members(json, [&](od::raw_json_string key, od::value value) {
      if (key == "update_seq") info.update_seq = raw_text(value);
      if (key == "doc_count") info.documents = value.get_int64();
      if (key != "instance_start_time") return;
      const bool is_string = value.type() == od::json_type::string;
      info.instance_start_time = is_string ? text_of(value) : raw_text(value);
    });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  if (info.update_seq.empty()) return std::nullopt;
  return info;
}

std::optional<std::int64_t> AnswerReader::count_rows(std::string_view json) {
  std::optional<std::int64_t> rows;
  try {
    state_->members(json, [&](od::raw_json_string key, od::value value) {
      if (key == "rows") rows = static_cast<std::int64_t>(value.count_elements());
    });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  return rows;
}

std::string AnswerReader::since_value(const SourceSeq& seq) {
  if (seq.json.empty()) return "0";
  if (seq.json.front() != '"') return seq.json;
  try {
    state_->padded.assign(seq.json);
    state_->padded.reserve(state_->padded.size() + simdjson::SIMDJSON_PADDING);
    od::document document = state_->parser.iterate(state_->padded);
    return std::string(std::string_view(document.get_string()));
  } catch (const simdjson::simdjson_error&) {
    return seq.json;
  }
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
