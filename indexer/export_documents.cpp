// Documents as lines of an export:
// {"id":"m1","arrived":1700000000,"leaves":[{"rev":"2-b","deleted":false,"ancestors":["a"],"size":12,"document":{…}}]}
// `document` is the leaf's JSON byte for byte and `size` its length, so that it is cut out without
// being read; JSON that is more than a line stands in `base64` instead. Without `leaves`,
// `"purged":true`.
#include <charconv>
#include <fmt/format.h>

#include "indexer/base64.hpp"
#include "indexer/export_format.hpp"
#include "mail/json_text.hpp"
#include "mail/json_writer.hpp"

namespace indexer {
namespace {

void append_leaf(std::string& out, const replica::IncomingRevision& leaf) {
  mail::JsonWriter writer(out);
  writer.begin_object().key("rev").string(leaf.rev.to_string());
  writer.key("deleted").boolean(leaf.deleted).key("ancestors").begin_array();
  for (const std::string& digest : leaf.ancestors) writer.string(digest);
  writer.end_array();
  const bool is_one_line = leaf.body.find_first_of("\r\n") == std::string::npos;
  const std::string encoded = is_one_line ? std::string() : to_base64(leaf.body);
  writer.key("size").number(is_one_line ? leaf.body.size() : encoded.size());
  if (is_one_line) {
    writer.key("document").raw(leaf.body);
  } else {
    writer.key("base64").string(encoded);
  }
  writer.end_object();
}

// Reads what `append_document` writes, and nothing else.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  void expect(std::string_view expected) {
    if (!skip(expected)) refuse();
  }
  std::string string() {
    expect("\"");
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    const std::string_view raw = bytes(end);
    expect("\"");
    return mail::unescape_json(raw);
  }
  std::int64_t number() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) refuse();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  std::string_view bytes(std::size_t size) {
    if (size > rest_.size()) refuse();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[noreturn]] static void refuse() {
    throw ExportRefused("a line of this export's documents cannot be read");
  }

 private:
  std::string_view rest_;
};

replica::IncomingRevision read_leaf(LineReader& line, const std::string& id) {
  replica::IncomingRevision leaf;
  leaf.id = id;
  line.expect(R"({"rev":)");
  if (!replica::RevId::parse_into(line.string(), leaf.rev)) LineReader::refuse();
  line.expect(R"(,"deleted":)");
  leaf.deleted = line.skip("true");
  if (!leaf.deleted) line.expect("false");
  line.expect(R"(,"ancestors":[)");
  while (!line.skip("]")) {
    if (!leaf.ancestors.empty()) line.expect(",");
    leaf.ancestors.push_back(line.string());
  }
  if (leaf.ancestors.size() >= leaf.rev.generation) LineReader::refuse();
  line.expect(R"(,"size":)");
  const auto size = static_cast<std::size_t>(line.number());
  if (line.skip(R"(,"document":)")) {
    leaf.body = line.bytes(size);
  } else {
    line.expect(R"(,"base64":")");
    auto decoded = from_base64(line.bytes(size));
    if (!decoded) LineReader::refuse();
    leaf.body = std::move(*decoded);
    line.expect("\"");
  }
  line.expect("}");
  return leaf;
}

}  // namespace

void append_document(std::string& out, const replica::WholeDocument& document) {
  mail::JsonWriter writer(out);
  writer.begin_object().key("id").string(document.id);
  writer.key("arrived").number(document.arrived.time_since_epoch().count());
  if (document.leaves.empty()) {
    writer.key("purged").boolean(true).end_object();
    return;
  }
  writer.key("leaves").begin_array();
  for (std::size_t i = 0; i < document.leaves.size(); ++i) {
    if (i > 0) out += ',';
    append_leaf(out, document.leaves[i]);
  }
  writer.end_array().end_object();
}

replica::WholeDocument read_document(std::string_view text) {
  LineReader line(text);
  replica::WholeDocument document;
  line.expect(R"({"id":)");
  document.id = line.string();
  if (document.id.empty()) LineReader::refuse();
  line.expect(R"(,"arrived":)");
  document.arrived = std::chrono::sys_seconds(std::chrono::seconds(line.number()));
  if (!line.skip(R"(,"purged":true)")) {
    line.expect(R"(,"leaves":[)");
    do document.leaves.push_back(read_leaf(line, document.id));
    while (line.skip(","));
    line.expect("]");
  }
  line.expect("}");
  if (!line.at_end()) LineReader::refuse();
  return document;
}

}  // namespace indexer
