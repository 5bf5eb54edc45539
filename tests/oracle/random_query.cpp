#include "tests/oracle/random_query.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "tests/oracle/dates.hpp"
#include "tests/oracle/passages.hpp"

namespace oracle {
namespace {

constexpr int kMostBeginnings = 12, kMostThreadSets = 6;  // the language allows 16 and 8

QueryPtr query(auto node) { return std::make_shared<const Query>(Query{std::move(node)}); }

// A word that the language reads as an operator is written in small letters.
std::string as_word(std::string word) {
  for (const char* name : {"AND", "OR", "NOT", "NEAR"}) {
    if (word == name) std::transform(word.begin(), word.end(), word.begin(), ::tolower);
  }
  return word;
}

// Whether a word without a field is looked for there.
bool is_of_any(const std::string& field) {
  const auto fields = fields_of("");
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

// The first characters of UTF-8, as many as fit into that many bytes.
std::string beginning_of(const std::string& word, std::size_t bytes) {
  while (bytes > 0 && bytes < word.size() && (word[bytes] & 0xC0) == 0x80) --bytes;
  return word.substr(0, bytes);
}

std::string join(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace

QueryPtr QueryMaker::make(int depth) {
  if (depth == 0 || below(4) == 0) return leaf();
  switch (below(8)) {
    case 0:
    case 1:
    case 2:
      return query(All{several(depth - 1)});
    case 3:
    case 4:
    case 5:
      return query(Any{several(depth - 1)});
    case 6:
      return query(Not{make(depth - 1)});
    default:
      break;
  }
  if (++thread_sets_ > kMostThreadSets) return leaf();
  return query(ThreadOf{make(depth - 1)});
}

std::vector<QueryPtr> QueryMaker::several(int depth) {
  std::vector<QueryPtr> parts;
  for (std::size_t i = 2 + below(2); i > 0; --i) {
    auto part = make(depth);
    parts.push_back(below(5) == 0 ? query(Not{std::move(part)}) : std::move(part));
  }
  return parts;
}

QueryPtr QueryMaker::leaf() {
  const auto& entry = one_of(account_.entries);
  switch (below(25)) {
    case 0: {
      const auto& mailbox = one_of(account_.mailboxes);
      const auto& by_role = mailbox.role.empty() ? mailbox.name : mailbox.role;
      const auto& spelled = below(3) == 0 ? by_role : below(2) == 0 ? mailbox.id : mailbox.name;
      return query(InMailbox{mailbox.id, spelled});
    }
    case 1:
      return query(InOtherMailbox{{one_of(account_.mailboxes).id, one_of(account_.mailboxes).id}});
    case 2:
    case 3:
      return keyword();
    case 4:
      return query(HasAttachment{});
    case 5:
      if (below(2) == 0) return query(OfKind{below(2) == 0});
      return query(InLanguage{entry.language.empty() ? "en" : entry.language});
    case 6:
      if (below(6) == 0) return query(Everything{});
      if (!entry.message_ids.empty()) return query(WithMessageId{entry.message_ids.front()});
      return leaf();
    case 7:
      if (entry.is_file) return leaf();
      return query(InThread{below(2) == 0 ? entry.thread : entry.id});
    case 8:
    case 9:
    case 10:
      return dated();
    case 11:
      return sized();
    case 12:
      return query(HasHeader{one_of(kIndexedHeaders)});
    default:
      return text_leaf();
  }
}

QueryPtr QueryMaker::keyword() {
  const std::vector<std::string> keywords = {"$seen", "$flagged", "$answered", "$draft",
                                             "$forwarded"};
  if (below(3) == 0) return query(HasKeyword{one_of(keywords)});
  return query(InState{static_cast<State>(below(1 + static_cast<std::size_t>(State::kDraft)))});
}

QueryPtr QueryMaker::dated() {
  const auto& entry = one_of(account_.entries);
  return query(random_date(entry.date, now_, random_));
}

QueryPtr QueryMaker::sized() {
  const auto size = one_of(account_.entries).size;
  const auto other = size + below(4'000);
  switch (below(5)) {
    case 0:
      return query(Sized{size + 1, std::nullopt, fmt::format("larger:{}", size)});
    case 1:
      return query(Sized{std::nullopt, size, fmt::format("smaller:{}", size)});
    case 2:
      return query(Sized{size, other + 1, fmt::format("size:{}..{}", size, other)});
    case 3:
      return query(Sized{std::nullopt, 2'048 + 1, "size:..2K"});
    default:
      return query(Sized{size, size + 1, fmt::format("size:{}", size)});
  }
}

QueryMaker::Found QueryMaker::words(std::size_t most, bool of_parts) {
  for (int attempt = 0; attempt < 1'000; ++attempt) {
    const auto& entry = any_entry();
    if (entry.fields.empty()) continue;
    auto field = entry.fields.begin();
    std::advance(field, static_cast<std::ptrdiff_t>(below(entry.fields.size())));
    if (field->second.empty() || (of_parts && !has_parts(field->first))) continue;
    const auto& passage = one_of(field->second);
    if (passage.words.empty()) continue;
    const auto first = below(passage.words.size());
    Found found{field->first, {}};
    for (auto i = first; i < passage.words.size() && found.words.size() < most; ++i) {
      const auto& word = passage.words[i];
      if (word.is_open) break;
      found.words.push_back(as_word(passage.text.substr(word.begin, word.end - word.begin)));
    }
    if (!found.words.empty()) return found;
  }
  return {"", {"nothing"}};
}

const Entry& QueryMaker::any_entry() {
  const Entry* entry = &one_of(account_.entries);
  for (int attempt = 0; attempt < 2 && !entry->is_file; ++attempt)
    entry = &one_of(account_.entries);
  return *entry;
}

QueryPtr QueryMaker::crossing() {
  for (int attempt = 0; attempt < 100; ++attempt) {
    const auto& entry = any_entry();
    auto field = entry.fields.begin();
    std::advance(field, static_cast<std::ptrdiff_t>(below(entry.fields.size())));
    if (field->second.size() < 2) continue;
    const auto first = below(field->second.size() - 1);
    const auto& before = field->second[first];
    const auto& after = field->second[first + 1];
    if (before.words.empty() || after.words.empty()) continue;
    const auto &end = before.words.back(), &begin = after.words.front();
    if (end.is_open || begin.is_open) continue;
    return query(Words{field->first,
                       before.text.substr(end.begin, end.end - end.begin) + " " +
                           after.text.substr(begin.begin, begin.end - begin.begin),
                       true, false});
  }
  return text_leaf();
}

// Words that stand so far from each other as the distance says, or nearly.
QueryPtr QueryMaker::near() {
  auto [field, run] = words(2 + below(11));
  if (run.size() < 2) return query(Words{field, run.front(), false, false});
  std::vector<std::string> chosen{run.front(), run.back()};
  if (run.size() > 2 && below(3) == 0) chosen.push_back(run[1 + below(run.size() - 2)]);
  const auto distance = run.size() - chosen.size() + below(3);  // one less than needed, or enough
  std::shuffle(chosen.begin(), chosen.end(), random_);
  const bool is_usual = distance == 10 && below(2) == 0;
  const auto written = static_cast<unsigned>(std::max<std::size_t>(distance, 1));
  const bool without_field = is_of_any(field) && below(2) == 0;
  return query(Near{without_field ? "" : field, std::move(chosen),
                    is_usual ? std::nullopt : std::optional(written)});
}

QueryPtr QueryMaker::text_leaf() {
  auto [field, found] = words(1 + below(4));
  const bool without_field = is_of_any(field) && below(2) == 0;
  const bool is_recipient = (field == "to" || field == "cc" || field == "bcc") && below(3) == 0;
  const std::string where = without_field ? "" : is_recipient ? "recipient" : field;
  switch (below(11)) {
    case 10:
      return crossing();
    case 0:
      if (++beginnings_ > kMostBeginnings) return text_leaf();
      found.back() = beginning_of(found.back(), 1 + below(found.back().size()));
      if (words_of(found.back()).size() != 1) return text_leaf();
      return query(Words{where, join(found), found.size() > 1, true});
    case 1: {
      if (++beginnings_ > kMostBeginnings) return text_leaf();
      auto [part_field, part] = words(1, true);
      auto& word = part.front();
      const auto from = beginning_of(word, below(word.size())).size();
      const bool at_end = below(2) == 0;
      auto text = word.substr(from);
      if (!at_end) text = beginning_of(text, 1 + below(text.size()));
      if (words_of(text).size() != 1) return text_leaf();
      return query(Part{below(2) == 0 ? "" : part_field, text, at_end});
    }
    case 2:
      return near();
    case 3:
    case 4:
      return query(Words{where, join(found), true, false});
    case 5:
      return query(Words{where,
                         fmt::format("{}", fmt::join(found, one_of(std::vector<std::string>{
                                                                "-", "_", ".", "@", "/"}))),
                         false, false});
    default:
      return query(Words{where, found.front(), false, false});
  }
}

}  // namespace oracle
