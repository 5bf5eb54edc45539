// Random accounts, with random edits, against lists by brute force.
#include <random>

#include "tests/indexer/catalog_fixture.hpp"
#include "tests/indexer/list_oracle.hpp"

namespace indexer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

constexpr Sort kSorts[] = {Sort::kReceived, Sort::kSent,    Sort::kFrom,
                           Sort::kTo,       Sort::kSubject, Sort::kSize};

class CatalogListsTest : public CatalogFixture {
 protected:
  void seed(unsigned value) { engine_.seed(value); }
  unsigned random(unsigned below) { return static_cast<unsigned>(engine_() % below); }
  bool one_in(unsigned n) { return random(n) == 0; }
  template <typename T, std::size_t N>
  const T& any(const T (&choices)[N]) {
    return choices[random(N)];
  }

  static std::string time(std::int64_t day) {
    return fmt::format("2020-01-{:02}T{:02}:00:00Z", 1 + day / 24, day % 24);
  }
  static std::int64_t seconds(std::int64_t hours) { return 1'577'836'800 + hours * 3'600; }

  // A new form of that message, in the store and in the oracle.
  void write(int number) {
    OracleMessage message;
    message.id = fmt::format("m{:03}", number);
    // Few hours and few names, so that many are equal.
    const auto hour = random(60), sent = random(60);
    message.received = seconds(hour);
    if (!one_in(4)) message.sent = seconds(sent);
    const std::pair<const char*, const char*> names[] = {
        {"Ada", "ada"}, {"\xc3\x84gon", "agon"}, {"ada", "ada"}, {"", "z@x"}, {"Bob", "bob"}};
    const auto& from = any(names);
    const auto& to = any(names);
    message.from = from.second;
    message.to = to.second;
    message.thread = static_cast<int>(random(25));
    const std::pair<const char*, const char*> subjects[] = {{"Lunch", "lunch"},
                                                            {"Re: lunch", "lunch"},
                                                            {"Dinner", "dinner"},
                                                            {"AW: \xc3\x89t\xc3\xa9", "ete"}};
    // A thread has one base subject.
    const auto& subject = subjects[message.thread % 4];
    message.subject = subject.second;
    message.size = random(6) * 1'000;
    std::string mailboxes, keywords;
    for (const char* mailbox : {"inbox", "work", "trash"}) {
      if (!one_in(2)) continue;
      message.mailboxes.insert(mailbox);
      mailboxes += fmt::format("{}\"{}\":true", mailboxes.empty() ? "" : ",", mailbox);
    }
    for (const char* keyword : {"$seen", "$flagged", "$answered", "$draft", "todo"}) {
      if (!one_in(keyword == std::string("$seen") ? 2 : 5)) continue;
      message.keywords.insert(keyword);
      keywords += fmt::format("{}\"{}\":true", keywords.empty() ? "" : ",", keyword);
    }
    message.attachment = one_in(4);
    put(Doctype::kEmails, message.id,
        fmt::format(
            R"("receivedAt":"{}",{}"from":[{{"name":"{}","email":"z@x"}}],"to":[{{"name":"{}","email":"z@x"}}],)"
            R"("subject":"{}","size":{},"mailboxIds":{{{}}},"keywords":{{{}}},"hasAttachment":{},)"
            R"("messageId":["{}@x"],"references":["t{}@x"])",
            time(hour), message.sent ? fmt::format(R"("sentAt":"{}",)", time(sent)) : "",
            from.first, to.first, subject.first, message.size, mailboxes, keywords,
            message.attachment, message.id, message.thread));
    oracle_.messages[message.id] = message;
  }
  void erase(int number) {
    const auto id = fmt::format("m{:03}", number);
    remove(Doctype::kEmails, id);
    oracle_.messages.erase(id);
  }
  void edit(int messages) {
    const auto number = static_cast<int>(random(static_cast<unsigned>(messages)));
    one_in(5) ? erase(number) : write(number);
    if (one_in(40)) set_trash(one_in(2));
  }
  void set_trash(bool is_trash) {
    put(Doctype::kMailboxes, "trash",
        fmt::format(R"("name":"Trash","role":{})", is_trash ? R"("trash")" : "null"));
    is_trash ? void(oracle_.trash.insert("trash")) : void(oracle_.trash.erase("trash"));
  }

  MessageFilter any_filter() {
    MessageFilter filter;
    const char* mailboxes[] = {"", "", "inbox", "work", "trash"};
    const char* keywords[] = {"", "", "", "todo", "$flagged", "$seen"};
    filter.mailbox = any(mailboxes);
    filter.keyword = any(keywords);
    for (auto* state : {&filter.unread, &filter.flagged, &filter.attachment, &filter.seen,
                        &filter.answered, &filter.draft}) {
      if (one_in(5)) *state = one_in(2);
    }
    return filter;
  }
  ListQuery any_query() {
    ListQuery query;
    query.filter = any_filter();
    query.threads = one_in(3);
    query.ascending = one_in(2);
    query.sort = any(kSorts);
    query.limit = 1'000;
    return query;
  }

  static std::string name(const ListQuery& query) {
    const auto& f = query.filter;
    const auto letter = [](const std::optional<bool>& b) { return !b ? '-' : *b ? '1' : '0'; };
    return fmt::format("[{}|{}|{}{}{}{}{}{}] threads {} sort {} ascending {}", f.mailbox, f.keyword,
                       letter(f.unread), letter(f.flagged), letter(f.attachment), letter(f.seen),
                       letter(f.answered), letter(f.draft), query.threads,
                       static_cast<int>(query.sort), query.ascending);
  }

  // The order of the catalog's ids agrees with the oracle's but for what is equal in sort key and
  // date.
  void expect_list(const Catalog& catalog, const ListQuery& query) {
    const auto page = catalog.list(query, {});
    const auto ids = doc_ids(page.rows);
    const auto expected = oracle_.list(query);
    std::vector<std::string> expected_ids;
    for (const auto& message : expected) expected_ids.push_back(message.id);
    if (query.sort == Sort::kReceived) {
      ASSERT_EQ(ids, expected_ids) << name(query);
    } else {
      ASSERT_THAT(ids, UnorderedElementsAreArray(expected_ids)) << name(query);
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto& shown = oracle_.messages.at(ids[i]);
        ASSERT_EQ(ListOracle::compare(shown, expected[i], query.sort), 0)
            << name(query) << " " << ids[i] << " " << expected_ids[i];
        ASSERT_EQ(shown.received, expected[i].received) << name(query) << " " << ids[i];
      }
    }
    ASSERT_EQ(page.total, static_cast<std::int64_t>(ids.size())) << name(query);
    ASSERT_TRUE(page.total_is_exact) << name(query);
    auto unread = query;
    unread.filter.unread = true;
    const auto is_never = query.filter.unread == false;
    ASSERT_EQ(page.unread, is_never ? 0 : static_cast<std::int64_t>(oracle_.list(unread).size()))
        << name(query);
  }
  void expect_counts() {
    for (const auto& shown : catalog_.mailboxes()) {
      const ListOracle::Counts counts{shown.total, shown.unread, shown.threads,
                                      shown.unread_threads};
      const auto expected = oracle_.count(shown.mailbox.id);
      ASSERT_EQ(counts, expected) << shown.mailbox.id << " " << counts.unread_threads << " "
                                  << expected.unread_threads;
    }
  }
  std::vector<std::string> paged(ListQuery query, std::size_t limit, bool backwards) {
    query.limit = limit;
    std::vector<std::string> ids;
    if (backwards) {
      query.limit = 1'000;
      const auto all = doc_ids(catalog_.list(query, {}).rows);
      if (all.empty()) return ids;
      query.limit = limit;
      query.anchor = {public_id(all.back()), 0};
    }
    for (;;) {
      const auto page = catalog_.list(query, {});
      EXPECT_FALSE(page.refused) << name(query);
      EXPECT_LE(page.rows.size(), limit);
      auto shown = doc_ids(page.rows);
      ids.insert(backwards ? ids.begin() : ids.end(), shown.begin(), shown.end());
      const auto& cursor = backwards ? page.previous : page.next;
      if (!cursor) return ids;
      query.anchor.reset();
      (backwards ? query.before : query.after) = cursor;
    }
  }

  std::mt19937 engine_{1};
  ListOracle oracle_;
};

TEST_F(CatalogListsTest, ListsAndCountsAreThoseOfBruteForce) {
  for (const unsigned value : {1U, 2U, 3U}) {
    seed(value);
    for (int step = 0; step < 25; ++step) {
      for (unsigned i = 0; i < 1 + random(30); ++i) edit(80);
      flush();
      const std::size_t limit = 1 + random(20);
      while (catalog_.project(stores_, limit).more) {
      }
      // Most steps find the catalog in order; in the first it was never put in it.
      if (step > 0 || value > 1) catalog_.order();
      for (int i = 0; i < 60; ++i) {
        expect_list(catalog_, any_query());
        if (HasFatalFailure()) return;
      }
      expect_counts();
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(CatalogListsTest, ARebuiltCatalogHasTheSameLists) {
  for (int i = 0; i < 300; ++i) write(i % 200);
  for (int i = 0; i < 200; ++i) {
    edit(200);
    if (i % 10 == 0) project();
  }
  project();
  Catalog fresh(folder_ / "fresh/catalog.db", replica::sqlite::Access::kReadWrite);
  project(fresh, 7);
  Catalog unordered(folder_ / "unordered/catalog.db", replica::sqlite::Access::kReadWrite);
  while (unordered.project(stores_, 50).more) {
  }
  for (int i = 0; i < 400; ++i) {
    const auto query = any_query();
    const auto page = catalog_.list(query, catalog_.checkpoint());
    ASSERT_EQ(page.rows, fresh.list(query, fresh.checkpoint()).rows) << name(query);
    ASSERT_EQ(page.rows, unordered.list(query, unordered.checkpoint()).rows) << name(query);
    auto other = query;
    other.ascending = !query.ascending;
    auto reversed = catalog_.list(other, catalog_.checkpoint()).rows;
    std::reverse(reversed.begin(), reversed.end());
    ASSERT_EQ(page.rows, reversed) << name(query);
  }
}

TEST_F(CatalogListsTest, PagesFollowEachOtherBothWaysInEveryList) {
  for (int i = 0; i < 150; ++i) write(i);
  project();
  for (int i = 0; i < 150; ++i) {
    const auto query = any_query();
    const auto all = doc_ids(catalog_.list(query, {}).rows);
    ASSERT_EQ(paged(query, 1 + random(12), false), all) << name(query);
    ASSERT_EQ(paged(query, 1 + random(12), true), all) << name(query);
  }
}

TEST_F(CatalogListsTest, APageIsFoundAroundAMessage) {
  for (int i = 0; i < 100; ++i) write(i);
  project();
  for (int i = 0; i < 300; ++i) {
    auto query = any_query();
    const auto all = doc_ids(catalog_.list(query, {}).rows);
    const auto id = fmt::format("m{:03}", random(100));
    const auto place = std::find(all.begin(), all.end(), id) - all.begin();
    const auto offset = static_cast<std::int64_t>(random(21)) - 10;
    query.limit = 1 + random(12);
    query.anchor = {public_id(id), offset};
    const auto page = catalog_.list(query, {});
    if (place == static_cast<std::ptrdiff_t>(all.size())) {
      ASSERT_EQ(page.refused, ListRefusal::kAnchorNotFound) << name(query);
      continue;
    }
    const auto size = static_cast<std::int64_t>(all.size());
    const auto begin = std::clamp<std::int64_t>(place + offset, 0, size);
    const auto end = std::min<std::int64_t>(begin + static_cast<std::int64_t>(query.limit), size);
    const std::vector<std::string> expected(all.begin() + begin, all.begin() + end);
    ASSERT_EQ(doc_ids(page.rows), expected) << name(query) << " " << id << " " << offset;
    if (begin < end) {
      ASSERT_EQ(page.next.has_value(), end < size) << name(query) << " " << offset;
      ASSERT_EQ(page.previous.has_value(), begin > 0) << name(query) << " " << offset;
    }
  }
}

TEST_F(CatalogListsTest, APageAroundAMessageIsFullAtBothEnds) {
  for (int i = 0; i < 40; ++i) write(i);
  project();
  for (int i = 0; i < 100; ++i) {
    auto query = any_query();
    const auto all = doc_ids(catalog_.list(query, {}).rows);
    if (all.empty()) continue;
    const auto place = static_cast<std::int64_t>(random(static_cast<unsigned>(all.size())));
    query.limit = 1 + random(12);
    const auto limit = static_cast<std::int64_t>(query.limit);
    query.anchor = {public_id(all[static_cast<std::size_t>(place)]), -limit / 2, true};
    const auto page = catalog_.list(query, {});
    const auto size = static_cast<std::int64_t>(all.size());
    const auto begin =
        std::clamp<std::int64_t>(place - limit / 2, 0, std::max<std::int64_t>(size - limit, 0));
    const auto end = std::min(begin + limit, size);
    const std::vector<std::string> expected(all.begin() + begin, all.begin() + end);
    ASSERT_EQ(doc_ids(page.rows), expected) << name(query) << " " << place;
    ASSERT_EQ(page.next.has_value(), end < size) << name(query) << " " << place;
    ASSERT_EQ(page.previous.has_value(), begin > 0) << name(query) << " " << place;
  }
}

TEST_F(CatalogListsTest, ACursorIsOfOneList) {
  for (int i = 0; i < 10; ++i) write(i);
  project();
  ListQuery query;
  query.limit = 2;
  query.after = catalog_.list(query, {}).next;
  ASSERT_TRUE(query.after);
  EXPECT_FALSE(catalog_.list(query, {}).refused);
  const auto refused = [&](auto change) {
    auto other = query;
    change(other);
    return catalog_.list(other, {}).refused == ListRefusal::kBadCursor;
  };
  EXPECT_TRUE(refused([](ListQuery& q) { q.ascending = true; }));
  EXPECT_TRUE(refused([](ListQuery& q) { q.sort = Sort::kSize; }));
  EXPECT_TRUE(refused([](ListQuery& q) { q.threads = true; }));
  EXPECT_TRUE(refused([](ListQuery& q) { q.filter.mailbox = "inbox"; }));
  EXPECT_TRUE(refused([](ListQuery& q) { q.filter.seen = false; }));
  EXPECT_TRUE(refused([](ListQuery& q) { q.after = "?"; }));
  EXPECT_TRUE(refused([](ListQuery& q) { q.after = ""; }));
  EXPECT_TRUE(refused([](ListQuery& q) { q.after->erase(10); }));
  EXPECT_TRUE(refused([](ListQuery& q) { q.after = std::string(100'000, 'A'); }));
  EXPECT_FALSE(refused([](ListQuery& q) { q.limit = 5; }));
}

// Mail arrives, moves and goes between two pages: what was there the whole time, in its place, is
// seen exactly once.
TEST_F(CatalogListsTest, PagingSeesOnceWhatStays) {
  for (const unsigned value : {1U, 2U, 3U, 4U, 5U, 6U}) {
    seed(value);
    for (int i = 0; i < 60; ++i) write(i);
    project();
    for (int turn = 0; turn < 12; ++turn) {
      auto query = any_query();
      query.threads = false;
      query.limit = 1 + random(6);
      const auto form = [](const OracleMessage& m) {
        return fmt::format("{} {} {} {} {} {}", m.received, m.sent.value_or(m.received), m.from,
                           m.to, m.subject, m.size);
      };
      std::map<std::string, std::string> stayed;
      for (const auto& message : oracle_.list(query)) stayed[message.id] = form(message);
      std::map<std::string, int> seen;
      for (;;) {
        const auto page = catalog_.list(query, {});
        for (const auto& id : doc_ids(page.rows)) ++seen[id];
        if (!page.next) break;
        query.after = page.next;
        for (int i = 0; i < 4; ++i) edit(90);
        project();
        for (auto known = stayed.begin(); known != stayed.end();) {
          const auto now = oracle_.messages.find(known->first);
          const bool is_same = now != oracle_.messages.end() &&
                               ListOracle::matches(now->second, query.filter) &&
                               form(now->second) == known->second;
          known = is_same ? std::next(known) : stayed.erase(known);
        }
      }
      for (const auto& [id, key] : stayed) ASSERT_EQ(seen[id], 1) << id << " " << name(query);
    }
  }
}

TEST_F(CatalogListsTest, UnreadThreadsAreCountedAsRfc8621Says) {
  const auto message_in = [this](const char* id, const char* mailbox, const char* keywords) {
    message(
        id, "2020-01-01T00:00:00Z",
        fmt::format(
            R"("messageId":["{}@x"],"references":["t@x"],"mailboxIds":{{"{}":true}},"keywords":{{{}}})",
            id, mailbox, keywords));
  };
  const auto counts = [this] {
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> found;
    for (const auto& each : catalog_.mailboxes())
      found[each.mailbox.id] = {each.unread, each.unread_threads};
    return found;
  };
  using Expected = std::map<std::string, std::pair<std::int64_t, std::int64_t>>;
  // The example of the RFC: an unread message in the trash and a read one in the inbox, of one
  // thread.
  message_in("a", "trash", "");
  message_in("b", "inbox", R"("$seen":true)");
  project();
  EXPECT_EQ(counts(), (Expected{{"inbox", {0, 1}}, {"trash", {1, 1}}})) << "no trash yet";
  put(Doctype::kMailboxes, "trash", R"("name":"Trash","role":"trash")");
  project();
  EXPECT_EQ(counts(), (Expected{{"inbox", {0, 0}}, {"trash", {1, 1}}}));
  message_in("c", "sent", "");
  project();
  EXPECT_EQ(counts(), (Expected{{"inbox", {0, 1}}, {"sent", {1, 1}}, {"trash", {1, 1}}}));
  message_in("c", "sent", R"("$draft":true)");
  project();
  EXPECT_EQ(counts(), (Expected{{"inbox", {0, 0}}, {"sent", {0, 0}}, {"trash", {1, 1}}}));
  put(Doctype::kMailboxes, "trash", R"("name":"Trash","role":null)");
  project();
  EXPECT_EQ(counts(), (Expected{{"inbox", {0, 1}}, {"sent", {0, 1}}, {"trash", {1, 1}}}));
}

TEST_F(CatalogListsTest, TextsSortWithoutCaseAccentsAndMarks) {
  const std::pair<const char*, const char*> names[] = {
      {"a", "\xc3\x84pfel"}, {"b", "apfelbaum"}, {"c", "\\\"Zebra\\\""}, {"d", "\xc3\xa9toile"},
      {"e", "Apfel"},        {"f", ""},          {"g", "\xe3\x81\x82"}};
  int hour = 0;
  for (const auto& [id, name] : names) {
    message(
        id, time(hour++),
        fmt::format(R"("from":[{{"name":"{}","email":"m@x"}}],"subject":"Re: {}")", name, name));
  }
  project();
  ListQuery query;
  query.ascending = true;
  query.sort = Sort::kFrom;
  EXPECT_THAT(listed(query), ElementsAre("e", "a", "b", "d", "f", "c", "g")) << "f by address";
  query.sort = Sort::kSubject;
  EXPECT_THAT(listed(query), ElementsAre("f", "e", "a", "b", "d", "c", "g"));
  query.ascending = false;
  EXPECT_THAT(listed(query), ElementsAre("g", "c", "d", "b", "a", "e", "f"));
}

// A killed bulk load leaves lists that are right, and is made up for.
TEST_F(CatalogListsTest, WhatWasNotPutInOrderIsMadeUpFor) {
  for (int i = 0; i < 120; ++i) write(i);
  flush();
  while (catalog_.project(stores_, 1'000).more) {
  }
  for (int i = 0; i < 100; ++i) expect_list(catalog_, any_query());
  catalog_.order();
  for (int i = 0; i < 100; ++i) expect_list(catalog_, any_query());
}

}  // namespace
}  // namespace indexer
