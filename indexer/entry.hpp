// An entry as Xapian holds it. What stands here is the format of the index: a change of it is a new
// kAnalysisVersion.
//
//   terms       prefix of the field + word, with positions; addresses, names and values of headers are
//               100 apart, so that phrases do not cross from one to the next. The prefix of a header
//               is "XH" + name + ":".
//               "Z" + prefix + stem, without positions, in fields that are stemmed: of each word that
//               is not its own stem, in the languages of the text and of the account
//               "XE" + prefix + word with its accents, where it has some, without positions
//               "Q" + kind letter + public id, unique
//               "T" + "mail" | "file";  "L" + language;  "XM" + Message-ID;  "XHN" + name of a header
//   values      date, size, language and media types (fields.hpp)
//   data        kind letter + public id
//
// Entry 1 is empty, so that no term is in all entries. For a term that is in all of them, Xapian
// 1.4.22 walks the list of all entries in place of the term's; where docids have gaps and that list
// has more than one chunk, this ends in "Unexpected end of posting list".
//
// A word that is its own stem has no "Z" term (measured: 12 % of the index and 22 % of the time to
// build it). So a stem is looked for as its "Z" term and, if it is its own stem, as a word.
#pragma once

#include <string>
#include <string_view>
#include <vector>
#include <xapian.h>

#include "indexer/catalog.hpp"
#include "indexer/fields.hpp"
#include "indexer/index_options.hpp"
#include "indexer/stems.hpp"
#include "indexer/texts.hpp"

namespace indexer {

inline constexpr std::string_view kStemPrefix = "Z";
inline constexpr std::string_view kExactPrefix = "XE";
inline constexpr std::string_view kLanguagePrefix = "L";
inline constexpr char kCheckpointKey[] = "checkpoint";  // metadata: DerivedCheckpoint as JSON

inline constexpr Xapian::docid kEmptyEntry = 1;

[[nodiscard]] char kind_letter(Kind kind);
[[nodiscard]] std::string kind_term(Kind kind);
[[nodiscard]] std::string unique_term(Kind kind, std::string_view id);
[[nodiscard]] std::string language_term(std::string_view code);
[[nodiscard]] std::string message_id_term(std::string_view id);
[[nodiscard]] std::string header_term(std::string_view name);
// The prefix of the terms of a field; of Field::kHeader, that of the header with that name.
[[nodiscard]] std::string word_prefix(Field field, std::string_view header = {});

// For one thread.
class EntryBuilder {
 public:
  explicit EntryBuilder(IndexOptions options) : options_(std::move(options)) {}

  [[nodiscard]] Xapian::Document build(const TextEntry& entry, const EntryText& text);

 private:
  void choose_stems(const std::vector<mail::TextRun>& body);
  void add_words(const std::string& prefix, bool stemmed, std::string_view text, unsigned weight,
                 Xapian::termpos& position);
  void add(Field field, std::string_view text, Xapian::termpos& position);
  void add(Field field, std::string_view text);
  void add(Field field, const std::vector<mail::Address>& addresses);
  void add(Field field, const std::vector<std::string>& texts);
  void add_headers(const std::vector<std::pair<std::string, std::string>>& headers);
  void add_types(const EntryText& text);

  IndexOptions options_;
  Xapian::Document document_;
  Stems stems_;
  std::vector<StemCache*> languages_;  // of the entry
  std::string term_, other_term_;
};

}  // namespace indexer
