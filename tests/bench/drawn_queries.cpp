#include "tests/bench/drawn_queries.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <random>
#include <stdexcept>
#include <xapian.h>

#include "indexer/fields.hpp"

namespace bench {
namespace {

namespace fs = std::filesystem;

struct Word {
  std::string word;
  Xapian::doccount entries = 0;
};

// Words, not numbers or identifiers: letters only, which begin no prefix of terms; none that notmuch takes for an operator.
bool is_plain_word(std::string_view term) {
  constexpr std::array<std::string_view, 6> kOperators = {"and", "or", "not", "xor", "near", "adj"};
  if (std::find(kOperators.begin(), kOperators.end(), term) != kOperators.end()) return false;
  constexpr std::size_t kShortest = 3, kLongest = 16;
  return term.size() >= kShortest && term.size() <= kLongest &&
         std::all_of(term.begin(), term.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::vector<Word> words_of_field(const Xapian::Database& index, indexer::Field field,
                                 Xapian::doccount fewest) {
  const std::string prefix(indexer::info(field).prefix);
  std::vector<Word> words;
  for (auto term = index.allterms_begin(prefix); term != index.allterms_end(prefix); ++term) {
    const std::string word = (*term).substr(prefix.size());
    if (is_plain_word(word) && term.get_termfreq() >= fewest)
      words.push_back({word, term.get_termfreq()});
  }
  std::sort(words.begin(), words.end(), [](const Word& a, const Word& b) {
    return a.entries != b.entries ? a.entries > b.entries : a.word < b.word;
  });
  return words;
}

class Drawing {
 public:
  Drawing(const fs::path& folder, std::uint64_t seed)
      : index_(folder.string()),
        random_(seed),
        body_(words_of_field(index_, indexer::Field::kBody, 3)),
        from_(words_of_field(index_, indexer::Field::kFrom, 2)),
        subject_(words_of_field(index_, indexer::Field::kSubject, 2)),
        filename_(words_of_field(index_, indexer::Field::kFilename, 2)) {
    if (body_.size() < 100 || from_.empty() || subject_.empty())
      throw std::runtime_error("the index has too few words to draw queries from");
    read_dates();
  }

  DrawnQuery draw(std::size_t number) {
    switch (number % 6) {
      case 0:
        return {"word", word(number / 6)};
      case 1:
        return {"phrase", phrase()};
      case 2:
        return {"boolean", boolean(number / 6)};
      case 3:
        return {"field", field()};
      case 4:
        return {"prefix", prefix(number / 6)};
      default:
        return {"date", date_range(number / 6)};
    }
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  const std::string& any(const std::vector<Word>& words) { return words[below(words.size())].word; }

  // From the 100 most frequent words; the next 1,000; the next 10,000; the rest.
  std::string word(std::size_t band) {
    constexpr std::array<std::size_t, 5> kBands = {0, 100, 1'100, 11'100, 1'000'000'000};
    const auto begin = std::min(kBands.at(band % 4), body_.size() - 1);
    const auto end = std::max(begin + 1, std::min(kBands.at(band % 4 + 1), body_.size()));
    return body_[begin + below(end - begin)].word;
  }

  std::string field() {
    switch (below(filename_.empty() ? 2 : 3)) {
      case 0:
        return "from:" + any(from_);
      case 1:
        return "subject:" + any(subject_);
      default:
        return "filename:" + any(filename_);
    }
  }

  // Two or three words that stand side by side in a message.
  std::string phrase() {
    for (int attempt = 0; attempt < 1'000; ++attempt) {
      auto posting = index_.postlist_begin(word(below(3)));
      posting.skip_to(*posting +
                      static_cast<Xapian::docid>(below(index_.get_lastdocid() - *posting + 1)));
      if (posting == Xapian::PostingIterator()) continue;
      std::map<Xapian::termpos, std::string> text;
      for (auto term = index_.termlist_begin(*posting); term != index_.termlist_end(*posting);
           ++term) {
        if (!is_plain_word(*term)) continue;
        for (auto at = term.positionlist_begin(); at != term.positionlist_end(); ++at)
          text.emplace(*at, *term);
      }
      if (text.empty()) continue;
      auto first = std::next(text.begin(), static_cast<std::ptrdiff_t>(below(text.size())));
      const auto second = text.find(first->first + 1), third = text.find(first->first + 2);
      if (second == text.end()) continue;
      if (third == text.end() || below(2) == 0)
        return fmt::format("\"{} {}\"", first->second, second->second);
      return fmt::format("\"{} {} {}\"", first->second, second->second, third->second);
    }
    throw std::runtime_error("the index has no words side by side");
  }

  std::string boolean(std::size_t number) {
    const auto a = word(below(3)), b = word(below(3)), c = word(below(3));
    switch (number % 4) {
      case 0:
        return fmt::format("{} AND {}", a, b);
      case 1:
        return fmt::format("{} OR {}", a, b);
      case 2:
        return fmt::format("{} AND NOT {}", a, b);
      default:
        return fmt::format("({} OR {}) AND {}", a, b, c);
    }
  }

  std::string prefix(std::size_t number) {
    const std::string whole = word(number);
    return whole.substr(0, std::max<std::size_t>(3, whole.size() - 2)) + "*";
  }

  std::string date_range(std::size_t number) {
    const auto first = oldest_ + below(static_cast<std::size_t>(newest_ - oldest_));
    const auto last = first + (1 + below(12)) * 2'592'000;
    const auto range = fmt::format("date:{}..{}", month(first), month(last));
    return number % 2 == 0 ? range : fmt::format("{} AND {}", word(below(2)), range);
  }

  static std::string month(std::size_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    return fmt::format("{:04}-{:02}", parts.tm_year + 1'900, parts.tm_mon + 1);
  }

  // Of the middle nine tenths of the entries, since some dates are mistakes.
  void read_dates() {
    std::vector<std::size_t> dates;
    for (auto entry = index_.postlist_begin(""); entry != index_.postlist_end(""); ++entry) {
      const auto value = index_.get_document(*entry).get_value(indexer::kDateSlot);
      const double date = value.empty() ? 0 : Xapian::sortable_unserialise(value);
      if (date > 0) dates.push_back(static_cast<std::size_t>(date));
    }
    if (dates.size() < 20) throw std::runtime_error("the index has too few dated entries");
    std::sort(dates.begin(), dates.end());
    oldest_ = dates[dates.size() / 20];
    newest_ = dates[dates.size() - dates.size() / 20];
  }

  Xapian::Database index_;
  std::mt19937_64 random_;
  std::vector<Word> body_, from_, subject_, filename_;
  std::size_t oldest_ = 0, newest_ = 0;
};

}  // namespace

std::vector<DrawnQuery> draw_queries(const fs::path& index, std::size_t count, std::uint64_t seed) {
  Drawing drawing(index, seed);
  std::vector<DrawnQuery> queries;
  for (std::size_t number = 0; number < count; ++number) queries.push_back(drawing.draw(number));
  return queries;
}

void write_queries(const fs::path& file, const std::vector<DrawnQuery>& queries) {
  std::ofstream out(file);
  for (const auto& query : queries) out << query.kind << '\t' << query.text << '\n';
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

std::vector<DrawnQuery> read_queries(const fs::path& file) {
  std::ifstream in(file);
  std::vector<DrawnQuery> queries;
  for (std::string line; std::getline(in, line);) {
    const auto tab = line.find('\t');
    if (tab != line.npos) queries.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  if (queries.empty()) throw std::runtime_error("there are no queries in " + file.string());
  return queries;
}

}  // namespace bench
