// Revisions with their ancestry, as `_bulk_get` and `open_revs` send them.
#include <fmt/core.h>
#include <iterator>

#include "replica/answer_reader_state.hpp"
#include "replica/row_document.hpp"

namespace replica {
namespace {

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

// CouchDB's error in place of each document of a request that failed.
constexpr std::string_view kClusterFailed = "internal_fabric_error";

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
      sent.is_unread = sent.problem.find(kClusterFailed) != std::string::npos;
    }
  }
  return parsed;
}

}  // namespace

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
  if (row.oversized) return give_up(row_problem::too_large());
  try {
    state_->members(row, [&](od::raw_json_string key, od::value value) {
      if (key == "id") id = text_of(value);
      if (key != "docs") return;
      for (auto element : value.get_array()) parsed.push_back(sent_revision(element.value()));
    });
  } catch (const simdjson::simdjson_error& error) {
    return give_up(row_problem::not_json(error));
  }
  constexpr std::size_t kAround = 3;  // {"docs":[{"ok":
  RowScanner::Row shared = row;
  shared.storage = nullptr;
  for (ParsedRevision& each : parsed) {
    each.sent.revision.id = id;
    if (row.depth > tuning::kMaxDocumentDepth + kAround)
      each.sent.problem = row_problem::too_deep();
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
    if (row.depth > tuning::kMaxDocumentDepth + 1) sent.problem = row_problem::too_deep();
  } catch (const simdjson::simdjson_error& error) {
    sent.problem = row.oversized ? row_problem::too_large() : row_problem::not_json(error);
  }
  sent.revision.id = id;
  state_->shrink();
  return sent;
}

}  // namespace replica
