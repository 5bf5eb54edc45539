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

#include "replica/couch_client.hpp"

namespace api {

// "<file>:<line>: <what is wrong>, <what to write instead>"
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct SourceConfig {
  replica::SourceAddress address;
  std::vector<std::string> accounts;
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

// Without a file, the defaults.
[[nodiscard]] Config load_config(const std::optional<std::filesystem::path>& file);

// Account names are folder and database names: lower-case letters, digits, and _ - + $ ( ) . after a first letter or digit.
[[nodiscard]] bool is_valid_account_name(std::string_view name);

}  // namespace api
