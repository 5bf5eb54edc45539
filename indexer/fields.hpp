// The one table of search fields: name, term prefix, weight and help. Indexing, the query language,
// help and documentation use it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace indexer {

enum class Field {
  kAny,
  kFrom,
  kTo,
  kCc,
  kBcc,
  kRecipient,
  kSubject,
  kBody,
  kFilename,
  kTag,
  kAttachment,
  kType,
  kList,
  kHeader
};

// Each word stands in the index once, under the prefix of its field; most words are the body's, so
// that has none. A word without a field is looked for in all of them. Measured on 17,885 messages:
// to have the words of headers once more without a prefix makes the index 5 % larger, and `body:`
// would still need terms of its own.
struct FieldInfo {
  Field field;
  std::string_view name;  // as it is written in a query, before the colon; empty: cannot be named
  std::string_view prefix;  // of its terms (Xapian's convention: capitals)
  // How much a word counts (within-document frequency); text quoted from other messages counts 1.
  unsigned weight;
  bool stemmed;  // a word finds its other forms; not wanted of names
  bool of_any;  // a word without a field is looked for here
  bool has_parts;  // names and addresses: `*corp*` finds parts of words
  std::string_view help;
};

inline constexpr std::array kFields = {
    FieldInfo{Field::kAny, "", "", 2, true, false, false, "any of the others"},
    FieldInfo{Field::kFrom, "from", "A", 6, false, true, true, "name or address of the sender"},
    FieldInfo{Field::kTo, "to", "XTO", 4, false, true, true, "name or address of a recipient (to)"},
    FieldInfo{Field::kCc, "cc", "XCC", 2, false, true, true, "name or address of a recipient (cc)"},
    FieldInfo{Field::kBcc, "bcc", "XBCC", 2, false, true, true,
              "name or address of a recipient (bcc)"},
    FieldInfo{Field::kRecipient, "recipient", "", 4, false, false, true, "to, cc or bcc"},
    FieldInfo{Field::kSubject, "subject", "S", 8, true, true, false,
              "words of the subject, or the name of a file"},
    FieldInfo{Field::kBody, "body", "", 2, true, true, false, "words of the text"},
    FieldInfo{Field::kFilename, "filename", "XFN", 4, true, true, true,
              "name of an attachment, or name and folder of a file"},
    FieldInfo{Field::kTag, "tag", "K", 4, true, true, false, "tag of a file"},
    FieldInfo{Field::kAttachment, "attachment", "XAT", 1, true, true, false,
              "words of the attached files"},
    FieldInfo{Field::kType, "type", "XTY", 1, false, false, false,
              "media type of an attachment or file, as in type:pdf"},
    FieldInfo{Field::kList, "list", "XLI", 1, false, false, false, "mailing list (List-Id)"},
    FieldInfo{Field::kHeader, "header", "XH", 1, false, false, false,
              "a header that is indexed, as in header:x-mailer:mutt"},
};

static_assert([] {
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if (static_cast<std::size_t>(kFields[i].field) != i) return false;
  }
  return true;
}());

[[nodiscard]] constexpr const FieldInfo& info(Field field) {
  return kFields[static_cast<std::size_t>(field)];
}

// Whether a search in `wanted` includes `field`, a field that has terms of its own.
[[nodiscard]] constexpr bool covers(Field wanted, Field field) {
  if (wanted == Field::kAny) return info(field).of_any;
  if (wanted == Field::kRecipient)
    return field == Field::kTo || field == Field::kCc || field == Field::kBcc;
  return wanted == field;
}

// Value slots of an entry.
inline constexpr unsigned kDateSlot = 0;  // seconds since 1970, as Xapian::sortable_serialise
inline constexpr unsigned kSizeSlot = 1;  // octets, the same
// As language_of() gives it; none where that is not known.
inline constexpr unsigned kLanguageSlot = 2;
// Media types of the attachments or of the file, each once, with a line feed after each.
inline constexpr unsigned kTypesSlot = 3;

}  // namespace indexer
