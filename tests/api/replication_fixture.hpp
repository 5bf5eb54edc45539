// Replication of accounts of a CouchDB in memory, which counts what it is asked.
#pragma once

#include <chrono>
#include <fmt/format.h>
#include <functional>
#include <gmock/gmock.h>
#include <string>
#include <thread>

#include "api/replication.hpp"
#include "mail/parser.hpp"
#include "tests/support/memory_couchdb.hpp"
#include "tests/support/program.hpp"
#include "tests/support/support.hpp"

using namespace std::chrono_literals;
using api::FeedState;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

inline bool eventually(const std::function<bool()>& done) {
  for (int attempt = 0; attempt < 2'000; ++attempt) {
    if (done()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

inline std::uint64_t asked(const support::MemoryCouchdb& couch) {
  return couch.counters().all_requests();
}

// Nothing is asked any more, as far as half a second tells.
inline bool is_quiet(const support::MemoryCouchdb& couch) {
  for (int attempt = 0; attempt < 40; ++attempt) {
    const auto before = asked(couch);
    std::this_thread::sleep_for(500ms);
    if (asked(couch) == before) return true;
  }
  return false;
}

inline std::string emails_of(const std::string& account) { return account + "/io-cozy-emails"; }

class ReplicationTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { mail::initialize(); }

  explicit ReplicationTest(support::CouchOptions options = {}) : couch_(std::move(options)) {
    config_.data_dir = folder_.path();
    config_.replication.account_idle = 1h;
    api::SourceConfig& source = config_.sources.emplace_back();
    source.name = "couch";
    source.address.url = couch_.url();
    source.has_all_accounts = true;
    source.poll_interval = 1h;
    source.doctypes = {mail::Doctype::kEmails};
  }

  void add(const std::string& account, const std::string& id) {
    couch_.create(emails_of(account));
    couch_.put(emails_of(account), id,
               R"({"subject":"Hello","receivedAt":"2021-01-01T00:00:00Z"})");
  }
  // A replication and its accounts, from start to end.
  struct Running {
    explicit Running(const api::Config& config)
        : accounts(config, replica::sqlite::Access::kReadWrite),
          replication(config, accounts, metrics) {
      replication.start();
    }
    [[nodiscard]] std::int64_t messages(const std::string& account) {
      const auto opened = accounts.find(account);
      return opened ? opened->message_count() : 0;
    }
    [[nodiscard]] api::SourceReport source() const { return replication.sources().at(0); }

    api::Accounts accounts;
    api::Metrics metrics;
    api::Replication replication;
  };

  support::TemporaryFolder folder_;
  support::MemoryCouchdb couch_;
  api::Config config_;
};
