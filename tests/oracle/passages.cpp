#include "tests/oracle/passages.hpp"

#include <algorithm>

namespace oracle {
namespace {

constexpr unsigned kUsualDistance = 10;

// Positions in kStemmedLanguages of those whose forms are certainly found: English, the account's own, and the message's.
std::array<std::size_t, 2> certain_languages(const Forms& forms) {
  const auto own =
      std::find(kStemmedLanguages.begin(), kStemmedLanguages.end(), forms.text_language);
  const bool is_searched =
      own != kStemmedLanguages.end() && forms.account_languages->contains(forms.text_language);
  return {0, is_searched ? static_cast<std::size_t>(own - kStemmedLanguages.begin()) : 0};
}

struct WantedWords {
  std::vector<Word> words;
  bool has_forms = false;
  bool is_beginning = false;  // of its last word
  std::array<std::size_t, 2> languages{};  // whose forms are certainly found

  [[nodiscard]] Truth is_at(const Word& word, std::size_t place) const {
    if (is_beginning && place + 1 == words.size())
      return truth_of(word.plain.starts_with(words[place].plain));
    if (has_forms) return is_form(word, words[place]);
    return truth_of(word.id == words[place].id);
  }

 private:
  // Which languages a text and a query are in is certain of some only.
  [[nodiscard]] Truth is_form(const Word& word, const Word& wanted) const {
    if (word.id == wanted.id) return Truth::kYes;
    for (const auto language : languages) {
      if (word.stems[language] == wanted.stems[language]) return Truth::kYes;
    }
    const auto is_stem = [&word](TextId id) {
      return std::find(word.stems.begin(), word.stems.end(), id) != word.stems.end();
    };
    return open_if(is_stem(wanted.id) ||
                   std::any_of(wanted.stems.begin(), wanted.stems.end(),
                               [&](TextId id) { return id == word.id || is_stem(id); }));
  }
};

Truth hold_in_order(const std::vector<const Word*>& words, const WantedWords& wanted) {
  Truth best = Truth::kNo;
  for (std::size_t i = 0; i + wanted.words.size() <= words.size(); ++i) {
    Truth here = Truth::kYes;
    for (std::size_t j = 0; j < wanted.words.size() && here != Truth::kNo; ++j) {
      const auto& word = *words[i + j];
      here = both(here, word.is_open ? Truth::kNo : wanted.is_at(word, j));
    }
    best = either(best, here);
  }
  return best;
}

// Each at a place of its own, all within the stretch. Words that are the same need as many places.
bool are_near(const std::vector<const Word*>& words, std::vector<TextId> wanted,
              std::size_t stretch) {
  std::sort(wanted.begin(), wanted.end());
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::vector<TextId> here;
    for (std::size_t j = i; j < words.size() && j < i + stretch; ++j) {
      if (!words[j]->is_open) here.push_back(words[j]->id);
    }
    std::sort(here.begin(), here.end());
    if (std::includes(here.begin(), here.end(), wanted.begin(), wanted.end())) return true;
  }
  return false;
}

std::vector<const Word*> pointers(const Passage& passage, bool with_open) {
  std::vector<const Word*> words;
  for (const auto& word : passage.words) {
    if (with_open || !word.is_open) words.push_back(&word);
  }
  return words;
}

// What holds with words that may be left out, and without them, holds; what holds one way only is open.
template <typename Holds>
Truth with_and_without_open(const Passage& passage, const Holds& holds) {
  const Truth with = holds(pointers(passage, true));
  if (std::none_of(passage.words.begin(), passage.words.end(),
                   [](const Word& word) { return word.is_open; }))
    return with;
  const Truth without = holds(pointers(passage, false));
  return with == without ? with : Truth::kOpen;
}

}  // namespace

std::vector<std::string> fields_of(const std::string& name) {
  if (name == "recipient") return {"to", "cc", "bcc"};
  if (!name.empty()) return {name};
  return {"from", "to", "cc", "bcc", "subject", "body", "filename", "tag", "attachment"};
}

bool has_parts(const std::string& field) {
  return field == "from" || field == "to" || field == "cc" || field == "bcc" || field == "filename";
}

Truth holds_words(const Passage& passage, const Words& words, const Forms& forms) {
  WantedWords wanted{words_of(words.text), false, words.is_beginning, certain_languages(forms)};
  wanted.has_forms =
      forms.are_found && wanted.words.size() == 1 && !words.is_quoted && !words.is_beginning;
  return with_and_without_open(
      passage, [&](const std::vector<const Word*>& of) { return hold_in_order(of, wanted); });
}

Truth holds_near(const Passage& passage, const Near& near) {
  std::vector<TextId> wanted;
  for (const auto& word : near.words) wanted.push_back(words_of(word).at(0).id);
  const auto stretch = near.distance.value_or(kUsualDistance) + wanted.size() - 1;
  return with_and_without_open(passage, [&](const std::vector<const Word*>& of) {
    return truth_of(are_near(of, wanted, stretch));
  });
}

Truth holds_part(const Passage& passage, const Part& part) {
  const auto wanted = words_of(part.text).at(0).plain;
  Truth best = Truth::kNo;
  for (const auto& word : passage.words) {
    const bool holds =
        part.at_end ? word.plain.ends_with(wanted) : word.plain.find(wanted) != std::string::npos;
    best = either(best, word.is_open ? open_if(holds) : truth_of(holds));
  }
  return best;
}

}  // namespace oracle
