#include "api/config.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>

#include "api/config_section.hpp"
#include "indexer/query_values.hpp"

namespace api {
namespace {

constexpr std::size_t kMaxHeaderName = 100;
constexpr std::uint64_t kLeastMemory = 4ULL << 20U;  // bytes: a batch of one source and one pull

ReplicationConfig read_replication(Section section) {
  ReplicationConfig replication;
  replication.max_open_accounts =
      section.number("max_open_accounts", 1, 100'000, replication.max_open_accounts);
  replication.account_idle = section.duration("account_idle", replication.account_idle);
  replication.memory = section.bytes("memory", kLeastMemory, replication.memory);
  replication.pulls = section.number("pulls", 1, 64, replication.pulls);
  section.finish();
  return replication;
}

indexer::IndexOptions read_index(Section section) {
  indexer::IndexOptions options;
  if (const auto language = section.text("language")) {
    const toml::node& node = *section.find("language");
    if (!indexer::is_language_code(*language))
      section.fail(node, "index.language must be the code of a language, such as \"en\" or \"fr\"");
    options.language = indexer::lower_case_ascii(*language);
  }
  if (section.find("headers") != nullptr) {
    options.headers.clear();
    for (const auto& [name, node] : section.texts("headers", "[\"x-mailer\"]")) {
      if (name.empty() || name.size() > kMaxHeaderName)
        section.fail(*node, "index.headers must be names of header fields");
      options.headers.push_back(indexer::lower_case_ascii(name));
    }
  }
  section.finish();
  return options;
}

// The sources, each account in one of them only.
std::vector<SourceConfig> read_sources(const toml::node& node, const std::string& file,
                                       const Section& root) {
  const toml::array* tables = node.as_array();
  if (tables == nullptr) root.fail(node, "sources are written as [[source]], with two brackets");
  std::vector<SourceConfig> sources;
  std::map<std::string, std::string> url_of_account, url_of_name;
  for (const toml::node& element : *tables) {
    const toml::table* table = element.as_table();
    if (table == nullptr)
      root.fail(element, "sources are written as [[source]], with two brackets");
    SourceConfig source = read_source(Section(*table, file, "source"), sources.size() + 1);
    const auto [same_name, is_new] = url_of_name.emplace(source.name, source.address.url);
    if (!is_new) {
      root.fail(element, fmt::format("source.name = \"{}\" is another source's already ({})",
                                     source.name, same_name->second));
    }
    for (const std::string& account : source.accounts) {
      const auto [other, is_first] = url_of_account.emplace(account, source.address.url);
      if (!is_first) {
        root.fail(element, fmt::format("account \"{}\" is in a source already ({}); name it once",
                                       account, other->second));
      }
    }
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace

const SourceConfig* Config::source_of(std::string_view account) const {
  for (const SourceConfig& source : sources) {
    if (std::find(source.accounts.begin(), source.accounts.end(), account) != source.accounts.end())
      return &source;
  }
  return nullptr;
}

const SourceConfig* Config::source_named(std::string_view name) const {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const SourceConfig& source) { return source.name == name; });
  return found == sources.end() ? nullptr : &*found;
}

std::vector<mail::Doctype> SourceConfig::databases_of_account() const {
  if (layout.has_all_doctypes_in_one()) return {mail::Doctype::kEmails};
  return doctypes;
}

std::string_view watch_name(Watch watch) {
  switch (watch) {
    case Watch::kUpdates:
      return "updates";
    case Watch::kContinuous:
      return "continuous";
    case Watch::kLongPoll:
      return "longpoll";
    case Watch::kPoll:
      break;
  }
  return "poll";
}

Config load_config(const std::optional<std::filesystem::path>& file) {
  Config config;
  if (!file) return config;
  const std::string name = file->string();
  toml::table table;
  try {
    std::ifstream in(*file);
    if (!in || std::filesystem::is_directory(*file)) {
      throw ConfigError(
          fmt::format("{}: cannot be read; name the configuration with --config FILE", name));
    }
    table = toml::parse(in, name);
  } catch (const toml::parse_error& error) {
    throw ConfigError(
        fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
  }

  Section root(table, name, "");
  if (auto data_dir = root.text("data_dir")) {
    if (data_dir->empty()) root.fail(*root.find("data_dir"), "data_dir must name a folder");
    config.data_dir = *data_dir;
  }
  if (const toml::node* http = root.find("http")) {
    if (!http->is_table()) root.fail(*http, "http is a section: [http]");
    config.http = read_http(Section(*http->as_table(), name, "http"));
  }
  if (const toml::node* replication = root.find("replication")) {
    if (!replication->is_table())
      root.fail(*replication, "replication is a section: [replication]");
    config.replication = read_replication(Section(*replication->as_table(), name, "replication"));
  }
  if (const toml::node* index = root.find("index")) {
    if (!index->is_table()) root.fail(*index, "index is a section: [index]");
    config.index = read_index(Section(*index->as_table(), name, "index"));
  }
  if (const toml::node* sources = root.find("source")) {
    config.sources = read_sources(*sources, name, root);
  }
  root.finish();
  return config;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::int64_t kMaxMilliseconds = 366LL * 24 * 3600 * 1000;
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || number <= 0 || number > kMaxMilliseconds) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(parsed.ptr - text.data()));
  std::int64_t factor = 0;
  if (unit == "ms") factor = 1;
  if (unit == "s") factor = 1'000;
  if (unit == "m") factor = 60'000;
  if (unit == "h") factor = 3'600'000;
  if (factor == 0 || number > kMaxMilliseconds / factor) return std::nullopt;
  return std::chrono::milliseconds(number * factor);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40U;
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || number == 0 || number > kMost) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(parsed.ptr - text.data()));
  unsigned shift = 0;
  if (unit == "K") shift = 10;
  if (unit == "M") shift = 20;
  if (unit == "G") shift = 30;
  if (shift == 0 || number > (kMost >> shift)) return std::nullopt;
  return number << shift;
}

std::optional<MessageAge> parse_message_age(std::string_view text) {
  constexpr int kMost = 10'000;
  MessageAge age;
  age.text = text;
  if (const auto day = mail::parse_rfc3339(std::string(text) + "T00:00:00Z")) {
    age.date = day->utc;
    return age;
  }
  int number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || number <= 0 || number > kMost) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(parsed.ptr - text.data()));
  if (unit == "y") {
    age.span = std::chrono::years(number);
  } else if (unit == "d") {
    age.span = std::chrono::days(number);
  } else {
    return std::nullopt;
  }
  return age;
}

std::string read_secret(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file))
    throw ConfigError(fmt::format("cannot read {}", file.string()));
  std::string secret(std::istreambuf_iterator<char>(in), {});
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  return secret;
}

}  // namespace api
