// The configuration file (TOML): every key has a working default, every mistake an error that names
// file, line and key.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "api/layout.hpp"
#include "indexer/index_options.hpp"
#include "mail/documents.hpp"
#include "replica/couch_client.hpp"

namespace api {

// "<file>:<line>: <what is wrong>, <what to write instead>"
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// How changes at a source are noticed; each falls back to the next where the source refuses it.
enum class Watch {
  kUpdates,  // one feed for all databases (`_db_updates`; cozy-stack's /realtime/)
  kContinuous,  // a feed for each database, for as many as are allowed; the others are polled
  kLongPoll,  // the same, with a request that the source holds until there is a change
  kPoll,  // looking again every `poll_interval`
};
[[nodiscard]] std::string_view watch_name(Watch watch);  // as it is written in the file

// Which attachments' bytes are fetched with the documents; the others are fetched when they are
// asked for.
enum class Attachments { kExtract, kKeep, kNone };

// Only messages that are not older.
struct MessageAge {
  std::string text;  // as it is written: "2015-01-01", "5y" or "90d"
  std::optional<std::chrono::sys_seconds> date;  // else `span` before now
  std::chrono::seconds span{0};

  [[nodiscard]] std::chrono::sys_seconds since(std::chrono::sys_seconds now) const {
    return date ? *date : now - span;
  }
};

struct SourceConfig {
  // The registry knows the source by this name, whatever its URL.
  std::string name;
  replica::SourceAddress address;
  Layout layout;
  std::string doctype_member = "doctype";  // where one database has all doctypes
  std::vector<std::string> accounts;
  bool has_all_accounts = false;  // those that are found at the source
  std::vector<mail::Doctype> doctypes{std::begin(mail::kDoctypes), std::end(mail::kDoctypes)};
  std::optional<MessageAge> messages_since;
  Attachments attachments = Attachments::kExtract;
  Watch watch = Watch::kUpdates;
  std::chrono::milliseconds poll_interval = std::chrono::minutes(3);
  bool write_checkpoints = true;
  std::size_t max_feeds = 32;  // of single databases, open at once
  std::size_t max_connections = 40;  // of all kinds

  // The databases of one account: their doctypes, or one that stands for all of them.
  [[nodiscard]] std::vector<mail::Doctype> databases_of_account() const;
};

struct HttpConfig {
  std::string listen = "127.0.0.1:8825";
  bool is_loopback = true;  // `listen` is
  unsigned workers = 2;  // threads that read catalog and index
  bool open_on_loopback = true;
  std::string tls_certificate, tls_key;  // PEM files; empty: no TLS
  bool plain_text = false;  // without TLS on an address that others reach
  std::vector<std::string> cors_origins;
  std::size_t requests_per_second = 100;  // of a token, or of an address without one; 0: any number
  std::size_t max_connections = 4'096;
  std::size_t connections_per_address = 64;
  std::size_t max_listeners = 2'048;  // connections that events are sent to

  // Whoever can connect may do everything, without a token.
  [[nodiscard]] bool is_open() const { return is_loopback && open_on_loopback; }

  friend bool operator==(const HttpConfig&, const HttpConfig&) = default;
};

struct ReplicationConfig {
  std::size_t max_open_accounts = 64;
  std::chrono::milliseconds account_idle = std::chrono::seconds(60);  // then it is closed
  std::uint64_t memory = 32ULL << 20U;  // bytes of documents under way
  std::size_t pulls = 4;  // databases pulled at once, of each source
};

struct LogConfig {
  std::string level = "info";  // debug, info, warning or error
  bool is_json = false;  // an object a line, in place of text
};

struct Config {
  std::filesystem::path data_dir = "/var/lib/davenport";
  HttpConfig http;
  ReplicationConfig replication;
  indexer::IndexOptions index;
  LogConfig log;
  std::vector<SourceConfig> sources;

  // The source that lists the account; null when none does.
  [[nodiscard]] const SourceConfig* source_of(std::string_view account) const;
  [[nodiscard]] const SourceConfig* source_named(std::string_view name) const;
};

// Without a file, the defaults. Reads the password files that it names. Relative paths are against
// the working directory.
[[nodiscard]] Config load_config(const std::optional<std::filesystem::path>& file);

// The same, but with all mistakes instead of only the first. `config` holds what could be read.
struct CheckedConfig {
  Config config;
  std::vector<std::string> mistakes;
};
[[nodiscard]] CheckedConfig check_config(const std::optional<std::filesystem::path>& file);

// "500ms", "30s", "3m", "1h"; nothing for other text or for zero.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// "500K", "32M", "1G"; nothing for other text or for zero.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);
// "2015-01-01", "5y", "90d"; nothing for anything else.
[[nodiscard]] std::optional<MessageAge> parse_message_age(std::string_view text);

// The bytes of a file that holds a secret, without the line end after it. Throws ConfigError, which
// names the file.
[[nodiscard]] std::string read_secret(const std::filesystem::path& file);

}  // namespace api
