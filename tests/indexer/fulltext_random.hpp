// Random entries and queries, and the text index held against the model of them.
#pragma once

#include "tests/indexer/fulltext_model.hpp"

namespace indexer {

constexpr std::int64_t kDay = 86'400;

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(engine_);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::string word() {
    static constexpr std::string_view kWords[] = {"report",       "reports",
                                                  "reported",     "reporting",
                                                  "run",          "running",
                                                  "runs",         "ada",
                                                  "grace",        "example",
                                                  "org",          "net",
                                                  "12:30",        "q1",
                                                  "don't",        "can't",
                                                  "caf\u00e9",    "cafe\u0301",
                                                  "\u65e5\u672c", "\u672c\u8a9e",
                                                  "Budget",       "budgets",
                                                  "the",          "The",
                                                  "of",           "v2.0",
                                                  "ski",          "skis",
                                                  "skies",        "generously",
                                                  "generous",     "news",
                                                  "x-ray",        "ada@example.org",
                                                  "\ud55c\uad6d"};
    return std::string(kWords[below(std::size(kWords))]);
  }
  std::string beginning() {
    static constexpr std::string_view kBeginnings[] = {"r", "rep", "report", "runn",   "caf",
                                                       "s", "ex",  "1",      "\u672c", "z"};
    return std::string(kBeginnings[below(std::size(kBeginnings))]);
  }
  std::string words(std::size_t most) {
    std::string text;
    for (std::size_t i = below(most + 1); i > 0; --i) text += word() + (one_in(9) ? ", " : " ");
    return text;
  }
  std::vector<mail::Address> addresses() {
    std::vector<mail::Address> list;
    for (std::size_t i = below(3); i > 0; --i)
      list.push_back({words(2), word() + "@" + word() + ".net"});
    return list;
  }

  Entry entry(std::size_t i) {
    Entry made;
    made.entry.id = fmt::format("id{}", i);
    made.entry.kind = one_in(10) ? Kind::kFile : Kind::kMail;
    made.entry.date = static_cast<std::int64_t>(below(40)) * kDay / 2;  // many of the same second
    made.entry.size = below(5'000);
    made.text.from = addresses();
    made.text.to = addresses();
    if (one_in(3)) made.text.cc = addresses();
    if (one_in(9)) made.text.bcc = addresses();
    made.text.subject = words(4);
    made.text.body = words(12);
    if (one_in(4)) made.text.attachment_names = {word() + ".pdf", words(2)};
    if (one_in(4)) made.text.attachment_types = {"application/pdf"};
    if (one_in(4)) made.text.attachments = {words(8), words(3)};
    if (made.entry.kind == Kind::kFile) {
      made.text.tags = {word(), word()};
      made.text.path = "/Documents/" + word() + "/" + word();
    } else {
      if (one_in(2)) made.mailboxes.insert("inbox");
      if (one_in(3)) made.mailboxes.insert("sent");
      if (one_in(4)) made.keywords.insert("$answered");
      made.thread = static_cast<std::int64_t>(1 + below(60));
      made.text.message_ids = {fmt::format("m{}@example.org", i)};
      made.unread = one_in(3);
      made.flagged = one_in(5);
      made.attachment = one_in(4);
    }
    return made;
  }

  std::string query(int depth = 3) {
    static constexpr std::string_view kNames[] = {
        "from", "to", "cc", "bcc", "recipient", "subject", "body", "filename", "tag", "attachment"};
    static constexpr std::string_view kSingle[] = {"report",    "run", "ada",
                                                   "caf\u00e9", "The", "of"};
    const auto single = [&] { return std::string(kSingle[below(std::size(kSingle))]); };
    const auto field =
        one_in(3) ? std::string(kNames[below(std::size(kNames))]) + ":" : std::string();
    const auto day = [&] { return fmt::format("1970-01-{:02}", 1 + below(25)); };
    switch (below(depth > 0 ? 22 : 17)) {
      default:
        return field + word();
      case 10:
        return fmt::format("{0}{1} NEAR/{2} {0}{3}", field, single(), 1 + below(4), single());
      case 11:
        return fmt::format("{}*{}{}", one_in(2) ? "from:" : "", one_in(2) ? "xamp" : "d",
                           one_in(2) ? "*" : "");
      case 12:
        return fmt::format("date:{}..{}", day(), "1970-02");
      case 13:
        return fmt::format("size:{}..{}", below(2'000), 2'000 + below(3'000));
      case 14:
        return one_in(2) ? "is:answered" : "kind:file";
      case 15:
        return one_in(2) ? fmt::format("messageid:<m{}@example.org>", below(100)) : "type:pdf";
      case 16:
        return one_in(2) ? "lang:en" : "on:1970-01-05";
      case 3:
        return field + "\"" + word() + " " + beginning() + "\"*";
      case 4:
        return field + "\"" + word() + " " + word() + "\"";
      case 5:
        return field + beginning() + "*";
      case 6:
        return one_in(2) ? "in:inbox" : "in:sent";
      case 7:
        return one_in(3) ? "has:attachment" : one_in(2) ? "is:unread" : "is:unflagged";
      case 8:
        return (one_in(2) ? "before:" : "after:") + day();
      case 9:
        return fmt::format("{}:{}", one_in(2) ? "larger" : "smaller", below(5'000));
      case 17:
        return "(" + query(depth - 1) + " " + query(depth - 1) + ")";
      case 18:
        return "(" + query(depth - 1) + " OR " + query(depth - 1) + ")";
      case 19:
        return "NOT " + query(depth - 1);
      case 20:
        return "thread:{" + query(depth - 1) + "}";
      case 21:
        return "(" + query(depth - 1) + " -" + query(depth - 1) + ")";
    }
  }

 private:
  std::mt19937 engine_;
};

inline Model random_model(unsigned seed, std::size_t size) {
  Random random(seed);
  Model model;
  for (std::size_t i = 0; i < size; ++i) model.entries.push_back(random.entry(i));
  model.sort();
  model.number(16);
  return model;
}

// All hits, page by page; each page must agree on the total.
inline std::vector<std::string> paged(FulltextReader& reader, const Model& model,
                                      const Query& query, std::size_t limit) {
  std::vector<std::string> ids;
  SearchRequest request;
  request.query = &query;
  request.limit = limit;
  std::optional<std::int64_t> total;
  for (bool more = true; more;) {
    const auto page = reader.search(request, model).value();
    EXPECT_LE(page.hits.size(), limit);
    EXPECT_TRUE(page.total_is_exact);
    EXPECT_EQ(total.value_or(page.total), page.total);
    total = page.total;
    for (const auto& hit : page.hits) ids.push_back(hit.id);
    more = page.more;
    if (page.hits.empty()) {
      EXPECT_FALSE(more);
      break;
    }
    request.after = page.hits.back().place;
  }
  EXPECT_EQ(total, static_cast<std::int64_t>(ids.size()));
  return ids;
}

inline void expect_agreement(FulltextReader& reader, Model& model, unsigned seed, int queries) {
  Random random(seed);
  model.languages = reader.languages();
  for (int i = 0; i < queries; ++i) {
    const auto text = random.query();
    const auto query = parse_query(text);
    if (!query) {
      ADD_FAILURE() << text << ": " << query.error().message;
      continue;
    }
    const auto expected = model.hits(*query);
    EXPECT_EQ(paged(reader, model, *query, 1 + random.below(100)), expected) << text;
    auto ranked = ids_of(search(reader, model, text, SearchOrder::kRelevance));
    auto sorted = expected;
    std::sort(ranked.begin(), ranked.end());
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(ranked, sorted) << text;
  }
}

}  // namespace indexer
