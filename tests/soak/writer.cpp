#include "tests/soak/writer.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <numeric>
#include <stdexcept>

namespace soak {
namespace {

constexpr std::size_t kLargeBody = 200'000;  // bytes

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      word = word << 8;
      if (i + j < bytes.size()) word |= static_cast<unsigned char>(bytes[i + j]);
    }
    for (std::size_t j = 0; j < 4; ++j)
      encoded += i + j <= bytes.size() ? kDigits[word >> (18 - 6 * j) & 63] : '=';
  }
  return encoded;
}

json inline_attachment(const char* type, std::string_view bytes) {
  return {{"content_type", type}, {"data", base64(bytes)}};
}

}  // namespace

Writer::Writer(const Source& source, const std::string& account, std::uint64_t seed)
    : source_(source),
      emails_(account + "/io-cozy-emails"),
      contents_(account + "/io-cozy-email-contents"),
      mailboxes_(account + "/io-cozy-email-mailboxes"),
      files_(account + "/io-cozy-files"),
      random_(seed) {
  for (const std::string& database : {emails_, contents_, mailboxes_, files_})
    (void)source_.ask("PUT", "/" + percent_encoded(database));
  put(mailboxes_, "inbox", {{"name", "Inbox"}, {"role", "inbox"}, {"sortOrder", 1}});
  put(mailboxes_, "archive", {{"name", "Archive"}, {"sortOrder", 2}});
}

std::uint64_t Writer::steps() const {
  return std::accumulate(operations_.begin(), operations_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& each) { return sum + each.second; });
}

void Writer::step() {
  if (known_.size() < 10 || chance(30)) return create();
  const Known known = known_[random_() % known_.size()];
  const auto dice = random_() % 1000;
  if (dice < 450) return edit(known);
  if (dice < 620) return remove(known);
  if (dice < 790) return conflict(known);
  if (dice < 900) return attach(known);
  if (dice < 960) return source_.can_purge() ? purge(known) : remove(known);
  if (dice < 997) return compact();
  if (source_.tells_recreation()) recreate_database();
}

std::string Writer::digest() { return fmt::format("{:016x}{:016x}", random_(), random_()); }

// Ids as they occur, and as they break who builds URLs carelessly.
std::string Writer::hostile_id(std::string_view kind) {
  constexpr std::array<const char*, 10> kShapes = {"{}-{}",
                                                   "{}/{}",
                                                   "{} {} with spaces",
                                                   "{}+{}+plus",
                                                   "{}%2F{}%",
                                                   "{}-{}-Ünïcödé-№-📧",
                                                   "{}?rev={}&x=y",
                                                   "{}#{}",
                                                   "{}\"{}\\",
                                                   "{}:{}@example.org;<a>"};
  return fmt::format(fmt::runtime(kShapes[random_() % kShapes.size()]), kind, ++next_number_);
}

void Writer::put(const std::string& database, const std::string& id, json document) {
  const auto answer = source_.ask("PUT", document_path(database, id), document);
  if (answer.status != 201) {
    throw std::runtime_error(
        fmt::format("PUT of {} was refused: {} {}", id, answer.status, answer.body.dump()));
  }
  const bool is_known = std::any_of(known_.begin(), known_.end(), [&](const Known& known) {
    return known.id == id && known.database == database;
  });
  if (!is_known) known_.push_back({database, id});
}

json Writer::current(const Known& known, const std::string& query) const {
  auto answer = source_.ask("GET", document_path(known.database, known.id) + query);
  return answer.status == 200 ? std::move(answer.body) : json();
}

json Writer::message(const std::string& id) {
  const auto number = next_number_;
  return {{"messageId", {fmt::format("{}@example.org", number)}},
          {"inReplyTo", number % 3 == 0 ? json::array({fmt::format("{}@example.org", number / 2)})
                                        : json::array()},
          {"from", {{{"name", "Ada"}, {"email", "ada@example.org"}}}},
          {"to", {{{"name", ""}, {"email", "list@example.net"}}}},
          {"subject", fmt::format("Everyword w{} of {}", number, random_() % 1000)},
          {"receivedAt", fmt::format("2020-{:02}-{:02}T{:02}:00:00Z", 1 + number % 12,
                                     1 + number % 28, number % 24)},
          {"size", 1000 + number},
          {"preview", std::string(number % 200, 'p')},
          {"mailboxIds", {{number % 2 == 0 ? "inbox" : "archive", true}}},
          {"keywords", chance(50) ? json{{"$seen", true}} : json::object()},
          {"contents", {id + ":text", id + ":html"}}};
}

void Writer::create_message() {
  const std::string id = hostile_id("m");
  json document = message(id);
  const std::string text = fmt::format("bodyword of w{}", next_number_);
  switch (random_() % 5) {
    case 0:
      document["text"] = text;
      break;
    case 1:
      document["_attachments"]["original.eml"] = inline_attachment(
          "message/rfc822",
          fmt::format("Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{}\r\n",
                      text));
      break;
    case 2:
      put(contents_, id + ":text",
          {{"email", id},
           {"type", "text/plain"},
           {"_attachments", {{"body.txt", inline_attachment("text/plain", text)}}}});
      break;
    default:
      put(contents_, id + ":text", {{"email", id}, {"type", "text/plain"}, {"content", text}});
      if (chance(50)) {
        put(contents_, id + ":html",
            {{"email", id}, {"type", "text/html"}, {"content", "<p>" + text + "</p>"}});
      }
  }
  put(emails_, id, std::move(document));
}

void Writer::create() {
  count("create");
  if (chance(70)) return create_message();
  if (chance(20)) {
    const std::string id = hostile_id("box");
    return put(mailboxes_, id, {{"name", "Box " + id}, {"sortOrder", 5}});
  }
  if (chance(10)) {
    return put(contents_, hostile_id("large"),
               {{"email", "nobody"},
                {"type", "text/plain"},
                {"content", std::string(random_() % kLargeBody, 'l')}});
  }
  const std::string id = hostile_id("f");
  put(files_, id,
      {{"type", "file"}, {"name", id + ".txt"}, {"mime", "text/plain"}, {"size", next_number_}});
}

void Writer::edit(const Known& known) {
  json document = current(known, "");
  if (document.is_null()) {
    count("bring back");
    return put(known.database, known.id,
               known.database == emails_ ? message(known.id) : json{{"name", "back again"}});
  }
  count("edit");
  document["edited"] = random_() % 1'000'000;
  if (known.database == emails_) {
    document["keywords"] = chance(50) ? json{{"$seen", true}, {"$flagged", true}} : json::object();
    if (chance(30)) document["subject"] = fmt::format("Everyword again {}", random_() % 1000);
  }
  put(known.database, known.id, std::move(document));
}

void Writer::remove(const Known& known) {
  const json document = current(known, "");
  if (document.is_null()) return edit(known);
  count("delete");
  (void)source_.ask("DELETE", document_path(known.database, known.id) +
                                  "?rev=" + document["_rev"].get<std::string>());
}

// A revision beside the winner, live or deleted, with another history of one generation more or the same.
void Writer::conflict(const Known& known) {
  json document = current(known, "?revs=true");
  if (document.is_null()) return edit(known);
  count("conflict");
  auto revisions = document["_revisions"];
  const bool is_child = chance(30);
  if (!is_child) revisions["ids"].erase(0);
  const auto generation = revisions["start"].get<std::uint64_t>() + (is_child ? 1 : 0);
  revisions["start"] = generation;
  revisions["ids"].insert(revisions["ids"].begin(), digest());
  document["_rev"] = fmt::format("{}-{}", generation, revisions["ids"][0].get<std::string>());
  document["_revisions"] = revisions;
  document.erase("_attachments");
  document["beside"] = random_() % 1'000'000;
  if (chance(25)) document["_deleted"] = true;
  (void)source_.ask("POST", "/" + percent_encoded(known.database) + "/_bulk_docs",
                    {{"docs", {document}}, {"new_edits", false}});
}

void Writer::attach(const Known& known) {
  json document = current(known, "");
  if (document.is_null()) return edit(known);
  count("attach");
  const std::string name = chance(50) ? "note.txt" : "bild ü/1.bin";
  const std::string bytes =
      fmt::format("attached {} {}", random_(),
                  std::string(random_() % 3'000, static_cast<char>('a' + random_() % 26)));
  document["_attachments"][name] =
      inline_attachment(name == "note.txt" ? "text/plain" : "application/octet-stream", bytes);
  put(known.database, known.id, std::move(document));
}

void Writer::purge(const Known& known) {
  const json document = current(known, "?conflicts=true");
  if (document.is_null()) return edit(known);
  count("purge");
  json revs = json::array({document["_rev"]});
  if (document.contains("_conflicts") && chance(50)) {
    for (const auto& rev : document["_conflicts"]) revs.push_back(rev);
  }
  (void)source_.ask("POST", "/" + percent_encoded(known.database) + "/_purge", {{known.id, revs}});
}

void Writer::compact() {
  count("compact");
  const std::string& database = chance(50) ? emails_ : contents_;
  (void)source_.ask("POST", "/" + percent_encoded(database) + "/_compact", json::object());
}

void Writer::recreate_database() {
  count("recreate database");
  const std::string database = known_[random_() % known_.size()].database;
  (void)source_.ask("DELETE", "/" + percent_encoded(database));
  (void)source_.ask("PUT", "/" + percent_encoded(database));
  std::erase_if(known_, [&](const Known& known) { return known.database == database; });
}

}  // namespace soak
