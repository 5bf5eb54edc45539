// stalwart's mail-parser: whole messages, as their files have them and with CRLF line ends.
#include "mail/mime.hpp"
#include "mail/parser.hpp"
#include "mail/structure.hpp"
#include "tests/hard/expected.hpp"
#include "tests/hard/report.hpp"
#include "tests/hard/stalwart.hpp"

namespace hard {
namespace {

using Json = nlohmann::json;

// The last field of that name (the parser keeps all), or null.
Json field(const Json& part, const std::string& name) {
  for (const auto& header : part["headers"]) {
    if (header["name"] == name) return header["value"];
  }
  return {};
}

std::string type_of(const Json& part) {
  const auto value = field(part, "content_type");
  if (!value.is_object() || !value.contains("ContentType")) {
    // Parts of a digest are messages where nothing is said.
    return part["body"].is_object() && part["body"].contains("Message") ? "message/rfc822"
                                                                        : "text/plain";
  }
  const auto& type = value["ContentType"];
  if (type["c_subtype"].is_null()) return "text/plain";
  auto name = type["c_type"].get<std::string>() + "/" + type["c_subtype"].get<std::string>();
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

std::string parameter(const Json& value, const std::string& name) {
  if (!value.is_object() || !value.contains("ContentType")) return {};
  const auto& attributes = value["ContentType"]["attributes"];
  for (const auto& attribute : attributes.is_array() ? attributes : Json::array()) {
    if (attribute["name"] == name) return attribute["value"];
  }
  return {};
}

std::string name_of(const Json& part) {
  const auto name = parameter(field(part, "content_disposition"), "filename");
  return name.empty() ? parameter(field(part, "content_type"), "name") : name;
}

std::string types(const Json& message, const char* list) {
  std::vector<std::string> out;
  for (const auto& index : message[list])
    out.push_back(type_of(message["parts"][index.get<std::size_t>()]));
  return to_text(out);
}

std::string types(const std::vector<const mail::Part*>& parts) {
  std::vector<std::string> out;
  for (const auto* part : parts) out.push_back(part->fields.type);
  return to_text(out);
}

// The texts of a list one after the other; nothing when not all are of that kind.
std::optional<std::string> text_of(const Json& message, const char* list, const char* kind) {
  std::string out;
  for (const auto& index : message[list]) {
    const auto& body = message["parts"][index.get<std::size_t>()]["body"];
    if (!body.is_object() || !body.contains(kind)) return std::nullopt;
    out += body[kind].get<std::string>() + "\n";
  }
  if (out.empty()) return std::nullopt;
  return folded(out);
}

std::string body_of(const mail::ParsedMessage& message, std::string_view type) {
  for (const auto& body : message.bodies) {
    if (body.type == type) return folded(body.content);
  }
  return {};
}

std::string text_field(const Json& root, const char* name) {
  const auto value = field(root, name);
  if (!value.is_object()) return {};
  if (value.contains("Text")) return folded(value["Text"].get<std::string>());
  return value.contains("TextList") ? to_text(value["TextList"].get<std::vector<std::string>>())
                                    : "";
}

struct MessageTables {
  Agreement envelope{"stalwart", "envelopes of messages", 0, 0, {}};
  Agreement structure{"stalwart", "bodies and attachments chosen", 0, 0, {}};
  Agreement texts{"stalwart", "bodies, decoded", 0, 0, {}};
  Agreement names{"stalwart", "names of attachments", 0, 0, {}};
  Agreement bytes{"stalwart", "attachments, decoded", 0, 0, {}};
};

void compare_envelope(const std::string& where, const Json& root, const mail::MetadataDocument& m,
                      Agreement& table) {
  const auto date = field(root, "date");
  const auto addresses = [&root](const char* name) {
    const auto value = field(root, name);
    return to_text(stalwart_addresses(value.is_object() ? value.value("Address", Json()) : Json()));
  };
  table.compare(where + " subject", text_field(root, "subject"), folded(m.subject));
  table.compare(where + " date",
                stalwart_date(date.is_object() ? date.value("DateTime", Json()) : Json()),
                to_text(m.sent_at));
  table.compare(where + " from", addresses("from"), to_text(m.from));
  table.compare(where + " to", addresses("to"), to_text(m.to));
  table.compare(where + " cc", addresses("cc"), to_text(m.cc));
  table.compare(where + " id", text_field(root, "message_id"), to_text(m.message_ids));
}

void compare_attachments(const std::string& where, const std::string& raw, const Json& expected,
                         const mail::MetadataDocument& m, MessageTables& tables) {
  const auto& list = expected["attachments"];
  if (list.size() != m.attachments.size()) return;  // told by the structure
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& part = expected["parts"][list[i].get<std::size_t>()];
    const auto& attachment = m.attachments[i];
    const auto& body = part["body"];
    const bool is_message = body.is_object() && body.contains("Message");
    if (!is_message)  // which davenport names by their subjects
      tables.names.compare(where + " " + attachment.part_id, name_of(part), attachment.name);
    for (const auto* kind : {"Binary", "InlineBinary"}) {
      if (!body.is_object() || !body.contains(kind)) continue;
      const auto bytes = body[kind].get<std::vector<std::uint8_t>>();
      const auto got = mail::extract_part(raw, attachment.part_id);
      tables.bytes.compare(where + " " + attachment.part_id,
                           std::string(bytes.begin(), bytes.end()), got ? got->bytes : "none");
    }
  }
}

void compare_message(const std::string& where, const std::string& raw, const Json& expected,
                     MessageTables& tables) {
  const auto parsed = mail::parse_message(raw);
  if (!parsed) {
    tables.structure.compare(where, "a message", "refused: " + parsed.error().reason);
    return;
  }
  compare_envelope(where, expected["parts"][0], parsed->metadata, tables.envelope);
  std::vector<std::string> cuts;
  const auto part = mail::read_structure(mail::read_entity(mail::without_envelope(raw)), {}, cuts);
  const auto arrangement = mail::arrange(part);
  std::vector<const mail::Part*> attachments;
  for (const auto& attached : arrangement.attachments) {
    if (!attached.in_body) attachments.push_back(attached.part);
  }
  tables.structure.compare(where + " text", types(expected, "text_body"), types(arrangement.text));
  tables.structure.compare(where + " html", types(expected, "html_body"), types(arrangement.html));
  tables.structure.compare(where + " attachments", types(expected, "attachments"),
                           types(attachments));
  if (const auto text = text_of(expected, "text_body", "Text"))
    tables.texts.compare(where + " text", *text, body_of(*parsed, "text/plain"));
  if (const auto html = text_of(expected, "html_body", "Html"))
    tables.texts.compare(where + " html", *html, body_of(*parsed, "text/html"));
  compare_attachments(where, raw, expected, parsed->metadata, tables);
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && (out.empty() || out.back() != '\r')) out += '\r';
    out += c;
  }
  return out;
}

}  // namespace

std::vector<Agreement> stalwart_messages(const std::filesystem::path& corpora) {
  const auto folder = corpora / "stalwart-mail-parser/resources/eml";
  MessageTables tables;
  for (const auto& file : files_below(folder, ".eml")) {
    const auto raw = read_file(file);
    const auto where = file.parent_path().filename().string() + "/" + file.stem().string();
    auto results = file;
    compare_message(where, raw, read_json(results.replace_extension(".json")), tables);
    compare_message(where + " (CRLF)", with_crlf(raw),
                    read_json(results.replace_extension(".crlf.json")), tables);
  }
  if (tables.envelope.of == 0) return {};
  return {tables.envelope, tables.structure, tables.texts, tables.names, tables.bytes};
}

}  // namespace hard
