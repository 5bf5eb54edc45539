// An account of invented mail, with replies, keywords, mailboxes, bodies apart and within, files,
// deletions and conflicts, and a doctor for it.
#pragma once

#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "indexer/doctor.hpp"
#include "tests/indexer/document_history.hpp"
#include "tests/support/support.hpp"

namespace indexer {

class DoctorFixture : public testing::Test {
 protected:
  using Doctype = mail::Doctype;

  [[nodiscard]] std::filesystem::path folder() const { return folder_ / "alice"; }
  [[nodiscard]] std::shared_ptr<Account> open() const {
    return std::make_shared<Account>(folder(), "alice", replica::sqlite::Access::kReadWrite);
  }
  [[nodiscard]] DoctorTarget target() const {
    DoctorTarget target;
    target.folder = folder();
    target.name = "alice";
    target.open = [this] { return open(); };
    return target;
  }
  [[nodiscard]] DoctorReport examined() const {
    Progress progress;
    return examine(target(), progress);
  }
  [[nodiscard]] DoctorReport repaired() const {
    Progress progress;
    return examine_and_repair(target(), progress);
  }
  [[nodiscard]] static std::string in_words(const DoctorReport& report) {
    std::string words = fmt::format("{} differences\n", report.findings.count());
    for (const auto& each : report.findings.named())
      words += fmt::format("{} {} '{}': {}\n", name_of(each.where), name_of(each.kind), each.doc_id,
                           each.detail);
    return words;
  }
  void expect_sound(const std::string& when) const {
    const auto report = examined();
    EXPECT_EQ(report.findings.count(), 0) << when << "\n" << in_words(report);
  }

  // ── A history ──
  void put(Account& account, Doctype doctype, const std::string& id, const std::string& body,
           bool deleted = false) {
    replica::Batch batch;
    batch.revisions = {history_.next(doctype, id, body, deleted)};
    account.stores().create(doctype).commit(batch);
  }
  void remove(Account& account, Doctype doctype, const std::string& id) {
    put(account, doctype, id, fmt::format(R"({{"_id":"{}","_deleted":true}})", id), true);
  }
  static void follow(Account& account) {
    Progress progress;
    account.project(progress);
    account.index(progress);
  }
  // Then numbers are ranks: hits of equal relevance are in their order.
  void rebuild() const {
    Progress progress;
    open()->reindex(progress);
  }
  // So many changes, lists and text following now and then.
  void write_history(std::uint64_t seed, int changes) {
    random_.seed(seed);
    const auto account = open();
    for (int i = 0; i < changes; ++i) {
      change(*account);
      if (below(12) == 0) follow(*account);
    }
  }
  [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  // All that a reader sees.
  [[nodiscard]] std::string everything() const {
    const auto account = open();
    follow(*account);
    std::string seen;
    for (const char* mailbox : {"", "inbox", "trash", "sent", "box"}) {
      for (const bool threads : {false, true}) {
        for (const auto sort : {Sort::kReceived, Sort::kSubject, Sort::kFrom, Sort::kSize}) {
          ListQuery query;
          query.filter.mailbox = mailbox;
          query.threads = threads;
          query.sort = sort;
          query.limit = 1'000;
          const auto page = account->list(query);
          seen += fmt::format("{} {} {}\n", mailbox, page.total, page.unread);
          for (const auto& row : page.rows) seen += row + "\n";
        }
      }
    }
    for (const auto& each : account->mailboxes())
      seen += fmt::format("{} {} {} {} {}\n", each.mailbox.name, each.total, each.unread,
                          each.threads, each.unread_threads);
    for (const auto& each : account->complete("a", 50)) seen += each.email + " " + each.name + "\n";
    for (const char* words : {"alpha", "beta", "gamma", "subject:delta", "\"alpha beta\"",
                              "from:ada", "alpha OR gamma", "before:2021"}) {
      for (const auto order : {SearchOrder::kDate, SearchOrder::kRelevance})
        seen += found(*account, words, order);
    }
    return seen;
  }
  [[nodiscard]] static std::string found(const Account& account, std::string_view words,
                                         SearchOrder order) {
    const auto query = parse_query(words);
    SearchRequest request;
    request.query = &*query;
    request.limit = 1'000;
    request.order = order;
    const auto answer = account.search(request, false);
    std::string seen = fmt::format("{}: {}\n", words, answer->total);
    for (const auto& hit : answer->hits) seen += fmt::format("{:.4f} {}\n", hit.score, hit.row);
    return seen;
  }

  // ── Copies of the account, and faults in it ──
  void keep_copy() const {
    std::filesystem::remove_all(folder_ / "copy");
    std::filesystem::copy(folder(), folder_ / "copy", std::filesystem::copy_options::recursive);
  }
  void put_copy_back() const {
    std::filesystem::remove_all(folder());
    std::filesystem::copy(folder_ / "copy", folder(), std::filesystem::copy_options::recursive);
  }
  [[nodiscard]] std::filesystem::path generation() const {
    auto name = support::read_file(folder() / "derived/current");
    name.pop_back();
    return folder() / "derived" / name;
  }
  static void execute(const std::filesystem::path& database, const std::string& sql) {
    const replica::sqlite::Connection connection(database, replica::sqlite::Access::kReadWrite,
                                                 replica::sqlite::Durability::kNormal);
    connection.execute(sql);
  }

  support::TemporaryFolder folder_;

 private:
  std::string words(std::size_t count) {
    static const char* const kWords[] = {"alpha", "beta", "gamma", "delta", "running", "häuser"};
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += std::string(kWords[below(6)]) + " ";
    return text;
  }
  std::string message_body(const std::string& id) {
    static const char* const kPeople[] = {"ada", "bob", "cyd", "alan"};
    static const char* const kBoxes[] = {"inbox", "trash", "sent", "box"};
    std::string body = fmt::format(
        R"({{"_id":"{}","messageId":["{}@x"],"subject":"{}","from":[{{"name":"{}","email":"{}@example.org"}}],)"
        R"("to":[{{"name":"","email":"{}@example.org"}}],"receivedAt":"20{:02}-01-{:02}T10:00:00Z","size":{},)"
        R"("mailboxIds":{{"{}":true}},"keywords":{{{}}})",
        id, id, words(2), kPeople[below(4)], kPeople[below(4)], kPeople[below(4)], 18 + below(6),
        1 + below(28), below(10'000), kBoxes[below(4)],
        below(2) == 0   ? R"("$seen":true)"
        : below(2) == 0 ? R"("$flagged":true,"work":true)"
                        : "");
    if (below(3) == 0) body += fmt::format(R"(,"inReplyTo":["m{}@x"])", below(40));
    if (below(3) == 0) body += fmt::format(R"(,"text":"{}")", words(8));
    if (below(4) == 0) body += fmt::format(R"(,"contents":["c{}"])", below(40));
    return body + "}";
  }
  void change(Account& account) {
    const auto number = below(40);
    const auto message = fmt::format("m{}", number), content = fmt::format("c{}", number);
    switch (below(12)) {
      case 0:
        return remove(account, Doctype::kEmails, message);
      case 1:
        return remove(account, Doctype::kContents, content);
      case 2:
      case 3:
      case 4:
        return put(account, Doctype::kContents, content,
                   fmt::format(R"({{"_id":"{}","email":"m{}","type":"text/plain","content":"{}"}})",
                               content, below(40), words(20)));
      case 5:
        return put(
            account, Doctype::kMailboxes, below(2) == 0 ? "box" : "trash",
            fmt::format(R"({{"name":"Box","role":{}}})", below(2) == 0 ? R"("trash")" : "null"));
      case 6:
        return put(
            account, Doctype::kFiles, fmt::format("f{}", number),
            fmt::format(R"({{"name":"{}.txt","type":"file","mime":"text/plain","tags":["beta"]}})",
                        words(1)));
      case 7:
        return put(account, Doctype::kEmails, message, "7");
      default:
        return put(account, Doctype::kEmails, message, message_body(message));
    }
  }

  std::mt19937_64 random_;
  DocumentHistory history_;
};

}  // namespace indexer
