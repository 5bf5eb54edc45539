// The members of an export and what stands in them. data/EXPORT.md describes them for other tools;
// what changes here changes there, and kExportVersion with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "indexer/sha256.hpp"
#include "indexer/stores.hpp"
#include "replica/store_snapshot.hpp"

namespace indexer {

inline constexpr int kExportVersion = 1;
inline constexpr std::string_view kExportHeader = "export.json";  // the first member
inline constexpr std::string_view kExportManifest = "manifest.json";  // the last one

// The export is damaged, or cannot be imported here; the message says why and what to do.
struct ExportRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ExportHeader {
  std::string account;
  std::string since;  // the state that the export goes on from; empty: it is whole
  std::string state;  // the state that it brings an account to
};
// JSON without its closing brace: the manifest has further members.
[[nodiscard]] std::string begin_json(const ExportHeader& header);
// Throws ExportRefused.
[[nodiscard]] ExportHeader read_export_header(std::string_view json);

// How far each store of an account was exported, as one opaque word.
[[nodiscard]] std::string encode_state(const DerivedCheckpoint& checkpoint);
[[nodiscard]] std::optional<DerivedCheckpoint> decode_state(std::string_view state);

// A line of documents/<doctype>.jsonl, without its end.
void append_document(std::string& out, const replica::WholeDocument& document);
// Throws ExportRefused.
[[nodiscard]] replica::WholeDocument read_document(std::string_view line);

[[nodiscard]] std::string documents_member(mail::Doctype doctype);
[[nodiscard]] std::optional<mail::Doctype> doctype_of_member(std::string_view path);

// Digests of the members so far: lines as `sha256sum --check` reads them, in members of their own.
// The writer and the reader of an export keep the same list; the manifest has the digest of all of
// it.
class DigestList {
 public:
  void add(std::string_view path, std::string_view sha256_hex);
  [[nodiscard]] bool is_full() const;  // enough lines for a member
  [[nodiscard]] bool is_empty() const { return lines_.empty(); }
  [[nodiscard]] std::string next_member() const;  // path of the member that `take` fills
  [[nodiscard]] std::string take();
  // The digest of everything that was taken.
  [[nodiscard]] std::string sum() { return sum_.finish_hex(); }
  [[nodiscard]] std::uint64_t size() const { return size_; }  // lines in all

 private:
  std::string lines_;
  std::uint64_t size_ = 0, members_ = 0;
  Sha256 sum_;
};

}  // namespace indexer
