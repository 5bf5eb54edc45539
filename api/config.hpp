// The configuration file (TOML): every key has a working default, every mistake an error that names file, line and key.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mail/documents.hpp"
#include "replica/couch_client.hpp"

namespace api {

// "<file>:<line>: <what is wrong>, <what to write instead>"
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// How changes at a source are noticed.
enum class Watch {
  kLongPoll,  // a request that the source holds until there is a change
  kPoll,  // looking again every `poll_interval`
};

struct SourceConfig {
  replica::SourceAddress address;
  std::vector<std::string> accounts;
  Watch watch = Watch::kLongPoll;
  std::chrono::milliseconds poll_interval = std::chrono::minutes(3);
};

struct HttpConfig {
  std::string listen = "127.0.0.1:8825";
  unsigned workers = 2;  // threads that read catalog and index
};

struct Config {
  std::filesystem::path data_dir = "/var/lib/davenport";
  HttpConfig http;
  std::vector<SourceConfig> sources;

  // The source that an account is pulled from; null for a local account.
  [[nodiscard]] const SourceConfig* source_of(std::string_view account) const;
};

// Without a file, the defaults. Reads the password files that it names. Relative paths are against the working directory.
[[nodiscard]] Config load_config(const std::optional<std::filesystem::path>& file);

// Account names are folder and database names: lower-case letters, digits, and _ - + $ ( ) . after a first letter or digit.
[[nodiscard]] bool is_valid_account_name(std::string_view name);

// "500ms", "30s", "3m", "1h"; nothing for anything else, or for no time at all.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// The database of a doctype at the source: "alice/io-cozy-emails".
[[nodiscard]] std::string database_name(std::string_view account, mail::Doctype doctype);

// The bytes of a file that holds a secret, without the line end after it. Throws ConfigError, which names the file.
[[nodiscard]] std::string read_secret(const std::filesystem::path& file);

}  // namespace api
