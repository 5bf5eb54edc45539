#include "indexer/export_part.hpp"

#include <fmt/format.h>
#include <stdexcept>

#include "indexer/stores.hpp"

namespace indexer {
namespace fs = std::filesystem;
namespace {

// As the catalog takes it: what cannot be read is a message that cannot be read.
std::optional<mail::Doctype> doctype_of(const replica::WholeDocument& document,
                                        const std::string& member) {
  const auto said = mail::read_doctype(document.leaves.front().body, member);
  return said ? *said : mail::Doctype::kEmails;
}

bool is_gone(const replica::WholeDocument& document) {
  return document.leaves.empty() || document.leaves.front().deleted;
}

}  // namespace

void ExportPart::each_document(const Visit& visit) const {
  const bool is_increment = since.value > 0;
  store->documents(since, [&](const replica::WholeDocument& document) {
    if (document.leaves.empty() && !is_increment) return;
    if (!doctype_member) return visit(document);
    // In a whole export any one doctype will do: it only keeps the revisions.
    const auto whole_or_all = is_increment ? doctype : mail::Doctype::kEmails;
    const auto belongs_to =
        is_gone(document) ? whole_or_all : doctype_of(document, *doctype_member);
    if (belongs_to == doctype) return visit(document);
    if (is_increment) visit({document.id, document.arrived, {}});
  });
}

std::vector<ExportPart> export_parts(const fs::path& account_folder, const std::string& name,
                                     const std::optional<std::string>& doctype_member) {
  const fs::path folder = account_folder / "store";
  const fs::path of_all = folder / (std::string(kAllDoctypes) + ".db");
  if (!doctype_member && fs::exists(of_all)) {
    throw std::runtime_error(fmt::format(
        "account '{}' was pulled from one database for all doctypes, and no source in the "
        "configuration has it: name its source there, with layout and doctype_member, to export it",
        name));
  }
  std::vector<ExportPart> parts;
  std::shared_ptr<replica::StoreSnapshot> shared;
  if (doctype_member && fs::exists(of_all))
    shared = std::make_shared<replica::StoreSnapshot>(of_all);
  for (const mail::Doctype doctype : mail::kDoctypes) {
    const fs::path own = folder / (Stores::database_part(doctype) + ".db");
    auto store = shared;
    if (!doctype_member && fs::exists(own)) store = std::make_shared<replica::StoreSnapshot>(own);
    if (!store) continue;
    ExportPart& part = parts.emplace_back();
    part.doctype = doctype;
    part.store = std::move(store);
    part.doctype_member = doctype_member;
  }
  return parts;
}

}  // namespace indexer
