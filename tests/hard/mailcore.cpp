// mailcore2: header and parts of messages; threads of the 152 of its collection of odd ones. No
// threads are published: expected are those that follow, by the simplest reading of RFC 8621 section 3,
// from the ids and subjects that mailcore2 read.
#include <map>
#include <set>

#include "mail/mime.hpp"
#include "mail/parser.hpp"
#include "mail/structure.hpp"
#include "mail/threads.hpp"
#include "tests/hard/expected.hpp"
#include "tests/hard/report.hpp"
#include "tests/support/threads.hpp"

namespace hard {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string text(const Json& object, const char* name) {
  return object.contains(name) && object[name].is_string() ? object[name].get<std::string>() : "";
}

std::vector<std::string> list(const Json& header, const char* name) {
  std::vector<std::string> out;
  if (!header.contains(name)) return out;
  for (const auto& item : header[name]) out.push_back(item.get<std::string>());
  return out;
}

std::vector<mail::Address> addresses(const Json& header, const char* name) {
  std::vector<mail::Address> out;
  if (!header.contains(name)) return out;
  const auto& value = header[name];
  for (const auto& item : value.contains("items") ? value["items"] : Json::array({value}))
    out.push_back({text(item, "displayName"), text(item, "mailbox")});
  return out;
}

std::string lower(std::string name) {
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

// "(a/b, (c/d))": the types of single parts, multiparts in brackets. Types of multiparts are not told:
// mailcore2 writes some as others.
std::string tree(const Json& part) {
  const auto kind = text(part, "partType");
  if (kind == "single") return lower(text(part, "mimeType"));
  if (kind == "message") return "message/rfc822";
  std::vector<std::string> parts;
  if (part.contains("parts")) {
    for (const auto& child : part["parts"]["items"]) parts.push_back(tree(child));
  }
  return "(" + to_text(parts) + ")";
}

std::string tree(const mail::Part& part) {
  if (!part.is_multipart()) return part.fields.type;
  std::vector<std::string> parts;
  for (const auto& child : part.parts) parts.push_back(tree(child));
  return "(" + to_text(parts) + ")";
}

// Which messages belong together: those that share an id and have the same base subject.
struct Linked {
  std::string name;
  std::string subject;
  std::set<std::string> ids;
};
std::map<std::string, std::string> threads(const std::vector<Linked>& messages) {
  std::map<std::string, std::string> thread_of;
  for (const auto& message : messages) thread_of[message.name] = message.name;
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& a : messages) {
      for (const auto& b : messages) {
        auto &first = thread_of[a.name], &second = thread_of[b.name];
        if (first >= second || a.subject != b.subject) continue;
        if (std::none_of(a.ids.begin(), a.ids.end(),
                         [&b](const std::string& id) { return b.ids.contains(id); }))
          continue;
        second = first;
        changed = true;
      }
    }
  }
  return thread_of;
}

Linked expected_links(const std::string& name, const Json& header) {
  Linked linked{name, mail::base_subject(text(header, "subject")), {}};
  for (const auto* field : {"references", "inReplyTo"}) {
    for (const auto& id : list(header, field)) linked.ids.insert(id);
  }
  constexpr const char* kMadeUp = "MyMessageID123@mail.gmail.com";  // where there is none
  if (const auto id = text(header, "messageID"); !id.empty() && id != kMadeUp)
    linked.ids.insert(id);
  return linked;
}

struct Tables {
  Agreement headers{"mailcore2", "headers of messages", 0, 0, {}};
  Agreement trees{"mailcore2", "trees of parts", 0, 0, {}};
  Agreement threads{"mailcore2", "threads of the 152 messages", 0, 0, {}};
};

void compare_header(const std::string& where, const Json& header, const mail::MetadataDocument& m,
                    Agreement& table) {
  table.compare(where + " subject", folded(text(header, "subject")), folded(m.subject));
  table.compare(where + " from", to_text(addresses(header, "from")), to_text(m.from));
  table.compare(where + " to", to_text(addresses(header, "to")), to_text(m.to));
  table.compare(where + " cc", to_text(addresses(header, "cc")), to_text(m.cc));
  table.compare(where + " date", text(header, "date"),
                m.sent_at ? std::to_string(m.sent_at->utc.time_since_epoch().count()) : "");
  if (!m.message_ids.empty())  // it makes one up where there is none
    table.compare(where + " id", text(header, "messageID"), to_text(m.message_ids));
  table.compare(where + " references", to_text(list(header, "references")), to_text(m.references));
  table.compare(where + " in-reply-to", to_text(list(header, "inReplyTo")), to_text(m.in_reply_to));
}

}  // namespace

std::vector<Agreement> mailcore_messages(const fs::path& corpora) {
  const auto folder = corpora / "mailcore2/unittest/data/parser";
  if (!fs::exists(folder)) return {};
  Tables tables;
  std::vector<Linked> expected;
  std::vector<std::string> names;
  std::vector<std::vector<mail::ThreadKey>> keys;
  for (const auto& item : fs::recursive_directory_iterator(folder / "input")) {
    if (!item.is_regular_file()) continue;
    const auto path = fs::relative(item.path(), folder / "input");
    const auto json = read_json(folder / "output" / path);
    const auto raw = read_file(item.path());
    auto parsed = mail::parse_message(raw);
    if (!parsed || !json.is_object()) continue;
    const auto& header = json["header"];
    compare_header(path.string(), header, parsed->metadata, tables.headers);
    std::vector<std::string> cuts;
    const auto part =
        mail::read_structure(mail::read_entity(mail::without_envelope(raw)), {}, cuts);
    tables.trees.compare(path.string(), tree(json["mainPart"]), tree(part));
    if (path.string().find("jwz") == std::string::npos) continue;
    expected.push_back(expected_links(path.string(), header));
    parsed->metadata.id = path.string();
    names.push_back(path.string());
    keys.push_back(mail::thread_keys(parsed->metadata));
  }
  const auto wanted = threads(expected);
  const auto connected = support::threads_of(keys);
  std::map<std::size_t, std::string> first;  // of each thread, by name
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto& name = first.try_emplace(connected[i], names[i]).first->second;
    name = std::min(name, names[i]);
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    tables.threads.compare(names[i], wanted.at(names[i]), first[connected[i]]);
  return {tables.headers, tables.trees, tables.threads};
}

}  // namespace hard
