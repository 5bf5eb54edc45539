#include "indexer/catalog_state.hpp"

#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <stdexcept>

#include "embedded/catalog_sql.hpp"

namespace indexer {
namespace {

constexpr std::string_view kFormat = "1";
// Random inserts in half a dozen B-trees: what they touch between two batches should stay in memory.
constexpr std::string_view kWriterTuning = "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384";

std::string random_name() {
  std::array<unsigned char, 8> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::runtime_error("no randomness");
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string name;
  for (const auto byte : bytes) {
    name += kHex[byte >> 4];
    name += kHex[byte & 15];
  }
  return name;
}

std::int64_t integer(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<mail::Doctype> doctype_of_meta_key(std::string_view key) {
  for (const auto doctype : mail::kDoctypes) {
    if (key == mail::doctype_name(doctype)) return doctype;
  }
  return {};
}

void check_format(Statement& select, const std::filesystem::path& file) {
  Rows rows(select);
  if (rows.next() && rows.text(0) == kFormat) return;
  throw std::runtime_error(file.string() + " is a catalog of another format: rebuild it");
}

}  // namespace

std::string pack(const std::vector<std::string>& texts) {
  std::string packed;
  for (const auto& text : texts) {
    const auto size = static_cast<std::uint32_t>(text.size());
    packed.append(reinterpret_cast<const char*>(&size), sizeof size);
    packed += text;
  }
  return packed;
}

std::vector<std::string> unpack_texts(std::string_view packed) {
  std::vector<std::string> texts;
  std::uint32_t size = 0;
  while (packed.size() >= sizeof size) {
    std::memcpy(&size, packed.data(), sizeof size);
    texts.emplace_back(packed.substr(sizeof size, size));
    packed.remove_prefix(std::min(packed.size(), sizeof size + size));
  }
  return texts;
}

Meta Meta::load(const Connection& connection) {
  auto select = connection.prepare(kSelect);
  return load(select);
}

Meta Meta::load(Statement& select) {
  Meta meta;
  for (Rows rows(select); rows.next();) {
    const auto key = rows.text(0);
    const std::string value(rows.text(1));
    if (key == "instance") {
      meta.instance = value;
    } else if (key == "changes") {
      meta.changes = integer(value);
    } else if (key == "checkpoint") {
      meta.checkpoint = DerivedCheckpoint::parse(value);
    } else if (key == "numbered") {
      meta.numbered = value == "1";
    } else if (key == "overflow") {
      meta.overflow = value == "1";
    } else if (const auto doctype = doctype_of_meta_key(key)) {
      const auto space = value.find(' ');
      if (space != std::string::npos) meta.stores[*doctype] = {value.substr(0, space), value.substr(space + 1)};
    }
  }
  return meta;
}

std::int64_t Meta::reached(const DerivedCheckpoint& of, mail::Doctype doctype) const {
  const auto store = stores.find(doctype);
  return store == stores.end() ? 0 : of.of(store->second).value;
}

std::optional<View> Reader::view(const std::string& name) {
  Rows rows(view_by_name, name);
  if (!rows.next()) return {};
  return View{rows.integer(0), rows.integer(1), rows.integer(2)};
}

std::optional<std::int64_t> Reader::entry(Kind kind, std::string_view id) {
  const std::string as_document = public_id(id);
  for (const std::string_view candidate : {id, std::string_view(as_document)}) {
    Rows rows(by_id, candidate, static_cast<int>(kind));
    if (rows.next()) return rows.integer(0);
  }
  return {};
}

std::vector<BodyPart> Reader::content_parts(std::int64_t entry) {
  std::vector<BodyPart> parts;
  std::string doc_id;
  std::vector<std::string> named_contents;
  {
    Rows rows(named, entry);
    if (!rows.next()) return parts;
    doc_id = rows.text(0);
    named_contents = unpack_texts(rows.blob(1));
  }
  for (const auto& content_id : named_contents) {
    Rows rows(content, content_id);
    if (rows.next()) parts.push_back({content_id, std::string(rows.text(0))});
  }
  for (Rows rows(contents_of, doc_id); rows.next();) {
    const auto content_id = rows.text(0);
    const auto is_same = [&](const std::string& other) { return other == content_id; };
    if (std::none_of(named_contents.begin(), named_contents.end(), is_same)) {
      parts.push_back({std::string(content_id), std::string(rows.text(1))});
    }
  }
  return parts;
}

Statement Reader::select_text(std::string_view where) const {
  return connection.prepare("SELECT " + std::string(kTextColumns) + " FROM entries WHERE " + std::string(where));
}

TextEntry Reader::text_entry(const Rows& row) {
  TextEntry entry;
  const auto key = row.integer(0);
  entry.kind = static_cast<Kind>(row.integer(1));
  entry.id = row.text(2);
  entry.doc_id = row.text(3);
  entry.date = row.integer(4);
  entry.size = static_cast<std::uint64_t>(row.integer(5));
  entry.number = static_cast<std::uint32_t>(row.integer(6));
  if (entry.kind == Kind::kMail && row.integer(7) > 0) {
    for (auto& part : content_parts(key)) entry.contents.push_back(std::move(part.content_id));
  }
  return entry;
}

Connection Writer::open(const std::filesystem::path& file) {
  Connection connection(file, replica::sqlite::Access::kReadWrite, replica::sqlite::Durability::kNormal);
  connection.execute(kWriterTuning);
  auto count_tables = connection.prepare("SELECT count(*) FROM sqlite_master");
  const bool is_new = [&] {
    Rows rows(count_tables);
    return rows.next() && rows.integer(0) == 0;
  }();
  if (is_new) {
    replica::sqlite::Transaction transaction(connection);
    connection.execute(embedded::catalog_sql);
    auto put = connection.prepare("INSERT INTO meta VALUES (?, ?)");
    put.bind("format", kFormat).run();
    put.bind("instance", random_name()).run();
    transaction.commit();
  }
  auto format = connection.prepare("SELECT value FROM meta WHERE key = 'format'");
  check_format(format, file);
  return connection;
}

void Writer::set_meta(std::string_view key, std::string_view value) { put_meta.bind(key, value).run(); }

Catalog::State::State(std::filesystem::path path, replica::sqlite::Access access) : file(std::move(path)) {
  if (access == replica::sqlite::Access::kReadWrite) {
    writer.emplace(file);
  } else {
    const Connection connection(file, access, replica::sqlite::Durability::kNormal);
    auto format = connection.prepare("SELECT value FROM meta WHERE key = 'format'");
    check_format(format, file);
  }
}

std::unique_ptr<Reader> Catalog::State::take_reader() {
  {
    const std::lock_guard lock(mutex);
    if (!idle.empty()) {
      auto reader = std::move(idle.back());
      idle.pop_back();
      return reader;
    }
  }
  return std::make_unique<Reader>(file);
}

void Catalog::State::give_back(std::unique_ptr<Reader> reader) {
  const std::lock_guard lock(mutex);
  idle.push_back(std::move(reader));
}

Writer& Catalog::State::writing() {
  if (!writer) throw std::logic_error(file.string() + " was opened for reading only");
  return *writer;
}

}  // namespace indexer
