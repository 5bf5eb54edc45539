// The part of an export for one doctype: the documents of its store or, where one store holds all
// doctypes, those of this one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mail/documents.hpp"
#include "replica/store_snapshot.hpp"

namespace indexer {

struct ExportPart {
  using Visit = std::function<void(const replica::WholeDocument&)>;

  mail::Doctype doctype = mail::Doctype::kEmails;
  std::shared_ptr<replica::StoreSnapshot> store;
  std::optional<std::string> doctype_member;  // of documents in a store of all doctypes
  replica::LocalSeq since;  // where this export begins
  std::uint64_t bytes = 0;  // of its documents as lines
  std::uint64_t documents = 0;

  // The documents that changed after `since`, the same at each call. A whole export leaves out what
  // it need not say.
  //
  // A tombstone or a purged document no longer says its doctype, and a document may have had
  // another one before. So an increment lists deleted and purged documents for every doctype, and a
  // document of one doctype as purged for the others.
  void each_document(const Visit& visit) const;
};

// Messages first. Throws std::runtime_error for a store of all doctypes when `doctype_member` is
// not known.
[[nodiscard]] std::vector<ExportPart> export_parts(
    const std::filesystem::path& account_folder, const std::string& name,
    const std::optional<std::string>& doctype_member);

}  // namespace indexer
