#include "indexer/entry.hpp"

#include <fmt/format.h>

#include "indexer/analyzer.hpp"
#include "indexer/language.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

constexpr Xapian::termpos kGap = 100;
constexpr unsigned kQuotedWeight = 1;

}  // namespace

char kind_letter(Kind kind) { return kind == Kind::kMail ? 'm' : 'f'; }

std::string kind_term(Kind kind) { return kind == Kind::kMail ? "Tmail" : "Tfile"; }

std::string unique_term(Kind kind, std::string_view id) {
  return fmt::format("Q{}{}", kind_letter(kind), id);
}

std::string language_term(std::string_view code) { return fmt::format("L{}", code); }

Xapian::Document EntryBuilder::build(const TextEntry& entry, const EntryText& text) {
  document_ = Xapian::Document();
  document_.set_data(fmt::format("{}{}", kind_letter(entry.kind), entry.id));
  document_.add_boolean_term(unique_term(entry.kind, entry.id));
  document_.add_boolean_term(kind_term(entry.kind));
  document_.add_value(kDateSlot, Xapian::sortable_serialise(static_cast<double>(entry.date)));
  document_.add_value(kSizeSlot, Xapian::sortable_serialise(static_cast<double>(entry.size)));

  add_body(text.body);
  Xapian::termpos start = 0;
  add(Field::kSubject, text.subject, start);
  add(Field::kFrom, text.from);
  add(Field::kTo, text.to);
  add(Field::kCc, text.cc);
  add(Field::kBcc, text.bcc);
  add(Field::kFilename, text.attachment_names);
  add(Field::kTag, text.tags);
  add(Field::kAttachment, text.attachments);
  if (entry.kind == Kind::kFile) {
    start = kGap;
    add(Field::kFilename, text.path.empty() ? text.subject : text.path, start);
  }
  return document_;
}

void EntryBuilder::add_body(std::string_view text) {
  const auto runs = mail::split_quoted(text);
  Xapian::termpos position = 0;
  for (const auto& run : runs)
    add(Field::kBody, run.text, run.is_new ? info(Field::kBody).weight : kQuotedWeight, position);
  const std::string language = language_of(new_text(runs));
  if (language.empty()) return;
  document_.add_boolean_term(language_term(language));
  document_.add_boolean_term(language_term(language.substr(0, language.find('-'))));
  document_.add_value(kLanguageSlot, language);
}

void EntryBuilder::add(Field field, std::string_view text, Xapian::termpos& position) {
  add(field, text, info(field).weight, position);
}

void EntryBuilder::add(Field field, std::string_view text, unsigned weight,
                       Xapian::termpos& position) {
  const std::string_view prefix = info(field).prefix;
  const bool stemmed = info(field).stemmed;
  WordScanner scanner(text);
  for (Word word; scanner.next(word);) {
    term_.assign(prefix).append(word.folded);
    document_.add_posting(term_, ++position, weight);
    if (!stemmed || word.ideograph) continue;
    if (const auto stem = stems_.stem(word.folded); stem != word.folded) {
      stem_term_.assign(kStemPrefix).append(prefix).append(stem);
      document_.add_term(stem_term_, weight);
    }
  }
}

void EntryBuilder::add(Field field, const std::vector<mail::Address>& addresses) {
  Xapian::termpos position = 0;
  for (const auto& address : addresses) {
    add(field, address.name, position);
    position += kGap;
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

}  // namespace indexer
