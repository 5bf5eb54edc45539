// What a query means, said as simply as can be: entries in memory and a matcher that looks at every
// one, to hold the text index against.
#pragma once

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <thread>

#include "indexer/analyzer.hpp"
#include "indexer/fulltext.hpp"
#include "indexer/language.hpp"
#include "indexer/sort_keys.hpp"
#include "indexer/stems.hpp"
#include "tests/support/support.hpp"

namespace indexer {

struct Entry {
  TextEntry entry;
  EntryText text;
  std::set<std::string> mailboxes;
  std::set<std::string> keywords;
  bool unread = false, flagged = false, attachment = false;
  std::int64_t thread = 0;
};

inline DerivedCheckpoint checkpoint_at(std::int64_t seq) {
  DerivedCheckpoint checkpoint;
  checkpoint.advance({"uuid", "epoch"}, replica::LocalSeq{seq});
  return checkpoint;
}

inline OrderKey place_of(const Entry& entry) { return {entry.entry.date, entry.entry.id}; }

class Model : public SearchableCatalog {
 public:
  std::vector<Entry> entries;  // in the order of lists
  QueryLanguages languages{{"en"}, {}};

  void sort() {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return comes_before(place_of(a), place_of(b));
    });
  }
  void number(std::uint32_t gap) {
    for (std::size_t i = 0; i < entries.size(); ++i)
      entries[i].entry.number = static_cast<std::uint32_t>(i + 1) * gap;
  }

  [[nodiscard]] std::vector<std::string> hits(const Query& query) {
    std::vector<std::string> ids;
    for (const auto& entry : entries) {
      if (matches(query, entry)) ids.push_back(entry.entry.id);
    }
    return ids;
  }

  [[nodiscard]] std::optional<std::string> find_mailbox(std::string_view name) const override {
    return name == "nowhere" ? std::nullopt : std::optional<std::string>(name);
  }
  [[nodiscard]] EntryNumbers numbers(const MessageFilter& filter) const override {
    std::vector<std::uint32_t> numbers;
    for (const auto& entry : entries) {
      if (passes(filter, entry)) numbers.push_back(entry.entry.number);
    }
    std::sort(numbers.begin(), numbers.end());
    return std::make_shared<const std::vector<std::uint32_t>>(std::move(numbers));
  }
  [[nodiscard]] std::uint32_t number_after(const OrderKey& place) const override {
    std::uint32_t last = 0;
    for (const auto& entry : entries) {
      if (entry.entry.number >= kFirstOverflowNumber) continue;
      if (comes_before(place, place_of(entry))) return entry.entry.number;
      last = entry.entry.number;
    }
    return last + 1;
  }
  [[nodiscard]] std::vector<std::string> mailbox_ids() const override { return {"inbox", "sent"}; }
  [[nodiscard]] std::vector<std::int64_t> threads_of(
      const std::vector<std::uint32_t>& numbers) const override {
    std::vector<std::int64_t> threads;
    for (const auto number : numbers) threads.push_back(with_number(number).thread);
    return threads;
  }
  [[nodiscard]] std::vector<std::uint32_t> thread_numbers(std::string_view id) const override {
    std::vector<std::uint32_t> numbers;
    for (const auto& entry : entries) {
      if (entry.entry.id == id && entry.thread != 0) numbers = numbers_in({entry.thread});
    }
    return numbers;
  }
  [[nodiscard]] std::vector<std::uint32_t> same_threads(
      const std::vector<std::uint32_t>& numbers) const override {
    std::set<std::int64_t> threads;
    for (const auto number : numbers) threads.insert(with_number(number).thread);
    threads.erase(0);
    return numbers_in(threads);
  }
  [[nodiscard]] std::vector<SortedNumber> sorted_numbers(const std::vector<std::uint32_t>& numbers,
                                                         Sort sort, bool ascending,
                                                         const std::string& after,
                                                         std::size_t limit) const override {
    std::vector<SortedNumber> sorted;
    SearchRequest order;
    order.sort = sort;
    order.ascending = ascending;
    for (const auto number : numbers) {
      const auto& entry = with_number(number);
      auto key = fmt::format("{:08}", entry.entry.size) + place_key(place_of(entry));
      if (after.empty() || indexer::comes_before(order, after, key))
        sorted.push_back({std::move(key), number});
    }
    std::sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) {
      return indexer::comes_before(order, a.key, b.key);
    });
    if (sorted.size() > limit) sorted.resize(limit);
    return sorted;
  }
  void facet_rows(const std::vector<std::uint32_t>& numbers,
                  const std::function<void(const FacetRow&)>& visit) const override {
    for (const auto number : numbers) {
      const auto& entry = with_number(number);
      FacetRow row{number, entry.entry.kind, entry.entry.date, {}, {}, {}};
      if (!entry.text.from.empty()) row.sender = entry.text.from.front().email;
      row.mailboxes.assign(entry.mailboxes.begin(), entry.mailboxes.end());
      row.keywords.assign(entry.keywords.begin(), entry.keywords.end());
      visit(row);
    }
  }

  [[nodiscard]] EntrySource source() const {
    EntrySource source;
    source.entries = [this](std::uint32_t from, std::size_t limit) {
      std::vector<TextEntry> run;
      for (const auto& entry : by_number()) {
        if (entry->entry.number >= from && run.size() < limit) run.push_back(entry->entry);
      }
      return run;
    };
    source.text = [this](const TextEntry& wanted) -> mail::Result<EntryText> {
      for (const auto& entry : entries) {
        if (entry.entry.id == wanted.id) return entry.text;
      }
      return mail::Malformed{"gone"};
    };
    return source;
  }

  [[nodiscard]] std::vector<const Entry*> by_number() const {
    std::vector<const Entry*> sorted;
    for (const auto& entry : entries) sorted.push_back(&entry);
    std::sort(sorted.begin(), sorted.end(),
              [](const Entry* a, const Entry* b) { return a->entry.number < b->entry.number; });
    return sorted;
  }

 private:
  [[nodiscard]] const Entry& with_number(std::uint32_t number) const {
    return *std::find_if(entries.begin(), entries.end(),
                         [&](const Entry& entry) { return entry.entry.number == number; });
  }
  [[nodiscard]] std::vector<std::uint32_t> numbers_in(const std::set<std::int64_t>& threads) const {
    std::vector<std::uint32_t> numbers;
    for (const auto& entry : entries) {
      if (threads.contains(entry.thread)) numbers.push_back(entry.entry.number);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }

  static bool passes(const MessageFilter& filter, const Entry& entry) {
    return (filter.keyword.empty() || entry.keywords.contains(filter.keyword)) &&
           (filter.mailbox.empty() || entry.mailboxes.contains(filter.mailbox)) &&
           (!filter.unread || entry.unread) && (!filter.flagged || entry.flagged) &&
           (!filter.attachment || entry.attachment);
  }

  static std::vector<std::string> passages(Field field, const Entry& entry) {
    const auto addresses = [](const std::vector<mail::Address>& from) {
      std::vector<std::string> texts;
      for (const auto& address : from) texts.push_back(address.name + " " + address.email);
      return texts;
    };
    switch (field) {
      case Field::kAny:
        break;
      case Field::kFrom:
        return addresses(entry.text.from);
      case Field::kTo:
        return addresses(entry.text.to);
      case Field::kCc:
        return addresses(entry.text.cc);
      case Field::kBcc:
        return addresses(entry.text.bcc);
      case Field::kSubject:
        return {entry.text.subject};
      case Field::kBody:
        return {entry.text.body};
      case Field::kFilename: {
        auto names = entry.text.attachment_names;
        if (entry.entry.kind == Kind::kFile) names.push_back(entry.text.path);
        return names;
      }
      case Field::kTag:
        return entry.text.tags;
      case Field::kAttachment:
        return entry.text.attachments;
      case Field::kType:
        return entry.text.attachment_types;
      case Field::kRecipient:
      case Field::kList:
      case Field::kHeader:
        break;
    }
    return {};
  }

  struct ModelWord {
    std::string folded, exact;
  };
  static std::vector<ModelWord> analyzed(std::string_view text) {
    std::vector<ModelWord> words;
    for_each_word(text, [&](const Word& word) {
      words.push_back({std::string(word.folded), std::string(word.exact)});
    });
    return words;
  }

  // Whether a word of a text is another form of one that is wanted.
  bool is_form(const ModelWord& word, const ModelWord& wanted, const Entry& entry) {
    const auto of_entry = language_of(new_text(mail::split_quoted(entry.text.body)));
    const auto known = of_entry.substr(0, of_entry.find('-'));
    const std::set<std::string> own{"en", known};
    const auto& dominant = languages.dominant;
    const bool is_in_one = std::find(dominant.begin(), dominant.end(), known) != dominant.end();
    auto asked = dominant;
    if (std::find(languages.rare.begin(), languages.rare.end(), known) != languages.rare.end())
      asked.push_back(known);
    for (const auto& language : asked) {
      if (is_in_one && language != known && language != dominant.front()) continue;
      auto* const stems = stems_.of(language);
      const std::string stem(stems->stem(wanted.exact));
      if (stems->stem(stem) == stem && word.folded == stem) return true;
      for (const auto& other : own) {
        auto* const of_text = stems_.of(other);
        if (of_text != nullptr && stem != word.folded && of_text->stem(word.exact) == stem)
          return true;
      }
    }
    return word.folded == wanted.folded;
  }

  bool words_match(const MatchWords& match, const FieldInfo& field, const Entry& entry) {
    const auto wanted = analyzed(match.text);
    for (const auto& passage : passages(field.field, entry)) {
      const auto words = analyzed(passage);
      for (std::size_t i = 0; i + wanted.size() <= words.size(); ++i) {
        bool all = true;
        for (std::size_t j = 0; j < wanted.size() && all; ++j) {
          const bool beginning = match.prefix && j + 1 == wanted.size();
          if (beginning) {
            all = words[i + j].folded.starts_with(wanted[j].folded);
          } else if (match.phrase || match.prefix || !field.stemmed) {
            all = words[i + j].folded == wanted[j].folded;
          } else {
            all = is_form(words[i + j], wanted[j], entry);
          }
        }
        if (all) return true;
      }
    }
    return false;
  }

  // Each word at a place of its own, all within the stretch.
  static bool near_match(const MatchNear& near, const FieldInfo& field, const Entry& entry) {
    const auto stretch = near.distance + near.words.size() - 1;
    for (const auto& passage : passages(field.field, entry)) {
      const auto words = words_of(passage);
      for (std::size_t i = 0; i < words.size(); ++i) {
        std::multiset<std::string> here(
            words.begin() + static_cast<std::ptrdiff_t>(i),
            words.begin() + static_cast<std::ptrdiff_t>(std::min(i + stretch, words.size())));
        bool all = true;
        for (const auto& word : near.words) {
          const auto found = here.find(word);
          all = all && found != here.end();
          if (found != here.end()) here.erase(found);
        }
        if (all) return true;
      }
    }
    return false;
  }

  template <typename Matches>
  static bool in_a_field(const FieldName& wanted, const Matches& matches) {
    return std::any_of(kFields.begin(), kFields.end(), [&](const FieldInfo& field) {
      return field.field != Field::kAny && field.field != Field::kRecipient &&
             covers(wanted.field, field.field) && matches(field);
    });
  }

  bool matches(const Query& query, const Entry& entry) {
    return std::visit([&](const auto& node) { return holds(node, entry); }, query.node);
  }
  bool holds(const MatchAll&, const Entry&) { return true; }
  bool holds(const MatchWords& match, const Entry& entry) {
    return in_a_field(match.field,
                      [&](const FieldInfo& field) { return words_match(match, field, entry); });
  }
  bool holds(const MatchNear& near, const Entry& entry) {
    return in_a_field(near.field,
                      [&](const FieldInfo& field) { return near_match(near, field, entry); });
  }
  bool holds(const MatchPart& part, const Entry& entry) {
    return in_a_field(part.field, [&](const FieldInfo& field) {
      const auto texts = passages(field.field, entry);
      return field.has_parts && std::any_of(texts.begin(), texts.end(), [&](const auto& text) {
               const auto words = words_of(text);
               return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
                 return part.at_end ? word.ends_with(part.part)
                                    : word.find(part.part) != std::string::npos;
               });
             });
    });
  }
  bool holds(const MatchHeader&, const Entry&) { return false; }
  bool holds(const MatchOtherMailbox& other, const Entry& entry) {
    return std::any_of(entry.mailboxes.begin(), entry.mailboxes.end(), [&](const auto& mailbox) {
      return std::find(other.ids.begin(), other.ids.end(), mailbox) == other.ids.end();
    });
  }
  bool holds(const MatchKeyword& keyword, const Entry& entry) {
    return entry.keywords.contains(keyword.keyword);
  }
  bool holds(const MatchKind& kind, const Entry& entry) { return entry.entry.kind == kind.kind; }
  bool holds(const MatchMessageId& message, const Entry& entry) {
    const auto& ids = entry.text.message_ids;
    return std::find(ids.begin(), ids.end(), message.id) != ids.end();
  }
  bool holds(const MatchThread& thread, const Entry& entry) {
    return entry.thread != 0 && std::any_of(entries.begin(), entries.end(), [&](const Entry& each) {
             return each.entry.id == thread.id && each.thread == entry.thread;
           });
  }
  bool holds(const MatchThreadOf& threads, const Entry& entry) {
    return entry.thread != 0 && std::any_of(entries.begin(), entries.end(), [&](const Entry& each) {
             return each.thread == entry.thread && matches(*threads.of, each);
           });
  }
  bool holds(const MatchMailbox& mailbox, const Entry& entry) {
    return entry.mailboxes.contains(mailbox.name);
  }
  bool holds(const MatchState& state, const Entry& entry) {
    return state.what == MatchState::What::kUnread    ? entry.unread
           : state.what == MatchState::What::kFlagged ? entry.flagged
                                                      : entry.attachment;
  }
  bool holds(const MatchDate& date, const Entry& entry) {
    return (!date.from || *date.from <= entry.entry.date) &&
           (!date.to || entry.entry.date < *date.to);
  }
  bool holds(const MatchSize& size, const Entry& entry) {
    return (!size.from || *size.from <= entry.entry.size) &&
           (!size.to || entry.entry.size < *size.to);
  }
  bool holds(const MatchLanguage& language, const Entry& entry) {
    return language_of(new_text(mail::split_quoted(entry.text.body))) == language.code;
  }
  bool holds(const MatchAnd& both, const Entry& entry) {
    return std::all_of(both.all.begin(), both.all.end(),
                       [&](const auto& part) { return matches(*part, entry); });
  }
  bool holds(const MatchOr& either, const Entry& entry) {
    return std::any_of(either.any.begin(), either.any.end(),
                       [&](const auto& part) { return matches(*part, entry); });
  }
  bool holds(const MatchNot& negated, const Entry& entry) { return !matches(*negated.of, entry); }

  Stems stems_;
};

inline void write(const std::filesystem::path& folder, const Model& model) {
  FulltextWriter writer(folder);
  for (const auto& entry : model.entries) writer.replace(entry.entry, entry.text);
  writer.commit(checkpoint_at(1));
}

inline std::vector<std::string> ids_of(const HitPage& page) {
  std::vector<std::string> ids;
  for (const auto& hit : page.hits) ids.push_back(hit.id);
  return ids;
}

inline HitPage search(FulltextReader& reader, const Model& model, std::string_view text,
                      SearchOrder order = SearchOrder::kDate, std::size_t limit = 10'000) {
  const auto query = parse_query(text);
  EXPECT_TRUE(query) << text << ": " << query.error().message;
  SearchRequest request;
  request.query = &*query;
  request.order = order;
  request.limit = limit;
  return reader.search(request, model).value();
}

}  // namespace indexer
