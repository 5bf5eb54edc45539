#include "indexer/snippet.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>
#include <vector>

#include "indexer/analyzer.hpp"
#include "indexer/stems.hpp"
#include "indexer/umlauts.hpp"
#include "indexer/utf8.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxTextBytes = 256 << 10;
constexpr std::size_t kSnippetStemSlots =
    256;  // few words of a text begin as one that is searched for
constexpr std::string_view kEllipsis = "\u2026";

// A word, prefix, stem, part of a word or phrase that the query wants.
struct Wanted {
  std::vector<std::string> words;
  bool prefix = false;  // the last word is only its beginning
  bool part = false;  // the word stands anywhere in another
  std::vector<std::string> stems;  // of each language; other forms of the word will do
};

// Stems of several languages.
class Forms {
 public:
  explicit Forms(const std::vector<std::string>& languages) : stems_(kSnippetStemSlots) {
    for (const auto& language : languages) {
      if (stems_.of(language) != nullptr) languages_.push_back(language);
    }
  }
  [[nodiscard]] std::vector<std::string> of(std::string_view word) {
    std::vector<std::string> stems;
    for (const auto& language : languages_) stems.emplace_back(stems_.of(language)->stem(word));
    return stems;
  }
  // Whether the word has one of these stems, in the language that each is of.
  [[nodiscard]] bool has(std::string_view word, const std::vector<std::string>& stems) {
    for (std::size_t i = 0; i < stems.size(); ++i) {
      if (stems_.of(languages_[i])->stem(word) == stems[i]) return true;
    }
    return false;
  }

 private:
  Stems stems_;
  std::vector<std::string> languages_;
};

void collect_umlauts(std::string_view word, bool is_stemmed, Forms& forms,
                     std::vector<Wanted>& wanted) {
  for (const auto& spelled : umlaut_spellings(word)) {
    wanted.push_back({{without_accents(spelled)}, false, false, {}});
    if (is_stemmed) wanted.back().stems = forms.of(spelled);
  }
}

void collect(const Query& query, Field field, Forms& forms, std::vector<Wanted>& wanted) {
  if (const auto* match = std::get_if<MatchWords>(&query.node)) {
    if (!covers(match->field.field, field)) return;
    Wanted one{words_of(match->text), match->prefix, false, {}};
    if (one.words.empty()) return;
    const bool is_stemmed = !match->phrase && !match->prefix && info(field).stemmed;
    const bool is_one_word = one.words.size() == 1 && !match->prefix;
    wanted.push_back(std::move(one));
    for_each_word(match->text, [&](const Word& word) {
      if (is_stemmed) wanted.back().stems = forms.of(word.exact);
      if (is_one_word) collect_umlauts(word.exact, is_stemmed, forms, wanted);
    });
  } else if (const auto* near = std::get_if<MatchNear>(&query.node)) {
    if (!covers(near->field.field, field)) return;
    for (const auto& word : near->words) wanted.push_back({{word}, false, false, {}});
  } else if (const auto* part = std::get_if<MatchPart>(&query.node)) {
    if (!info(field).has_parts || !covers(part->field.field, field)) return;
    wanted.push_back({{part->part}, false, true, {}});
  } else if (const auto* both = std::get_if<MatchAnd>(&query.node)) {
    for (const auto& each : both->all) collect(*each, field, forms, wanted);
  } else if (const auto* either = std::get_if<MatchOr>(&query.node)) {
    for (const auto& each : either->any) collect(*each, field, forms, wanted);
  }
}

struct Span {
  std::size_t begin = 0, end = 0;  // bytes in the text
};

struct Occurrence {
  std::size_t first = 0, last = 0;  // words of the text
  std::size_t wanted = 0;
};

// Goes through a text once and notes where what is wanted stands. Of a phrase, the words before the
// last are followed as Knuth, Morris and Pratt do, so that no word of the text is looked at again.
class Finder {
 public:
  Finder(const std::vector<Wanted>& wanted, Forms& forms) : wanted_(wanted), forms_(forms) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i].words.size() > 1) {
        phrases_.push_back({i, 0, fallbacks(wanted[i].words)});
      } else if (wanted[i].part || !is_ascii(wanted[i].words.front())) {
        anywhere_.push_back(i);
      } else {
        by_initial_[static_cast<unsigned char>(wanted[i].words.front().front())].push_back(i);
      }
    }
  }

  void find(std::string_view text) {
    WordScanner scanner(text);
    for (Word word; scanner.next(word);) {
      words.push_back({word.begin, word.end});
      const auto last = words.size() - 1;
      for (const auto i : by_initial_[static_cast<unsigned char>(word.folded.front())]) {
        if (ends_with(wanted_[i], word)) occurrences.push_back({last, last, i});
      }
      for (const auto i : anywhere_) {
        if (ends_with(wanted_[i], word)) occurrences.push_back({last, last, i});
      }
      for (auto& phrase : phrases_) {
        const auto before_last = wanted_[phrase.wanted].words.size() - 1;
        if (phrase.followed == before_last && ends_with(wanted_[phrase.wanted], word)) {
          occurrences.push_back({last - before_last, last, phrase.wanted});
        }
        follow(phrase, word.folded);
      }
    }
  }

  std::vector<Span> words;
  std::vector<Occurrence> occurrences;  // in the order of their last words

 private:
  struct Phrase {
    std::size_t wanted = 0;
    std::size_t followed = 0;  // words of its beginning that stand right before the next word
    std::vector<std::size_t> fallbacks;  // the longest shorter beginning that stands there as well
  };

  static std::vector<std::size_t> fallbacks(const std::vector<std::string>& words) {
    std::vector<std::size_t> table(words.size(), 0);
    for (std::size_t i = 2; i < words.size(); ++i) {
      std::size_t length = table[i - 1];
      while (length > 0 && words[length] != words[i - 1]) length = table[length];
      table[i] = words[length] == words[i - 1] ? length + 1 : 0;
    }
    return table;
  }

  void follow(Phrase& phrase, std::string_view word) const {
    const auto& wanted = wanted_[phrase.wanted].words;
    auto& followed = phrase.followed;
    if (followed == wanted.size() - 1) followed = phrase.fallbacks[followed];
    while (followed > 0 && wanted[followed] != word) followed = phrase.fallbacks[followed];
    if (wanted[followed] == word) ++followed;
  }

  [[nodiscard]] bool ends_with(const Wanted& wanted, const Word& word) const {
    const auto& last = wanted.words.back();
    if (wanted.part) return word.folded.find(last) != std::string_view::npos;
    if (wanted.prefix ? word.folded.starts_with(last) : word.folded == last) return true;
    return !wanted.stems.empty() && !word.ideograph && forms_.has(word.exact, wanted.stems);
  }
  static bool is_ascii(std::string_view word) {
    return std::all_of(word.begin(), word.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  }

  const std::vector<Wanted>& wanted_;
  Forms& forms_;
  // Single words by their first letter, which stems in Latin letters keep; Arabic ones lose their
  // article.
  std::array<std::vector<std::size_t>, 256> by_initial_;
  std::vector<std::size_t> anywhere_;  // the others
  std::vector<Phrase> phrases_;
};

// The occurrences, from `first` to before `end`, that fit into a passage and hold the most
// different things wanted.
struct Cluster {
  std::size_t first = 0, end = 0;
};

Cluster best_cluster(const Finder& found, std::size_t wanted_count, std::size_t max_bytes) {
  std::vector<std::size_t> counts(wanted_count, 0);
  std::size_t distinct = 0, best_distinct = 0, first = 0;
  Cluster best;
  for (std::size_t last = 0; last < found.occurrences.size(); ++last) {
    if (counts[found.occurrences[last].wanted]++ == 0) ++distinct;
    const auto end = found.words[found.occurrences[last].last].end;
    while (first < last && end - found.words[found.occurrences[first].first].begin > max_bytes) {
      if (--counts[found.occurrences[first].wanted] == 0) --distinct;
      ++first;
    }
    const auto size = last + 1 - first;
    if (distinct > best_distinct || (distinct == best_distinct && size > best.end - best.first)) {
      best = {first, last + 1};
      best_distinct = distinct;
    }
  }
  return best;
}

// Words from `first` to `last` that surround the cluster: a third of the room that is left goes
// before it.
Span surroundings(const Finder& found, const Cluster& cluster, std::size_t max_bytes) {
  const auto& words = found.words;
  std::size_t first = found.occurrences[cluster.first].first;
  std::size_t last = first;
  for (auto i = cluster.first; i < cluster.end; ++i)
    last = std::max(last, found.occurrences[i].last);
  const auto bytes = [&](std::size_t from, std::size_t to) {
    return words[to].end - words[from].begin;
  };
  const auto core = bytes(first, last);
  const auto before = core < max_bytes ? (max_bytes - core) / 3 : 0;
  while (first > 0 && bytes(first - 1, last) <= core + before) --first;
  while (last + 1 < words.size() && bytes(first, last + 1) <= max_bytes) ++last;
  while (first > 0 && bytes(first - 1, last) <= max_bytes) --first;
  return {first, last};
}

// Writes text as HTML, white space as one space.
class SnippetWriter {
 public:
  void text(std::string_view text) {
    for (const char c : text) {
      if (is_space(c)) {
        space_ = !out_.empty();
        continue;
      }
      separate();
      switch (c) {
        case '&':
          out_ += "&amp;";
          break;
        case '<':
          out_ += "&lt;";
          break;
        case '>':
          out_ += "&gt;";
          break;
        case '"':
          out_ += "&quot;";
          break;
        case '\'':
          out_ += "&#39;";
          break;
        default:
          out_ += c;
      }
    }
  }
  void raw(std::string_view html) {
    separate();
    out_ += html;
  }
  void end_mark() { out_ += "</mark>"; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void separate() {
    if (space_) out_ += ' ';
    space_ = false;
  }

  std::string out_;
  bool space_ = false;
};

bool is_blank(std::string_view text) { return std::all_of(text.begin(), text.end(), is_space); }

// What of the text is shown, in bytes.
Span passage(std::string_view text, const Finder& found, std::size_t wanted_count,
             std::size_t max_bytes) {
  const auto& words = found.words;
  Span shown;
  if (!found.occurrences.empty()) {
    const auto around =
        surroundings(found, best_cluster(found, wanted_count, max_bytes), max_bytes);
    shown = {words[around.begin].begin, words[around.end].end};
  } else {
    while (shown.begin < text.size() && is_space(text[shown.begin])) ++shown.begin;
    for (const auto& word : words) {
      if (word.end - shown.begin > max_bytes) break;
      shown.end = word.end;
    }
    if (shown.end <= shown.begin)
      shown.end = shown.begin + utf8_prefix(text.substr(shown.begin), max_bytes).size();
  }
  // What stands before the first and after the last word of the text, where there is room.
  const bool from_start = words.empty() || shown.begin <= words.front().begin;
  const bool to_end = words.empty() || shown.end >= words.back().end;
  if (from_start && shown.end <= max_bytes) shown.begin = 0;
  if (to_end && text.size() - shown.begin <= max_bytes) shown.end = text.size();
  return shown;
}

// What is marked of the bytes that are shown. Occurrences come in the order of their ends; those
// that overlap are one mark.
std::vector<Span> marks_within(const Span& shown, const Finder& found) {
  std::vector<Span> marks;
  for (const auto& occurrence : found.occurrences) {
    const Span mark{found.words[occurrence.first].begin, found.words[occurrence.last].end};
    if (mark.begin < shown.begin || mark.end > shown.end) continue;
    while (!marks.empty() && marks.back().begin > mark.begin) marks.pop_back();
    if (!marks.empty() && marks.back().end > mark.begin) {
      marks.back().end = std::max(marks.back().end, mark.end);
    } else {
      marks.push_back(mark);
    }
  }
  return marks;
}

}  // namespace

std::string snippet(std::string_view text, const Query& query, Field field,
                    const std::vector<std::string>& languages, std::size_t max_bytes) {
  const bool is_cut = text.size() > kMaxTextBytes;
  text = utf8_prefix(text, kMaxTextBytes);
  Forms forms(languages);
  std::vector<Wanted> wanted;
  collect(query, field, forms, wanted);
  Finder found(wanted, forms);
  found.find(text);
  const auto shown = passage(text, found, wanted.size(), max_bytes);

  SnippetWriter writer;
  if (!is_blank(text.substr(0, shown.begin))) writer.raw(kEllipsis);
  std::size_t written = shown.begin;
  for (const auto& mark : marks_within(shown, found)) {
    writer.text(text.substr(written, mark.begin - written));
    writer.raw("<mark>");
    writer.text(text.substr(mark.begin, mark.end - mark.begin));
    writer.end_mark();
    written = mark.end;
  }
  writer.text(text.substr(written, shown.end - written));
  if (is_cut || !is_blank(text.substr(shown.end))) writer.raw(kEllipsis);
  return writer.take();
}

}  // namespace indexer
