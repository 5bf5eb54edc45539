#include "tests/end_to_end/davenport.hpp"

#include <csignal>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <thread>

namespace end_to_end {

Davenport::Davenport() : Davenport("") {}

Davenport::Davenport(const std::string& sections) : port_(support::free_port()) {
  configure(sections);
}

Davenport::Davenport(const std::string& source_url, const std::string& account)
    : Davenport(
          fmt::format("[[source]]\nurl = \"{}\"\naccounts = [\"{}\"]\npoll_interval = \"1s\"\n",
                      source_url, account)) {}

void Davenport::configure(const std::string& sections) {
  support::write_file(folder_ / "davenport.toml",
                      fmt::format("data_dir = \"{}\"\n[http]\nlisten = \"127.0.0.1:{}\"\n{}",
                                  (folder_ / "data").string(), port_, sections));
}

std::vector<std::string> Davenport::command(std::vector<std::string> arguments) const {
  std::vector<std::string> words = {DAVENPORT_BINARY, "--config",
                                    (folder_ / "davenport.toml").string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

support::ProgramResult Davenport::run(std::vector<std::string> arguments) const {
  return support::run(command(std::move(arguments)));
}

json Davenport::run_json(std::vector<std::string> arguments) const {
  arguments.emplace_back("--json");
  const auto result = run(arguments);
  EXPECT_EQ(result.exit_code, 0) << fmt::format("{}", fmt::join(arguments, " ")) << "\n"
                                 << result.err;
  return json::parse(result.out, nullptr, false);
}

void Davenport::succeed(std::vector<std::string> arguments) const {
  const auto result = run(arguments);
  EXPECT_EQ(result.exit_code, 0) << fmt::format("{}", fmt::join(arguments, " ")) << "\n"
                                 << result.out << result.err;
}

json Davenport::everything(const std::string& account) const {
  json seen;
  seen["list"] = run_json({"list", account, "--limit", "500"})["messages"];
  for (auto& message : seen["list"]) message.erase("rev");
  for (const std::string query :
       {"everywhere", "word1", "subject:subject", "is:unread", "\"subject 7\""}) {
    seen[query] = subjects(run_json({"search", account, query, "--limit", "500"}));
  }
  return seen;
}

void Davenport::start_serving() {
  server_ = std::make_unique<support::Program>(command({"serve"}));
  const bool answers = eventually(
      [&] { return !server_->is_running() || http("GET", url("/healthz")).status == 200; });
  ASSERT_TRUE(answers && server_->is_running()) << server_->err_so_far();
}

support::ProgramResult Davenport::stop_serving() {
  server_->signal(SIGTERM);
  auto result = server_->wait();
  server_.reset();
  return result;
}

std::string Davenport::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

HttpAnswer http(const std::string& method, const std::string& url, const std::string& payload) {
  std::vector<std::string> command = {"curl",           "-sS", "-g", "-X", method, "-w",
                                      "\n%{http_code}", url};
  if (!payload.empty()) {
    command.insert(command.end(),
                   {"-H", "Content-Type: application/json", "--data-binary", payload});
  }
  const auto result = support::run(command);
  const auto line = result.out.rfind('\n');
  if (result.exit_code != 0 || line == std::string::npos) return {0, result.err};
  return {std::stoi(result.out.substr(line + 1)), result.out.substr(0, line)};
}

std::vector<std::string> subjects(const json& answer) {
  std::vector<std::string> found;
  if (answer.contains("hits")) {
    for (const auto& hit : answer["hits"]) {
      found.push_back(hit["kind"] == "mail" ? hit["message"]["subject"] : hit["file"]["name"]);
    }
  } else if (answer.contains("messages")) {
    for (const auto& message : answer["messages"]) found.push_back(message["subject"]);
  }
  return found;
}

void write_maildir(const std::filesystem::path& folder, int messages) {
  for (int number = 0; number < messages; ++number) {
    const auto text = fmt::format(
        "From: Ada <ada@example.org>\nTo: list@example.net\nSubject: Subject {0}\nMessage-ID: "
        "<{0}@example.org>\n"
        "Date: Mon, 2 Mar 2020 {1:02}:{2:02}:{3:02} +0000\nContent-Type: text/plain; "
        "charset=utf-8\n\n"
        "Here is word{0}, and this is everywhere.\n",
        number, 1 + number / 3600, number / 60 % 60, number % 60);
    const bool seen = number % 3 != 0;
    support::write_file(
        folder / "Inbox" / "cur" / fmt::format("{}.test:2,{}", number, seen ? "S" : ""), text);
  }
}

bool eventually(const std::function<bool()>& done) {
  for (int attempt = 0; attempt < 1'000; ++attempt) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

}  // namespace end_to_end
