// The answers that are read whole, and the rows of feeds without documents.
#include <charconv>

#include "replica/answer_reader_state.hpp"
#include "replica/http_status.hpp"
#include "replica/json_reader.hpp"

namespace replica {
namespace {

std::string words(const std::string& first, const std::string& second) {
  if (first.empty() || second.empty()) return first + second;
  return first + ": " + second;
}

// {"errors":[{"status","title","detail"}]}: what the first says.
std::string first_error(od::array errors) {
  std::string title;
  std::string detail;
  for (auto element : errors) {
    for (auto member : element.get_object()) {
      const od::raw_json_string key = member.key();
      if (key == "title") title = plain_text(member.value());
      if (key == "detail") detail = plain_text(member.value());
    }
    break;
  }
  return words(title, detail);
}

// Microseconds are when a database was opened (CouchDB 1.x, Sync Gateway); CouchDB 3 gives the second in which it was made.
bool is_time_of_opening(std::string_view instance_start_time) {
  constexpr std::size_t kDigitsOfMicroseconds = 16;
  return instance_start_time.size() >= kDigitsOfMicroseconds;
}

void take_info(od::raw_json_string key, od::value value, DatabaseInfo& info) {
  if (key == "db_name") info.name = text_of(value);
  if (key == "update_seq") info.update_seq = raw_text(value);
  if (key == "purge_seq" && !value.is_null()) info.purge_seq = raw_text(value);
  if (key == "doc_count") info.documents = value.get_int64();
  if (key == "doc_del_count") info.deleted = value.get_int64();
  if (key == "cluster" && value.type() == od::json_type::object) {
    for (auto member : value.get_object()) {
      if (member.key() == "n") info.copies = member.value().get_int64();
    }
  }
  if (key == "instance_start_time") {
    const std::string start_time = plain_text(value);
    if (!is_time_of_opening(start_time)) info.instance_start_time = start_time;
  }
}

}  // namespace

std::optional<BulkDocsRow> AnswerReader::bulk_docs_row(const RowScanner::Row& row) {
  return verdict(row.json);
}

std::optional<BulkDocsRow> AnswerReader::verdict(std::string_view json) {
  BulkDocsRow result;
  try {
    state_->members(json, [&](od::raw_json_string key, od::value value) {
      if (key == "id") result.id = plain_text(value);
      if (key == "rev") result.rev = plain_text(value);
      if (key == "error") result.error = plain_text(value);
      if (key == "reason") result.reason = plain_text(value);
      if (key == "errors" && value.type() == od::json_type::array)
        result.error = first_error(value.get_array());
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
      if (key == "version") info.version = plain_text(value);
      if (key == "message" && plain_text(value).find("cozy") != std::string::npos)
        info.dialect = Dialect::kCozy;
    });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  return info;
}

std::optional<DatabaseInfo> AnswerReader::database_info(std::string_view json) {
  DatabaseInfo info;
  try {
    state_->members(
        json, [&info](od::raw_json_string key, od::value value) { take_info(key, value, info); });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  if (info.update_seq.empty()) return std::nullopt;
  return info;
}

std::optional<std::int64_t> AnswerReader::count_rows(std::string_view json) {
  std::optional<std::int64_t> rows;
  try {
    state_->members(json, [&rows](od::raw_json_string key, od::value value) {
      if (key == "rows") rows = static_cast<std::int64_t>(value.count_elements());
    });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  return rows;
}

std::optional<std::vector<std::string>> AnswerReader::keys_not_found(std::string_view json) {
  std::optional<std::vector<std::string>> not_found;
  try {
    state_->members(json, [&not_found](od::raw_json_string member, od::value rows) {
      if (member != "rows") return;
      not_found.emplace();
      for (auto row : rows.get_array()) {
        std::string key, error;
        for (auto field : row.get_object()) {
          if (field.key() == "key") key = text_of(field.value());
          if (field.key() == "error") error = plain_text(field.value());
        }
        if (error == "not_found") not_found->push_back(std::move(key));
      }
    });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  return not_found;
}

std::optional<DatabaseInfo> AnswerReader::dbs_info_row(const RowScanner::Row& row) {
  DatabaseInfo info;
  std::string name;
  try {
    state_->members(row, [&](od::raw_json_string key, od::value value) {
      if (key == "key") name = text_of(value);
      if (key != "info" || value.type() != od::json_type::object) return;
      for (auto field : value.get_object()) {
        take_info(od::raw_json_string(field.key()), od::value(field.value()), info);
      }
    });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  if (info.update_seq.empty()) return std::nullopt;
  if (!name.empty()) info.name = name;
  return info;
}

std::optional<std::vector<std::string>> AnswerReader::names(std::string_view json) {
  std::vector<std::string> names;
  try {
    od::document document = state_->parser.iterate(state_->pad(json));
    if (document.is_null()) return names;
    for (auto element : document.get_array()) names.push_back(text_of(element.value()));
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  return names;
}

std::optional<std::vector<RevisionsOfDocument>> AnswerReader::purged_infos(std::string_view json) {
  std::optional<std::vector<RevisionsOfDocument>> purged;
  try {
    state_->members(json, [&](od::raw_json_string key, od::value value) {
      if (key != "purged_infos") return;
      purged.emplace();
      for (auto element : value.get_array()) {
        RevisionsOfDocument& document = purged->emplace_back();
        for (auto member : element.get_object()) {
          const od::raw_json_string name = member.key();
          if (name == "id") document.id = text_of(member.value());
          if (name != "revs") continue;
          for (auto rev : member.value().get_array()) {
            if (const auto parsed = RevId::parse(text_of(rev.value())))
              document.revs.push_back(*parsed);
          }
        }
      }
    });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  return purged;
}

std::optional<AnswerReader::FeedSignal> AnswerReader::feed_signal(std::string_view json) {
  FeedSignal signal;
  try {
    std::string reason;
    state_->members(json, [&](od::raw_json_string key, od::value value) {
      if (key == "db_name") signal.database = text_of(value);
      if (key == "type") signal.is_deleted = plain_text(value) == "deleted";
      if (key == "error") signal.error = plain_text(value);
      if (key == "reason") reason = plain_text(value);
      const bool ends = key == "last_seq";
      if (ends) signal.is_last = true;
      if ((ends || key == "seq") && !value.is_null()) signal.seq.json = raw_text(value);
    });
    if (!signal.error.empty()) signal.error = words(signal.error, reason);
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  return signal;
}

std::optional<AnswerReader::RealtimeEvent> AnswerReader::realtime_event(std::string_view json) {
  RealtimeEvent event;
  bool is_error = false;
  try {
    state_->members(json, [&](od::raw_json_string key, od::value value) {
      if (key == "event") is_error = plain_text(value) == "error";
      if (key != "payload" || value.type() != od::json_type::object) return;
      for (auto field : value.get_object()) {
        const od::raw_json_string name = field.key();
        if (name == "type") event.doctype = plain_text(field.value());
        if (name == "title") event.title = plain_text(field.value());
        if (name != "status") continue;
        const std::string status = plain_text(field.value());  // "403 Forbidden"
        std::from_chars(status.data(), status.data() + status.size(), event.status);
      }
    });
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  if (!is_error) event.status = 0;
  if (is_error && event.status == 0) event.status = http_status::kInternalServerError;
  return event;
}

std::string AnswerReader::since_value(const SourceSeq& seq) {
  if (seq.json.empty()) return "0";
  if (seq.json.front() != '"') return seq.json;
  try {
    od::document document = state_->parser.iterate(state_->pad(seq.json));
    return std::string(std::string_view(document.get_string()));
  } catch (const simdjson::simdjson_error&) {
    return seq.json;
  }
}

}  // namespace replica
