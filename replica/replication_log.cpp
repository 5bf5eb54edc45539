#include "replica/replication_log.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <stdexcept>

#include "replica/couch_answers.hpp"
#include "replica/json_reader.hpp"
#include "replica/json_string.hpp"

namespace replica {
namespace {

constexpr std::size_t kMaxSessions = 50;  // as CouchDB keeps

std::string raw_of(od::object& object, std::string_view key) {
  od::value value;
  std::string_view raw;
  if (object.find_field_unordered(key).get(value) || simdjson::to_json_string(value).get(raw))
    return {};
  return std::string(raw);
}

std::string json_string(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

// As CouchDB writes times there (RFC 9110).
std::string http_date(std::chrono::sys_seconds time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

std::string seq_json(const SourceSeq& seq) { return seq.json.empty() ? "0" : seq.json; }

std::string to_json(const ReplicationSession& session) {
  return fmt::format(
      R"({{"session_id":{},"start_time":"{}","end_time":"{}","start_last_seq":{},)"
      R"("end_last_seq":{},"recorded_seq":{},"missing_checked":{},"missing_found":{},)"
      R"("docs_read":{},"docs_written":{},"doc_write_failures":{}}})",
      json_string(session.id), http_date(session.started), http_date(session.ended),
      seq_json(session.start_seq), seq_json(session.recorded_seq), seq_json(session.recorded_seq),
      session.checked, session.read, session.read, session.written, session.failures);
}

bool knows(const ReplicationLog& log, std::string_view session) {
  return std::any_of(log.history.begin(), log.history.end(),
                     [&](const LoggedSession& each) { return each.id == session; });
}

std::vector<LoggedSession> sessions_of(od::object& log) {
  std::vector<LoggedSession> sessions;
  od::array history;
  if (log.find_field_unordered("history").get(history)) return sessions;
  for (auto element : history) {
    std::string_view raw;
    od::object entry;
    if (element.get_object().get(entry) || entry.raw_json().get(raw) || entry.reset().error())
      return sessions;
    LoggedSession session;
    session.json = raw;
    session.id = text_of(entry, "session_id");
    session.recorded_seq = raw_of(entry, "recorded_seq");
    if (!session.id.empty() && !session.recorded_seq.empty())
      sessions.push_back(std::move(session));
  }
  return sessions;
}

}  // namespace

std::string replication_id(std::string_view store_uuid, std::string_view database) {
  const std::string name = fmt::format("davenport {} {}", store_uuid, database);
  std::array<unsigned char, 32> digest{};
  if (EVP_Digest(name.data(), name.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("OpenSSL refuses sha256: check its configuration");
  constexpr std::size_t kBytes = 16;
  return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + kBytes, ""));
}

ReplicationLog parse_replication_log(std::string_view json) {
  ReplicationLog log;
  od::parser parser;
  const simdjson::padded_string padded(json);
  od::document document;
  od::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) return log;
  log.rev = text_of(object, "_rev");
  log.session_id = text_of(object, "session_id");
  std::int64_t counted_apart = 0;
  if (!object.find_field_unordered("counted_apart").get(counted_apart))
    log.counted_apart = counted_apart;
  log.history = sessions_of(object);
  return log;
}

std::string to_json(const ReplicationLog& log) {
  std::string json = "{";
  if (!log.rev.empty()) json += fmt::format(R"("_rev":{},)", json_string(log.rev));
  const std::string last = log.history.empty() ? "0" : log.history.front().recorded_seq;
  json +=
      fmt::format(R"("session_id":{},"source_last_seq":{},"replication_id_version":4,"history":[)",
                  json_string(log.session_id), last);
  for (const LoggedSession& session : log.history) {
    if (&session != &log.history.front()) json += ',';
    json += session.json;
  }
  json += ']';
  if (log.counted_apart != 0) json += fmt::format(R"(,"counted_apart":{})", log.counted_apart);
  return json += '}';
}

void record(ReplicationLog& log, const ReplicationSession& session) {
  std::erase_if(log.history, [&](const LoggedSession& each) { return each.id == session.id; });
  log.session_id = session.id;
  log.history.insert(log.history.begin(),
                     {session.id, seq_json(session.recorded_seq), to_json(session)});
  if (log.history.size() > kMaxSessions) log.history.resize(kMaxSessions);
}

void merge(ReplicationLog& log, const ReplicationLog& other) {
  for (const LoggedSession& session : other.history) {
    if (log.history.size() < kMaxSessions && !knows(log, session.id))
      log.history.push_back(session);
  }
}

LogVerdict compare(const ReplicationLog& store, const std::optional<ReplicationLog>& source) {
  using Source = LogVerdict::Source;
  if (store.history.empty()) return {};
  if (!source) return {Source::kIsAnother, {}};
  if (source->session_id == store.session_id) return {};
  if (knows(*source, store.session_id))
    return {Source::kKnowsMore, {source->history.front().recorded_seq}};
  return {Source::kIsAnother, {}};
}

}  // namespace replica
