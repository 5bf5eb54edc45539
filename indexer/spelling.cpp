#include "indexer/spelling.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "indexer/analyzer.hpp"
#include "indexer/entry.hpp"
#include "indexer/posting_sources.hpp"

namespace indexer {
namespace {

using Letters = std::u32string;

constexpr std::size_t kFewestLetters = 4;
// From here on two slips are looked for as well, among the words that begin alike.
constexpr std::size_t kLettersForTwo = 6;
constexpr std::size_t kSameBeginning = 3;
constexpr std::size_t kMaxScanned = 20'000;  // words that begin alike; a few milliseconds
constexpr std::size_t kFewBeginnings = 24;  // cost as much as half the edits of one letter
// How many times as frequent as a word that occurs a suggestion must be.
constexpr Xapian::doccount kTimesAsFrequent = 5;

// Octets after the first of a letter. Words of the index are valid UTF-8.
unsigned octets_after(unsigned char lead) {
  return lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
}

// Of the first one; 0 at the end.
std::size_t size_of_letter(std::string_view utf8) {
  return utf8.empty() ? 0 : 1 + octets_after(static_cast<unsigned char>(utf8.front()));
}

Letters to_letters(std::string_view utf8) {
  Letters letters;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i++]);
    const unsigned more = octets_after(lead);
    char32_t letter = more == 0 ? lead : lead & (0x3FU >> more);
    for (unsigned j = 0; j < more && i < utf8.size(); ++j)
      letter = letter << 6 | (static_cast<unsigned char>(utf8[i++]) & 0x3FU);
    letters += letter;
  }
  return letters;
}

std::string to_utf8(const Letters& letters) {
  std::string utf8;
  for (const auto letter : letters) {
    if (letter < 0x80) {
      utf8 += static_cast<char>(letter);
      continue;
    }
    const int more = letter < 0x800 ? 1 : letter < 0x10000 ? 2 : 3;
    constexpr unsigned kLeads[] = {0, 0xC0, 0xE0, 0xF0};
    utf8 += static_cast<char>(kLeads[more] | letter >> (6 * more));
    for (int shift = 6 * (more - 1); shift >= 0; shift -= 6)
      utf8 += static_cast<char>(0x80U | (letter >> shift & 0x3FU));
  }
  return utf8;
}

// Fields whose words are looked at for a word of that field.
std::vector<std::string> prefixes_of(Field asked) {
  std::vector<std::string> prefixes;
  if (asked == Field::kAny) {
    for (const auto field : {Field::kBody, Field::kSubject, Field::kFrom})  // most words
      prefixes.push_back(word_prefix(field));
  } else {
    for (const auto& field : kFields) {
      if (field.field != Field::kRecipient && covers(asked, field.field))
        prefixes.push_back(word_prefix(field.field));
    }
  }
  return prefixes;
}

// Edits (a letter more, less, other, or two swapped) from one to the other; more than two are
// three.
std::size_t edits(const Letters& a, const Letters& b) {
  constexpr std::size_t kMany = 3;
  if (a.size() > b.size() + 2 || b.size() > a.size() + 2) return kMany;
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return std::min(last.back(), kMany);
}

// The letters, as UTF-8, that a slip may have put in place of one of the word's.
std::vector<std::string> alphabet_of(const Letters& word) {
  constexpr struct {
    char32_t first, last;
  } kAlphabets[] = {{U'a', U'z'},
                    {U'\u03B1', U'\u03C9'},
                    {U'\u0430', U'\u044F'},
                    {U'\u05D0', U'\u05EA'},
                    {U'\u0621', U'\u064A'}};
  for (const auto& alphabet : kAlphabets) {
    if (word.front() < alphabet.first || word.front() > alphabet.last) continue;
    std::vector<std::string> letters;
    for (auto letter = alphabet.first; letter <= alphabet.last; ++letter)
      letters.push_back(to_utf8(Letters(1, letter)));
    return letters;
  }
  return {};
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const auto part : parts) all += part;
  return all;
}

class Speller {
 public:
  Speller(const Xapian::Database& database, Field field, Deadline& deadline)
      : database_(database), prefixes_(prefixes_of(field)), deadline_(deadline) {}

  std::optional<std::string> correct(const std::string& word) {
    const auto letters = to_letters(word);
    if (letters.size() < kFewestLetters) return std::nullopt;
    for (const auto& prefix : prefixes_) consider(prefix, word);
    best_.clear();
    if (best_frequency_ > 0) best_frequency_ = kTimesAsFrequent * best_frequency_ - 1;
    for (const auto& prefix : prefixes_) try_one_edit(prefix, word, letters);
    if (best_.empty() && letters.size() >= kLettersForTwo) try_two_edits(letters);
    if (best_.empty()) return std::nullopt;
    return best_;
  }

 private:
  void consider(const std::string& prefix, const std::string& candidate) {
    const auto count = database_.get_termfreq(prefix + candidate);
    if (count <= best_frequency_) return;
    best_frequency_ = count;
    best_ = candidate;
  }

  // Letter by letter: first with the edits there; then only with words that begin like this one up to
  // there, as soon as these are few.
  void try_one_edit(const std::string& prefix, std::string_view word, const Letters& letters) {
    const auto alphabet = alphabet_of(letters);
    std::string_view head, tail = word;
    while (!deadline_.is_over()) {
      if (!head.empty() && try_few_beginnings(prefix, head, letters)) return;
      const auto letter = tail.substr(0, size_of_letter(tail)), rest = tail.substr(letter.size());
      const auto next = rest.substr(0, size_of_letter(rest));
      for (const auto& other : alphabet) {
        consider(prefix, joined({head, other, tail}));
        if (!letter.empty() && letter != other) consider(prefix, joined({head, other, rest}));
      }
      if (letter.empty()) return;
      consider(prefix, joined({head, rest}));
      if (!next.empty()) consider(prefix, joined({head, next, letter, rest.substr(next.size())}));
      head = word.substr(0, head.size() + letter.size());
      tail = rest;
    }
  }

  // False, and nothing was tried, when many words begin so.
  bool try_few_beginnings(const std::string& prefix, std::string_view head, const Letters& word) {
    const auto beginning = joined({prefix, head});
    std::vector<std::string> candidates;
    const auto end = database_.allterms_end(beginning);
    for (auto term = database_.allterms_begin(beginning); term != end; ++term) {
      if (candidates.size() == kFewBeginnings) return false;
      candidates.push_back((*term).substr(prefix.size()));
    }
    for (const auto& candidate : candidates) {
      if (edits(to_letters(candidate), word) == 1) consider(prefix, candidate);
    }
    return true;
  }

  void try_two_edits(const Letters& word) {
    for (const auto& prefix : prefixes_) {
      const auto beginning = prefix + to_utf8(word.substr(0, kSameBeginning));
      std::size_t scanned = 0;
      const auto end = database_.allterms_end(beginning);
      for (auto term = database_.allterms_begin(beginning);
           term != end && ++scanned <= kMaxScanned && !deadline_.is_over(); ++term) {
        if (term.get_termfreq() <= best_frequency_) continue;
        const auto candidate = (*term).substr(prefix.size());
        if (edits(to_letters(candidate), word) == 2) consider(prefix, candidate);
      }
    }
  }

  const Xapian::Database& database_;
  const std::vector<std::string> prefixes_;
  Deadline& deadline_;
  std::string best_;
  Xapian::doccount best_frequency_ = 0;
};

void collect(const Query& query, std::vector<const MatchWords*>& words) {
  if (const auto* match = std::get_if<MatchWords>(&query.node)) {
    if (!match->phrase && !match->prefix && match->field.field != Field::kHeader)
      words.push_back(match);
  } else if (const auto* both = std::get_if<MatchAnd>(&query.node)) {
    for (const auto& part : both->all) collect(*part, words);
  } else if (const auto* either = std::get_if<MatchOr>(&query.node)) {
    for (const auto& part : either->any) collect(*part, words);
  }
}

}  // namespace

std::vector<Suggestion> suggest_words(const Xapian::Database& database, const Query& query,
                                      Deadline& deadline) {
  constexpr std::size_t kMaxWords = 4;  // about a millisecond each
  std::vector<const MatchWords*> words;
  collect(query, words);
  if (words.size() > kMaxWords) words.resize(kMaxWords);
  std::vector<Suggestion> suggestions;
  for (const auto* match : words) {
    const auto word = words_of(match->text).front();
    if (auto corrected = Speller(database, match->field.field, deadline).correct(word))
      suggestions.push_back({match->position, match->text.size(), std::move(*corrected)});
  }
  return suggestions;
}

}  // namespace indexer
