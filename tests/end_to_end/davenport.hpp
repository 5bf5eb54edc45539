// One data folder and the commands that run on it.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/program.hpp"
#include "tests/support/support.hpp"

namespace end_to_end {

using nlohmann::json;

class Davenport {
 public:
  Davenport();  // an empty data folder, no source
  // Pulls `account` from that server.
  Davenport(const std::string& source_url, const std::string& account);
  explicit Davenport(
      const std::string& sections);  // of the configuration, beside data_dir and [http]

  // Takes the place of the sections that were there; for the commands that are started afterwards.
  void configure(const std::string& sections);

  // From the next `configure` on.
  void use_port(unsigned short port) { port_ = port; }

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path account_folder(const std::string& account) const {
    return folder_ / "data" / "accounts" / account;
  }
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> arguments) const;

  [[nodiscard]] support::ProgramResult run(std::vector<std::string> arguments) const;
  // Runs and parses what is printed; the test fails when the exit code is another.
  [[nodiscard]] json run_json(std::vector<std::string> arguments) const;
  void succeed(std::vector<std::string> arguments) const;

  // Everything that a user sees of an account: the whole list, and what some searches find.
  [[nodiscard]] json everything(const std::string& account) const;

  // Starts `serve` and waits until it answers.
  void start_serving();
  support::ProgramResult stop_serving();
  [[nodiscard]] support::Program& server() { return *server_; }
  [[nodiscard]] std::string url(const std::string& path) const;
  [[nodiscard]] unsigned short port() const { return port_; }

 private:
  support::TemporaryFolder folder_;
  unsigned short port_;
  std::unique_ptr<support::Program> server_;
};

struct HttpAnswer {
  int status = 0;
  std::string payload;
  [[nodiscard]] json body() const { return json::parse(payload); }
};
[[nodiscard]] HttpAnswer http(const std::string& method, const std::string& url,
                              const std::string& payload = "");

// Ids and subjects of a list or a search, for failure messages that say something.
[[nodiscard]] std::vector<std::string> subjects(const json& answer);

// Writes a Maildir of invented messages: word<n> and "everywhere" are in the body of message n, "Subject n" is its subject.
void write_maildir(const std::filesystem::path& folder, int messages);

// Calls `done` every 20 ms until it is true; false after 20 s.
[[nodiscard]] bool eventually(const std::function<bool()>& done);

}  // namespace end_to_end
