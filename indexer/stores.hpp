// The stores of one account: the data that cannot be rebuilt.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/extraction/cache.hpp"
#include "mail/documents.hpp"
#include "replica/blobs.hpp"
#include "replica/store.hpp"

namespace indexer {

// How many content documents were read, by reason. Lists must never read any: `list` stays 0.
struct ContentReads {
  std::atomic<std::uint64_t> list{0}, snippet{0}, body{0}, index{0};
};

// How far a derived file has followed each store. In files and Xapian metadata: JSON, {"<uuid>":
// ["<epoch>", seq], …}.
class DerivedCheckpoint {
 public:
  // 0 when it never followed the store.
  [[nodiscard]] replica::LocalSeq of(const replica::StoreIdentity& store) const;
  void advance(const replica::StoreIdentity& store, replica::LocalSeq seq);
  // False when this was derived from another epoch of the store, or from more than the store holds;
  // then a rebuild is needed.
  [[nodiscard]] bool continues(const replica::Store& store) const;
  // True when this is beyond the end of the store in the same epoch: the store was restored from a
  // backup.
  [[nodiscard]] bool is_beyond(const replica::Store& store) const;

  [[nodiscard]] std::string to_json() const;
  // Empty for what is not ours.
  [[nodiscard]] static DerivedCheckpoint parse(std::string_view json);
  friend bool operator==(const DerivedCheckpoint&, const DerivedCheckpoint&) = default;

 private:
  std::map<std::string, std::pair<std::string, replica::LocalSeq>> by_uuid_;
};

// The store of all doctypes, as it stands in file names.
inline constexpr std::string_view kAllDoctypes = "documents";

class Stores {
 public:
  // `folder` is the account's. Opens the stores that are there; nothing is created. With
  // `doctype_member` one store holds the documents of all doctypes, and the member of that name
  // tells each one's.
  Stores(const std::filesystem::path& folder, replica::sqlite::Access access,
         std::optional<std::string> doctype_member = {});

  // Null when there is no store of that doctype (yet); one that another process created since is
  // opened.
  [[nodiscard]] const replica::Store* find(mail::Doctype doctype) const;
  // Each store that there is once, with its `database_name`.
  struct Named {
    std::string database;
    const replica::Store* store = nullptr;
  };
  [[nodiscard]] std::vector<Named> all() const;
  // The JSON of a document; nothing when it is deleted, or it or its store is missing.
  [[nodiscard]] std::optional<std::string> read_live(mail::Doctype doctype,
                                                     const std::string& doc_id) const;
  // The number of rows in the stores' feeds after that checkpoint.
  [[nodiscard]] std::int64_t rows_after(const DerivedCheckpoint& checkpoint) const;
  // Creates the store's file when it is absent.
  [[nodiscard]] replica::Store& create(mail::Doctype doctype);
  [[nodiscard]] replica::Blobs& blobs() const;
  // Bytes that a client asked for, of attachments that are not kept. Lists and index never see them:
  // what these hold depends on the stores alone.
  [[nodiscard]] std::shared_ptr<replica::Blobs> fetched() const;
  void forget_fetched() const;  // deletes them
  // Of either; nothing when they are in neither. What was fetched is forgotten when it is damaged.
  [[nodiscard]] std::optional<std::string> attachment_bytes(std::string_view digest) const;
  // Derived, but shared by all generations: texts depend only on the bytes of files.
  [[nodiscard]] ExtractCache& extracts() const { return *extracts_; }

  [[nodiscard]] const std::optional<std::string>& doctype_member() const { return doctype_member_; }

  // The store of that doctype as it stands in file names: "io-cozy-emails", or "documents" where
  // one store holds all.
  [[nodiscard]] std::string database_name(mail::Doctype doctype) const;
  // "io-cozy-emails": the doctype as it stands in names of databases of its own.
  [[nodiscard]] static std::string database_part(mail::Doctype doctype);

  [[nodiscard]] ContentReads& content_reads() const { return content_reads_; }

 private:
  [[nodiscard]] std::unique_ptr<replica::Store>& place_of(mail::Doctype doctype) const;
  [[nodiscard]] std::filesystem::path file_of(mail::Doctype doctype) const;

  std::filesystem::path folder_;
  replica::sqlite::Access access_;
  std::optional<std::string> doctype_member_;
  mutable std::mutex mutex_;
  mutable std::array<std::unique_ptr<replica::Store>, std::size(mail::kDoctypes)> stores_;
  mutable std::unique_ptr<replica::Blobs> blobs_;
  mutable std::shared_ptr<replica::Blobs> fetched_;
  std::unique_ptr<ExtractCache> extracts_;
  mutable ContentReads content_reads_;
};

// Of an account from whose store of that doctype its live lists were made: it is not in the
// account's folder.
[[noreturn]] void throw_store_missing(const std::filesystem::path& account_folder,
                                      const std::string& account, mail::Doctype doctype);

}  // namespace indexer
