// One store for all doctypes gives the lists that a store for each would give.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>

#include "indexer/catalog.hpp"
#include "indexer/stores.hpp"
#include "tests/support/store_edits.hpp"
#include "tests/support/support.hpp"

namespace indexer {
namespace {

using mail::Doctype;
using replica::sqlite::Access;
using testing::ElementsAre;
using testing::IsEmpty;

// Stores, a catalog over them, and a text index that follows it in memory.
class Side {
 public:
  Side(const std::filesystem::path& folder, std::optional<std::string> doctype_member)
      : stores_(folder, Access::kReadWrite, std::move(doctype_member)),
        catalog_(folder / "derived/1/catalog.db", Access::kReadWrite) {}

  void write(Doctype doctype, replica::IncomingRevision revision) {
    batches_[doctype].revisions.push_back(std::move(revision));
  }
  void flush() {
    for (auto& [doctype, batch] : batches_) stores_.create(doctype).commit(batch);
    batches_.clear();
  }
  void purge(Doctype doctype, const std::string& id) {
    flush();
    support::purge(stores_.create(doctype), {id});
  }
  void project(std::size_t limit) {
    flush();
    while (catalog_.project(stores_, limit).more) {
    }
  }
  void follow(std::size_t limit) {
    for (bool more = true; more;) {
      const auto changes = catalog_.text_changes(text_, limit);
      for (const auto& [kind, id] : changes.removed) indexed_.erase({kind, id});
      for (const auto& entry : changes.changed) indexed_[{entry.kind, entry.id}] = entry.contents;
      text_ = changes.reached;
      more = changes.more;
    }
    EXPECT_EQ(catalog_.text_pending(text_), 0);
  }

  // All that it shows.
  [[nodiscard]] std::vector<std::string> shown() const {
    std::vector<std::string> lines;
    const auto text = catalog_.checkpoint();
    const auto add = [&lines](const std::string& what, const std::vector<std::string>& rows) {
      for (const auto& row : rows) lines.push_back(what + ' ' + row);
    };
    ListQuery all;
    all.limit = 1'000;
    add("list", catalog_.list(all, text).rows);
    add("file", catalog_.files(all, text).rows);
    for (const auto& mailbox : catalog_.mailboxes()) {
      lines.push_back(fmt::format("mailbox {} {} {} {}", mailbox.mailbox.id, mailbox.mailbox.name,
                                  mailbox.total, mailbox.unread));
    }
    for (const auto& failure : catalog_.failures())
      lines.push_back("failure " + failure.doc_id + ' ' + failure.reason);
    for (int i = 0; i < kIds; ++i) {
      for (const auto& part : catalog_.bodies(id_number(i)))
        lines.push_back(fmt::format("body {} {} {}", i, part.content_id, part.type));
    }
    return lines;
  }
  // What the text index has: entries and their contents, without order.
  [[nodiscard]] std::vector<std::string> indexed() const {
    std::vector<std::string> lines;
    for (const auto& [key, contents] : indexed_) {
      lines.push_back(fmt::format("{} {} {}", static_cast<int>(key.first), key.second,
                                  fmt::join(contents, " ")));
    }
    return lines;
  }

  static constexpr int kIds = 12;
  static std::string id_number(int i) { return "d" + std::to_string(i); }
  Stores& stores() { return stores_; }
  Catalog& catalog() { return catalog_; }

 private:
  Stores stores_;
  Catalog catalog_;
  std::map<Doctype, replica::Batch> batches_;
  DerivedCheckpoint text_;
  std::map<std::pair<Kind, std::string>, std::vector<std::string>> indexed_;
};

class Doctypes : public testing::Test {
 protected:
  using Random = std::mt19937;

  // Members of a document of that doctype; the doctype itself among them, which separate stores do
  // not mind.
  static std::string document(Doctype doctype, const std::string& id, Random& random) {
    const auto pick = [&random] {
      return Side::id_number(static_cast<int>(random() % Side::kIds));
    };
    const auto name = mail::doctype_name(doctype);
    const auto head = fmt::format(R"({{"_id":"{}","doctype":"{}")", id, name);
    switch (doctype) {
      case Doctype::kEmails:
        return head +
               fmt::format(R"(,"messageId":["{}"],"references":["{}"],"subject":"s{}",)"
                           R"("receivedAt":"2001-05-{:02}T00:00:00Z","mailboxIds":{{"{}":true}},)"
                           R"("contents":["{}"]}})",
                           pick(), pick(), random() % 3, random() % 28 + 1, pick(), pick());
      case Doctype::kContents:
        return head + fmt::format(R"(,"email":"{}","type":"text/{}","content":"w{}"}})", pick(),
                                  random() % 2 == 0 ? "plain" : "html", random() % 9);
      case Doctype::kMailboxes:
        return head + fmt::format(R"(,"name":"n{}"}})", random() % 3);
      case Doctype::kFiles:
        return head +
               fmt::format(R"(,"type":"file","name":"f{}","updated_at":"2002-01-01T00:00:00Z"}})",
                           random() % 5);
    }
    return "{}";
  }

  // The document `id` from now on: of that doctype, or a tombstone. In separate stores it goes from
  // where it was.
  void write(const std::string& id, std::optional<Doctype> doctype, const std::string& body) {
    const auto before = doctype_of_.find(id);
    if (before != doctype_of_.end() && before->second != doctype) {
      separate_.write(before->second, revision(id, true, R"({"_deleted":true})"));
    }
    if (doctype) {
      separate_.write(*doctype, revision(id, false, body));
      doctype_of_[id] = *doctype;
    } else {
      doctype_of_.erase(id);
    }
    one_.write(Doctype::kEmails,
               revision(id, !doctype, doctype ? body : std::string(R"({"_deleted":true})")));
  }
  void purge(const std::string& id) {
    const auto before = doctype_of_.find(id);
    if (before != doctype_of_.end()) separate_.purge(before->second, id);
    one_.purge(Doctype::kEmails, id);
    doctype_of_.erase(id);
  }

  // Generations only grow, so that the last one written wins wherever it lies.
  replica::IncomingRevision revision(const std::string& id, bool deleted, const std::string& body) {
    ++revisions_;
    replica::IncomingRevision revision;
    revision.id = id;
    revision.rev = {revisions_, fmt::format("{:032x}", revisions_)};
    for (auto i = revisions_ - 1; i > 0; --i)
      revision.ancestors.push_back(fmt::format("{:032x}", i));
    revision.deleted = deleted;
    revision.body = body;
    return revision;
  }

  support::TemporaryFolder folder_;
  Side separate_{folder_ / "separate", std::nullopt};
  Side one_{folder_ / "one", "doctype"};
  std::map<std::string, Doctype> doctype_of_;
  std::uint64_t revisions_ = 0;
};

// Rows without the revision, of which the two sides have different ones.
std::vector<std::string> without_rev(std::vector<std::string> rows) {
  for (auto& row : rows) {
    const auto begin = row.find("\"rev\":\"");
    if (begin == std::string::npos) continue;
    row.erase(begin, row.find('"', begin + 7) - begin + 1);
  }
  return rows;
}

TEST_F(Doctypes, OneStoreGivesTheSameListsAsSeparateOnes) {
  for (unsigned seed = 0; seed < 3; ++seed) {
    Random random(seed);
    for (int step = 0; step < 80; ++step) {
      const auto id = Side::id_number(static_cast<int>(random() % Side::kIds));
      const auto action = random() % 10;
      if (action == 0) {
        write(id, std::nullopt, "");
      } else if (action == 1) {
        purge(id);
      } else {
        const auto doctype = mail::kDoctypes[random() % std::size(mail::kDoctypes)];
        write(id, doctype, document(doctype, id, random));
      }
      if (random() % 4 != 0) continue;
      const auto limit = random() % 5 + 1;
      separate_.project(limit);
      one_.project(limit);
      ASSERT_EQ(without_rev(one_.shown()), without_rev(separate_.shown())) << seed << ' ' << step;
      if (random() % 3 != 0) continue;
      separate_.follow(limit);
      one_.follow(limit);
      ASSERT_EQ(one_.indexed(), separate_.indexed()) << seed << ' ' << step;
    }
    Catalog fresh(folder_ / ("fresh" + std::to_string(seed)), Access::kReadWrite);
    one_.project(100);
    separate_.project(100);
    while (fresh.project(one_.stores(), 7).more) {
    }
    EXPECT_EQ(fresh.message_count(), one_.catalog().message_count());
    EXPECT_EQ(fresh.list({}, fresh.checkpoint()).rows,
              one_.catalog().list({}, one_.catalog().checkpoint()).rows);
    EXPECT_EQ(fresh.files({}, fresh.checkpoint()).rows,
              one_.catalog().files({}, one_.catalog().checkpoint()).rows);
  }
}

TEST_F(Doctypes, OneStoreHasOneNameAndOneFile) {
  auto& stores = one_.stores();
  EXPECT_THAT(stores.all(), IsEmpty());
  auto& store = stores.create(Doctype::kContents);
  for (const auto doctype : mail::kDoctypes) EXPECT_EQ(stores.find(doctype), &store);
  ASSERT_EQ(stores.all().size(), 1);
  EXPECT_EQ(stores.all()[0].database, "documents");
  EXPECT_EQ(stores.all()[0].store, &store);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "one/store/documents.db"));

  auto& separate = separate_.stores();
  std::ignore = separate.create(Doctype::kFiles);
  std::ignore = separate.create(Doctype::kEmails);
  std::vector<std::string> names;
  for (const auto& each : separate.all()) names.push_back(each.database);
  EXPECT_THAT(names, ElementsAre("io-cozy-emails", "io-cozy-files"));
}

TEST_F(Doctypes, OtherDoctypesAreIgnored) {
  const auto put = [this](const std::string& id, const std::string& body) {
    one_.write(Doctype::kEmails, revision(id, false, body));
    one_.project(10);
  };
  put("a", R"({"doctype":"io.cozy.contacts","subject":"none"})");
  put("b", R"({"subject":"no doctype"})");
  put("c", R"({"doctype":7})");
  put("_design/x", R"({"doctype":"io.cozy.emails"})");
  put("d", R"({"other":{"doctype":"io.cozy.emails"}})");
  EXPECT_THAT(one_.shown(), IsEmpty());
  put("e", R"({"doctype":"io.cozy.emails","subject":"x"})");
  EXPECT_EQ(one_.catalog().message_count(), 1);
  put("e", R"({"doctype":"io.cozy.contacts"})");
  EXPECT_EQ(one_.catalog().message_count(), 0);
}

TEST_F(Doctypes, DocumentThatCannotBeReadIsNamedUntilItCan) {
  const auto put = [this](const std::string& body) {
    one_.write(Doctype::kEmails, revision("a", false, body));
    one_.project(10);
  };
  put(R"({"doctype":"io.cozy.files","type":"file","name":"f"})");
  put(R"({"doctype":"io.cozy.files",)");
  ASSERT_EQ(one_.catalog().failures().size(), 1);
  EXPECT_EQ(one_.catalog().failures()[0].doc_id, "a");
  EXPECT_THAT(one_.catalog().files({}, {}).rows, IsEmpty());
  put(R"({"doctype":"io.cozy.files","type":"file","name":"f"})");
  EXPECT_THAT(one_.catalog().failures(), IsEmpty());
  EXPECT_EQ(one_.catalog().files({}, {}).rows.size(), 1);
}

}  // namespace
}  // namespace indexer
