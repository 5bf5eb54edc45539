// Routes over an account in a folder of its own, without a socket.
#pragma once

#include <chrono>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "api/routes.hpp"
#include "api/task_kinds.hpp"
#include "mail/parser.hpp"
#include "tests/support/support.hpp"

inline std::string field(const api::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.fields) {
    if (key == name) return value;
  }
  return {};
}

// An account "alice", empty at first.
class RoutesFixture : public testing::Test {
 protected:
  static void SetUpTestSuite() { mail::initialize(); }
  RoutesFixture() { tasks_.serve(api::task_kinds(config_, accounts_, &replication_)); }
  static api::Config config_in(const std::filesystem::path& folder) {
    api::Config config;
    config.data_dir = folder;
    return config;
  }

  api::HttpResponse ask(std::string method, std::string path,
                        std::multimap<std::string, std::string> query = {},
                        std::string accept = "") {
    return routes_.handle({.method = std::move(method),
                           .path = std::move(path),
                           .query = std::move(query),
                           .accept = std::move(accept),
                           .payload = {},
                           .content_type = {},
                           .needs_no_token = true});
  }
  api::HttpResponse get(std::string path, std::multimap<std::string, std::string> query = {},
                        std::string accept = "") {
    return ask("GET", std::move(path), std::move(query), std::move(accept));
  }
  nlohmann::json get_json(std::string path, std::multimap<std::string, std::string> query = {}) {
    const auto response = get(std::move(path), std::move(query));
    EXPECT_EQ(response.status, 200) << response.payload;
    return nlohmann::json::parse(response.payload);
  }

  // Imports one message over the admin route, waits for its task, and sets `id_`.
  void import_message(std::string_view raw) {
    support::write_file(folder_ / "mail/cur/1:2,", raw);
    const nlohmann::json payload = {{"paths", {(folder_ / "mail").string()}}};
    const auto started = routes_.handle({"POST",
                                         "/v1/admin/accounts/alice/import",
                                         {},
                                         "",
                                         payload.dump(),
                                         true,
                                         "application/json"});
    ASSERT_EQ(started.status, 202) << started.payload;
    nlohmann::json task;
    for (int turn = 0; turn < 6'000; ++turn) {
      task = get_json(field(started, "Location"));
      if (task["state"] != "queued" && task["state"] != "running") break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ASSERT_EQ(task["state"], "done") << task;
    const auto list = get_json("/v1/accounts/alice/messages");
    ASSERT_EQ(list["messages"].size(), 1U) << list;
    id_ = list["messages"][0]["id"];
  }

  support::TemporaryFolder folder_;
  api::Config config_ = config_in(folder_.path() / "data");
  api::Accounts accounts_{config_, replica::sqlite::Access::kReadWrite};
  api::Metrics metrics_;
  api::Events events_;
  api::Tokens tokens_{folder_.path() / "data/davenport.db", replica::sqlite::Access::kReadWrite};
  api::AccessControl open_{tokens_, {true}};
  api::Replication replication_{config_, accounts_, metrics_, nullptr, &events_};
  api::Tasks tasks_{config_.data_dir / "davenport.db"};
  api::Routes routes_{config_, accounts_, tasks_, replication_, metrics_, events_, open_};
  std::string id_;
};
