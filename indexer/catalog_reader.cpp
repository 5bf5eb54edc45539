#include "indexer/catalog_reader.hpp"

#include <charconv>
#include <unordered_set>

namespace indexer {
namespace {

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

}  // namespace

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
      meta.numbered = integer(value);
    } else if (key == "ordered") {
      meta.ordered = value == "1";
    } else if (key == "log_from") {
      meta.log_from = integer(value);
    } else if (const auto doctype = doctype_of_meta_key(key)) {
      const auto space = value.find(' ');
      if (space != std::string::npos)
        meta.stores[*doctype] = {value.substr(0, space), value.substr(space + 1)};
    }
  }
  return meta;
}

std::int64_t Meta::reached(const DerivedCheckpoint& derived, mail::Doctype doctype) const {
  const auto store = stores.find(doctype);
  return store == stores.end() ? 0 : derived.of(store->second).value;
}

std::optional<View> Reader::view(const std::string& name) {
  Rows rows(view_by_name, name);
  if (!rows.next()) return {};
  return View{rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4)};
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
  const std::unordered_set<std::string_view> seen(named_contents.begin(), named_contents.end());
  for (Rows rows(contents_of, doc_id); rows.next();) {
    if (!seen.contains(rows.text(0)))
      parts.push_back({std::string(rows.text(0)), std::string(rows.text(1))});
  }
  return parts;
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
    for (auto& part : content_parts(key)) {
      entry.contents.push_back(std::move(part.content_id));
      entry.content_types.push_back(std::move(part.type));
    }
  }
  return entry;
}

}  // namespace indexer
