#include "indexer/completion.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <random>
#include <set>

#include "tests/indexer/catalog_fixture.hpp"

namespace indexer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CompletionTest : public CatalogFixture {
 protected:
  void received(const std::string& id, const std::string& date, const std::string& from,
                const std::string& more = "") {
    message(id, date + "T00:00:00Z",
            fmt::format(R"("from":[{}],"mailboxIds":{{"in":true}}{}{})", from,
                        more.empty() ? "" : ",", more));
  }
  void sent(const std::string& id, const std::string& date, const std::string& to) {
    message(id, date + "T00:00:00Z",
            fmt::format(R"("from":[{{"name":"Me","email":"me@x.org"}}],"to":[{}],)"
                        R"("mailboxIds":{{"out":true}})",
                        to));
  }
  void mailbox(const std::string& id, const std::string& role) {
    put(Doctype::kMailboxes, id, fmt::format(R"("name":"{}","role":"{}")", id, role));
  }
  [[nodiscard]] static std::string person(const std::string& name, const std::string& email) {
    return fmt::format(R"({{"name":"{}","email":"{}"}})", name, email);
  }
  [[nodiscard]] std::vector<std::string> emails(const std::string& typed,
                                                std::size_t limit = 10) const {
    std::vector<std::string> found;
    for (const auto& each : catalog_.complete(typed, limit)) found.push_back(each.email);
    return found;
  }
};

TEST_F(CompletionTest, FindsByWordsOfTheNameAndPartsOfTheAddress) {
  received("a", "2020-01-01", person("Ada Lovelace", "Ada.King@mail.Example.org"));
  received("b", "2020-01-02", person("Amélie", "amelie@poulain.fr"));
  project();
  for (const char* typed : {"ada", "LOVE", "ada ex", "ex ada", "king", "mail.ex", "@mail", "ada.k",
                            "Ada Lovelace", "ada.king@mail.example.org", "love king exam"})
    EXPECT_THAT(emails(typed), ElementsAre("ada.king@mail.example.org")) << typed;
  for (const char* typed : {"amelie", "AMÉ", "pou am"})
    EXPECT_THAT(emails(typed), ElementsAre("amelie@poulain.fr")) << typed;
  for (const char* typed : {"lace", "org", "ada poulain", "zoe", "ada ada.x"})
    EXPECT_THAT(emails(typed), IsEmpty()) << typed;
  EXPECT_THAT(emails(""), ElementsAre("amelie@poulain.fr", "ada.king@mail.example.org"));
  EXPECT_THAT(emails("", 1), ElementsAre("amelie@poulain.fr"));
  EXPECT_THAT(emails("", 0), IsEmpty());
}

TEST_F(CompletionTest, SaysHowOftenAndWhenLast) {
  received("a", "2020-01-01", person("Ada", "ada@x.org"));
  received("b", "2020-03-01", person("Bob", "bob@x.org"), R"("cc":[{"email":"ADA@x.org"}])");
  received("c", "2020-02-01", person("Ada", "ada@x.org"), R"("to":[{"email":"ada@x.org"}])");
  project();
  auto found = catalog_.complete("ada", 10);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].name, "Ada");
  EXPECT_EQ(found[0].count, 3) << "once for each message";
  EXPECT_EQ(found[0].last_seen, 1'583'020'800) << "2020-03-01";
  remove(Doctype::kEmails, "b");
  project();
  found = catalog_.complete("ada", 10);
  EXPECT_EQ(found[0].count, 2);
  EXPECT_EQ(found[0].last_seen, 1'580'515'200) << "2020-02-01";
}

TEST_F(CompletionTest, PeopleWrittenToComeFirstAndProgramsLast) {
  mailbox("out", "sent");
  for (int i = 0; i < 20; ++i) {
    received(fmt::format("f{}", i), "2020-01-01", person("Axel", "axel@x.org"));
    received(fmt::format("n{}", i), "2020-01-01", person("A shop", "noreply@a.org"));
  }
  received("l", "2020-01-01", person("Ann", "ann@x.org"),
           R"("to":[{"email":"along@x.org"}],"replyTo":[{"email":"answers@x.org"}])");
  sent("s", "2010-01-01", person("Ada", "ada@x.org"));
  project();
  EXPECT_THAT(emails("a"), ElementsAre("ada@x.org", "axel@x.org", "ann@x.org", "answers@x.org",
                                       "along@x.org", "noreply@a.org"))
      << "authors before recipients";
  EXPECT_THAT(emails("me"), IsEmpty()) << "who writes is not whom one writes to";
}

TEST_F(CompletionTest, ANewMessageCountsTwiceOneOfTwoYearsBefore) {
  received("old1", "2016-01-01", person("", "old@x.org"));
  received("old2", "2016-01-01", person("", "old@x.org"));
  received("new1", "2018-06-01", person("", "new@x.org"));
  project();
  EXPECT_THAT(emails(""), ElementsAre("new@x.org", "old@x.org"));
  received("old3", "2016-01-01", person("", "old@x.org"));
  project();
  EXPECT_THAT(emails(""), ElementsAre("old@x.org", "new@x.org"));
}

TEST_F(CompletionTest, TheNameIsTheOneMostUsed) {
  received("1", "2020-01-01", person("Ada Byron", "ada@x.org"));
  project();
  EXPECT_EQ(catalog_.complete("ada", 1)[0].name, "Ada Byron");
  received("2", "2020-01-01", person("Ada King", "ada@x.org"));
  received("3", "2020-01-01", person("Ada King", "ada@x.org"));
  received("4", "2020-01-01", person("", "ada@x.org"));
  received("5", "2020-01-01", person(" 'ada@X.org' ", "ada@x.org"));
  project();
  EXPECT_EQ(catalog_.complete("ada", 1)[0].name, "Ada King");
  EXPECT_THAT(emails("byron"), IsEmpty());
  EXPECT_THAT(emails("king"), ElementsAre("ada@x.org"));
  remove(Doctype::kEmails, "2");
  remove(Doctype::kEmails, "3");
  project();
  EXPECT_EQ(catalog_.complete("ada", 1)[0].name, "Ada Byron");
  EXPECT_THAT(emails("king"), IsEmpty());
  EXPECT_THAT(emails("byron"), ElementsAre("ada@x.org"));
}

TEST_F(CompletionTest, JunkAndDraftsDoNotCount) {
  mailbox("spam", "junk");
  mailbox("begun", "drafts");
  for (const char* box : {"spam", "begun"})
    message(box, "2020-01-01T00:00:00Z",
            fmt::format(R"("from":[{{"email":"{0}@x.org"}}],"mailboxIds":{{"{0}":true}})", box));
  message("draft", "2020-01-01T00:00:00Z",
          R"("to":[{"email":"draft@x.org"}],"keywords":{"$draft":true})");
  project();
  EXPECT_THAT(emails(""), IsEmpty());
  mailbox("spam", "archive");
  project();
  EXPECT_THAT(emails(""), ElementsAre("spam@x.org"));
  message("draft", "2020-01-01T00:00:00Z",
          R"("to":[{"email":"draft@x.org"}],"keywords":{"$sent":true})");
  project();
  EXPECT_THAT(emails(""), ElementsAre("draft@x.org", "spam@x.org")) << "it was sent";
}

TEST_F(CompletionTest, AMailboxMayBecomeTheSentOneLater) {
  sent("s", "2020-01-01", person("Zoe", "zoe@x.org"));
  received("r", "2020-01-01", person("Ada", "ada@x.org"));
  project();
  EXPECT_THAT(emails(""), ElementsAre("ada@x.org", "me@x.org", "zoe@x.org"));
  mailbox("out", "sent");
  project();
  EXPECT_THAT(emails(""), ElementsAre("zoe@x.org", "ada@x.org"));
  remove(Doctype::kMailboxes, "out");
  project();
  EXPECT_THAT(emails(""), ElementsAre("ada@x.org", "me@x.org", "zoe@x.org"));
}

TEST_F(CompletionTest, WhatIsNoAddressIsLeftOut) {
  const std::string longer(101, 'x');
  received("a", "2020-01-01",
           R"({"name":"No address","email":""},{"email":"local"},{"email":"@x"},
      {"email":"a@"},{"email":"a b@x.org"},{"email":"a\u0000@x.org"},{"email":"<a@x.org>"},{"email":")" +
               longer + R"(@x.org"},{"name":")" + longer + R"(","email":"long@x.org"})");
  project();
  EXPECT_THAT(emails(""), ElementsAre("long@x.org"));
  EXPECT_EQ(catalog_.complete("", 1)[0].name, "") << "longer than a name may be";
}

TEST_F(CompletionTest, OfAMassMailFiftyCount) {
  std::string to;
  for (int i = 0; i < 1'000; ++i)
    to += fmt::format(R"({}{{"email":"p{}@x.org"}})", i == 0 ? "" : ",", i);
  received("a", "2020-01-01", person("", "from@x.org"), R"("to":[)" + to + "]");
  project();
  EXPECT_EQ(emails("", 100).size(), 50U);
  EXPECT_THAT(emails("from"), ElementsAre("from@x.org"));
}

TEST_F(CompletionTest, CommonBeginningsGiveTheBestToo) {
  constexpr int kPeople = 3'000;
  for (int i = 0; i < kPeople; ++i)
    received(fmt::format("m{}", i), "2020-01-01",
             person(fmt::format("Common N{:04}", i), fmt::format("c{:04}@x.org", i)));
  for (int i = 0; i < 30; ++i)
    received(fmt::format("b{}", i), "2020-01-01", person("Common N2990", "c2990@x.org"));
  project();
  EXPECT_THAT(emails("comm", 2), ElementsAre("c2990@x.org", "c0000@x.org"));
  EXPECT_THAT(emails("comm x", 2), ElementsAre("c2990@x.org", "c0000@x.org"));
  EXPECT_THAT(emails("c n29", 2), ElementsAre("c2990@x.org", "c2900@x.org"));
  EXPECT_THAT(emails("comm n1234"), ElementsAre("c1234@x.org"));
  EXPECT_THAT(emails("comm y"), IsEmpty());
}

// ── A model that counts all messages for each answer ──

struct Address {
  std::string name, email;
};
struct Mail {
  std::vector<Address> from, reply_to, to, cc;
  std::string date, mailbox, keyword;
};

// As it is typed and found; the names below have no others.
std::string plain(std::string text) {
  for (const auto& [accented, letter] :
       std::map<std::string, std::string>{{"é", "e"}, {"É", "e"}, {"Ø", "o"}, {"ü", "u"}})
    for (auto at = text.find(accented); at != text.npos; at = text.find(accented))
      text.replace(at, accented.size(), letter);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool found_in(const std::string& text, const std::string& word) {
  const auto letter = [&](std::size_t at) {
    return std::isalnum(static_cast<unsigned char>(text[at])) != 0;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = text[at] == '@' || (letter(at) && (at == 0 || !letter(at - 1)));
    const bool last_of_domain =
        at > 0 && text[at - 1] == '.' && text.find('.', at) == text.npos && text.rfind('@') < at;
    if (begins && !last_of_domain && text.compare(at, word.size(), word) == 0) return true;
  }
  return false;
}

class Model {
 public:
  std::map<std::string, Mail> mails;
  std::map<std::string, std::string> roles;  // of mailboxes

  [[nodiscard]] std::vector<std::string> complete(const std::vector<std::string>& typed,
                                                  std::size_t limit) const {
    std::map<std::string, Person> people;
    for (const auto& [id, mail] : mails) add(mail, people);
    std::vector<std::tuple<int, double, std::string, std::string>> order;
    for (auto& [email, person] : people) {
      if (person.count == 0) continue;
      std::string name;
      double best = -1;
      for (const auto& [each, score] : person.names) {
        if (!each.empty() && score > best) best = score, name = each;
      }
      const auto text = plain(name) + " " + email;
      if (!std::all_of(typed.begin(), typed.end(),
                       [&](const std::string& word) { return found_in(text, plain(word)); }))
        continue;
      const int rank = email.starts_with("noreply") ? 2 : person.written > 0 ? 0 : 1;
      order.emplace_back(rank, -person.score, email,
                         fmt::format("{} <{}> {} {}", name, email, person.count, person.last));
    }
    std::sort(order.begin(), order.end());
    std::vector<std::string> found;
    for (auto& each : order) {
      if (found.size() < limit) found.push_back(std::get<3>(each));
    }
    return found;
  }

 private:
  struct Person {
    std::map<std::string, double> names;
    double score = 0;
    int count = 0, written = 0;
    std::string last;
  };

  void add(const Mail& mail, std::map<std::string, Person>& people) const {
    const auto role = roles.contains(mail.mailbox) ? roles.at(mail.mailbox) : "";
    const bool sent = role == "sent" || mail.keyword == "$sent";
    const bool left_out = !sent && (role == "junk" || role == "drafts" || mail.keyword == "$draft");
    std::set<std::string> seen;
    const auto count = [&](const std::vector<Address>& addresses, bool author) {
      for (const auto& address : addresses) {
        if (!seen.insert(plain(address.email)).second || left_out || (sent && author)) continue;
        auto& person = people[plain(address.email)];
        // All dates are in one quarter of a year: newer ones are tested apart.
        const double score = sent ? 8 : author ? 4 : 1;
        person.names[address.name] += score;
        person.score += score;
        ++person.count;
        person.written += sent ? 1 : 0;
        person.last = std::max(person.last, mail.date);
      }
    };
    count(mail.from, true);
    count(mail.reply_to, true);
    count(mail.to, false);
    count(mail.cc, false);
  }
};

std::string json_of(const std::vector<Address>& addresses) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& each : addresses) list.push_back({{"name", each.name}, {"email", each.email}});
  return list.dump();
}

std::string shown(const Completion& completion) {
  const std::chrono::sys_seconds last{std::chrono::seconds(completion.last_seen)};
  return fmt::format("{} <{}> {} {}", completion.name, completion.email, completion.count,
                     mail::to_rfc3339({last, std::chrono::minutes(0)}));
}

// Messages and mailboxes that come, change and go at random, told to the model and put into the
// stores.
class RandomMail : public CompletionTest {
 protected:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::vector<Address> some(std::size_t most) {
    static const std::vector<std::string> emails = {
        "ada@example.org", "Ada.B@x.example.net", "bob@example.org",  "noreply@shop.de",
        "zoe_x@a.b.org",   "oester@lund.se",      "carl+lists@x.org", "me@home.org"};
    static const std::vector<std::string> names = {"",    "Ada",        "Ada Byron", "Bob Éxample",
                                                   "Zoé", "Øster Lund", "Müller",    "B. Bob"};
    std::vector<Address> addresses;
    for (std::size_t count = below(most + 1); count > 0; --count)
      addresses.push_back({names[below(names.size())], emails[below(emails.size())]});
    return addresses;
  }

  void edit_message() {
    const auto id = fmt::format("m{}", below(60));
    if (below(4) == 0) {
      if (model_.mails.erase(id) > 0) remove(Doctype::kEmails, id);
      return;
    }
    const char* mailboxes[] = {"in", "out", "spam", "other"};
    const char* keywords[] = {"$seen", "$seen", "$sent", "$draft"};
    Mail mail;
    mail.from = some(1);
    mail.reply_to = some(1);
    mail.to = some(3);
    mail.cc = some(2);
    mail.date = fmt::format("2020-02-{:02}T00:00:00Z", 1 + below(28));
    mail.mailbox = mailboxes[below(4)];
    mail.keyword = keywords[below(4)];
    message(id, mail.date,
            fmt::format(R"("from":{},"replyTo":{},"to":{},"cc":{},"mailboxIds":{{"{}":true}},)"
                        R"("keywords":{{"{}":true}})",
                        json_of(mail.from), json_of(mail.reply_to), json_of(mail.to),
                        json_of(mail.cc), mail.mailbox, mail.keyword));
    model_.mails[id] = std::move(mail);
  }

  void edit_mailbox() {
    const char* ids[] = {"in", "out", "spam"};
    const char* roles[] = {"inbox", "sent", "junk", "drafts"};
    const std::string id = ids[below(3)];
    model_.roles[id] = roles[below(4)];
    mailbox(id, model_.roles[id]);
  }

  void compare(const Catalog& catalog, const std::string& when) {
    static const std::vector<std::string> words = {"a",  "ada", "b",  "x",    "example", "zoe",
                                                   "o",  "mul", "ex", "@ex",  "org",     "lund",
                                                   "no", "me",  "Ø",  "lists"};
    for (int query = 0; query < 20; ++query) {
      std::vector<std::string> typed;
      for (auto count = below(3); count > 0; --count) typed.push_back(words[below(words.size())]);
      const auto text = fmt::format("{}", fmt::join(typed, " "));
      const std::size_t limit = 1 + below(12);
      std::vector<std::string> found;
      for (const auto& each : catalog.complete(text, limit)) found.push_back(shown(each));
      ASSERT_EQ(found, model_.complete(typed, limit)) << when << " '" << text << "'";
    }
  }

  Model model_;
  std::mt19937 random_;
};

TEST_F(RandomMail, CompletionIsAFunctionOfTheMessagesPresent) {
  constexpr int kSteps = 60, kStepsOfAFreshCatalog = 10;
  for (int step = 0; step < kSteps; ++step) {
    for (auto edits = 1 + below(20); edits > 0; --edits) edit_message();
    if (below(3) == 0) edit_mailbox();
    project(catalog_, 1 + below(9));
    compare(catalog_, fmt::format("step {}", step));
    if (step % kStepsOfAFreshCatalog != 0) continue;
    Catalog fresh(folder_ / fmt::format("fresh/{}/catalog.db", step),
                  replica::sqlite::Access::kReadWrite);
    project(fresh);
    compare(fresh, fmt::format("made anew at step {}", step));
  }
  for (int i = 0; i < 60; ++i) remove(Doctype::kEmails, fmt::format("m{}", i));
  project();
  EXPECT_THAT(catalog_.complete("", 10), IsEmpty());
}

}  // namespace
}  // namespace indexer
