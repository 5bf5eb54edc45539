#include "indexer/entry.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "indexer/analyzer.hpp"
#include "indexer/language.hpp"
#include "indexer/query_values.hpp"
#include "indexer/sha256.hpp"
#include "mail/ascii.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

constexpr Xapian::termpos kGap = 100;
constexpr unsigned kQuotedWeight = 1;
constexpr std::size_t kMaxTypes = 20;  // of one entry

}  // namespace

char kind_letter(Kind kind) { return kind == Kind::kMail ? 'm' : 'f'; }

std::string kind_term(Kind kind) { return kind == Kind::kMail ? "Tmail" : "Tfile"; }

std::string unique_term(Kind kind, std::string_view id) {
  return fmt::format("Q{}{}", kind_letter(kind), id);
}

std::string language_term(std::string_view code) { return fmt::format("L{}", code); }

std::string message_id_term(std::string_view id) {
  constexpr std::size_t kMostBytes = 200;  // Xapian takes terms of 245
  return fmt::format("XM{}", id.size() <= kMostBytes ? std::string(id) : sha256_hex(id));
}

std::string header_term(std::string_view name) { return fmt::format("XHN{}", name); }

std::string word_prefix(Field field, std::string_view header) {
  if (field == Field::kHeader) return fmt::format("{}{}:", info(field).prefix, header);
  return std::string(info(field).prefix);
}

Xapian::Document EntryBuilder::build(const TextEntry& entry, const EntryText& text) {
  document_ = Xapian::Document();
  document_.set_data(fmt::format("{}{}", kind_letter(entry.kind), entry.id));
  document_.add_boolean_term(unique_term(entry.kind, entry.id));
  document_.add_boolean_term(kind_term(entry.kind));
  document_.add_value(kDateSlot, Xapian::sortable_serialise(static_cast<double>(entry.date)));
  document_.add_value(kSizeSlot, Xapian::sortable_serialise(static_cast<double>(entry.size)));

  const auto body = mail::split_quoted(text.body);
  choose_stems(body);
  Xapian::termpos position = 0;
  for (const auto& run : body) {
    const auto weight = run.is_new ? info(Field::kBody).weight : kQuotedWeight;
    add_words(word_prefix(Field::kBody), true, run.text, weight, position);
  }
  add(Field::kSubject, text.subject);
  add(Field::kFrom, text.from);
  add(Field::kTo, text.to);
  add(Field::kCc, text.cc);
  add(Field::kBcc, text.bcc);
  add(Field::kFilename, text.attachment_names);
  add(Field::kTag, text.tags);
  add(Field::kAttachment, text.attachments);
  add_types(text);
  add_headers(text.headers);
  for (const auto& id : text.message_ids) document_.add_boolean_term(message_id_term(id));
  if (entry.kind == Kind::kFile) {
    position = kGap;
    add(Field::kFilename, text.path.empty() ? text.subject : text.path, position);
  }
  return document_;
}

// Those of the account's language, and of the text's own.
void EntryBuilder::choose_stems(const std::vector<mail::TextRun>& body) {
  languages_.clear();
  if (auto* own = stems_.of(options_.language)) languages_.push_back(own);
  const std::string language = language_of(new_text(body));
  if (language.empty()) return;
  const std::string general = language.substr(0, language.find('-'));
  document_.add_boolean_term(language_term(language));
  document_.add_boolean_term(language_term(general));
  document_.add_value(kLanguageSlot, language);
  if (general == options_.language) return;
  if (auto* other = stems_.of(general)) languages_.push_back(other);
}

void EntryBuilder::add_words(const std::string& prefix, bool stemmed, std::string_view text,
                             unsigned weight, Xapian::termpos& position) {
  WordScanner scanner(text);
  for (Word word; scanner.next(word);) {
    term_.assign(prefix).append(word.folded);
    document_.add_posting(term_, ++position, weight);
    if (word.exact != word.folded) {
      other_term_.assign(kExactPrefix).append(prefix).append(word.exact);
      document_.add_term(other_term_, weight);
    }
    if (!stemmed || word.ideograph) continue;
    for (std::size_t i = 0; i < languages_.size(); ++i) {
      const auto stem = languages_[i]->stem(word.exact);
      if (stem == word.folded) continue;
      // Two languages that agree are one.
      if (i > 0 && languages_[0]->stem(word.exact) == stem) continue;
      other_term_.assign(kStemPrefix).append(prefix).append(stem);
      document_.add_term(other_term_, weight);
    }
  }
}

void EntryBuilder::add(Field field, std::string_view text, Xapian::termpos& position) {
  add_words(word_prefix(field), info(field).stemmed, text, info(field).weight, position);
}

void EntryBuilder::add(Field field, std::string_view text) {
  Xapian::termpos position = 0;
  add(field, text, position);
}

void EntryBuilder::add(Field field, const std::vector<mail::Address>& addresses) {
  Xapian::termpos position = 0;
  for (const auto& address : addresses) {
    add(field, address.name, position);
    add(field, address.email, position);
    position += kGap;
  }
}

void EntryBuilder::add(Field field, const std::vector<std::string>& texts) {
  Xapian::termpos position = kGap;
  for (const auto& text : texts) {
    position += kGap;
    add(field, text, position);
  }
}

void EntryBuilder::add_headers(const std::vector<std::pair<std::string, std::string>>& headers) {
  Xapian::termpos list_position = 0, position = 0;
  for (const auto& [name, value] : headers) {
    const auto lower = mail::lower_ascii(name);
    if (lower == "list-id") add(Field::kList, value, list_position);
    if (std::find(options_.headers.begin(), options_.headers.end(), lower) ==
        options_.headers.end())
      continue;
    document_.add_boolean_term(header_term(lower));
    position += kGap;
    add_words(word_prefix(Field::kHeader, lower), false, value, info(Field::kHeader).weight,
              position);
  }
}

void EntryBuilder::add_types(const EntryText& text) {
  auto types = text.attachment_types;
  if (!text.type.empty()) types.push_back(text.type);
  for (auto& type : types) type = mail::lower_ascii(type);
  std::sort(types.begin(), types.end());
  types.erase(std::unique(types.begin(), types.end()), types.end());
  if (types.size() > kMaxTypes) types.resize(kMaxTypes);
  add(Field::kType, types);
  std::string value;
  for (const auto& type : types) value += type + "\n";
  if (!value.empty()) document_.add_value(kTypesSlot, value);
}

}  // namespace indexer
