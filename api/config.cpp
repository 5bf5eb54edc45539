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
#include "mail/ascii.hpp"

namespace api {
namespace {

constexpr std::size_t kMaxHeaderName = 100;
constexpr std::uint64_t kLeastMemory = 4ULL << 20U;  // bytes: a batch of one source and one pull

// As RFC 5322 section 3.6.8 has it.
bool is_header_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxHeaderName &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c > ' ' && c < '\x7f' && c != ':'; });
}

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
    if (!indexer::is_known_language(*language))
      section.note(*section.find("language"),
                   "index.language must be the code of a language that is known here, such as "
                   "\"en\" or \"fr\"");
    options.language = mail::lower_ascii(*language);
  }
  if (section.find("headers") != nullptr) {
    options.headers.clear();
    for (const auto& [name, node] : section.texts("headers", "[\"x-mailer\"]")) {
      if (!is_header_name(name))
        section.note(*node, "index.headers must be names of header fields, without a colon");
      options.headers.push_back(mail::lower_ascii(name));
    }
  }
  section.finish();
  return options;
}

LogConfig read_log(Section section) {
  LogConfig log;
  log.level = section.choice("level", {"info", "debug", "warning", "error"});
  log.is_json = section.choice("format", {"text", "json"}) == "json";
  section.finish();
  return log;
}

// The sources, each account in one of them only.
std::vector<SourceConfig> read_sources(const toml::node& node, const Section& root) {
  constexpr std::string_view kBrackets = "sources are written as [[source]], with two brackets";
  std::vector<SourceConfig> sources;
  const toml::array* tables = node.as_array();
  if (tables == nullptr) {
    root.note(node, kBrackets);
    return sources;
  }
  std::map<std::string, std::string> url_of_account, url_of_name;
  const auto expect_apart = [&](const toml::node& element, const SourceConfig& source) {
    const auto [same_name, is_new] = url_of_name.emplace(source.name, source.address.url);
    if (!is_new) {
      root.note(element, fmt::format("source.name = \"{}\" is another source's already ({})",
                                     source.name, same_name->second));
    }
    for (const std::string& account : source.accounts) {
      const auto [other, is_first] = url_of_account.emplace(account, source.address.url);
      if (!is_first) {
        root.note(element, fmt::format("account \"{}\" is in a source already ({}); name it once",
                                       account, other->second));
      }
    }
  };
  for (const toml::node& element : *tables) {
    const toml::table* table = element.as_table();
    if (table == nullptr) {
      root.note(element, kBrackets);
      continue;
    }
    SourceConfig source = read_source(root.section(*table, "source"), sources.size() + 1);
    expect_apart(element, source);
    sources.push_back(std::move(source));
  }
  return sources;
}

// One [section] of the file; nothing when it is not there.
template <typename Read>
void read_section(Section& root, std::string_view name, Read read) {
  const toml::node* node = root.find(name);
  if (node == nullptr) return;
  if (const toml::table* table = node->as_table()) {
    read(root.section(*table, name));
  } else {
    root.note(*node, fmt::format("{0} is a section: [{0}]", name));
  }
}

toml::table parse(const std::filesystem::path& file) {
  const std::string name = file.string();
  try {
    std::ifstream in(file);
    if (!in || std::filesystem::is_directory(file)) {
      throw ConfigError(
          fmt::format("{}: cannot be read; name the configuration with --config FILE", name));
    }
    return toml::parse(in, name);
  } catch (const toml::parse_error& error) {
    throw ConfigError(
        fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
  }
}

void read_root(Section root, Config& config) {
  if (const auto data_dir = root.text("data_dir")) {
    if (data_dir->empty()) root.note(*root.find("data_dir"), "data_dir must name a folder");
    config.data_dir = *data_dir;
  }
  read_section(root, "http", [&](Section section) { config.http = read_http(std::move(section)); });
  read_section(root, "replication",
               [&](Section section) { config.replication = read_replication(std::move(section)); });
  read_section(root, "index",
               [&](Section section) { config.index = read_index(std::move(section)); });
  read_section(root, "log", [&](Section section) { config.log = read_log(std::move(section)); });
  if (const toml::node* sources = root.find("source"))
    config.sources = read_sources(*sources, root);
  root.finish();
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
  CheckedConfig checked = check_config(file);
  if (!checked.mistakes.empty()) throw ConfigError(checked.mistakes.front());
  return std::move(checked.config);
}

CheckedConfig check_config(const std::optional<std::filesystem::path>& file) {
  CheckedConfig checked;
  if (!file) return checked;
  try {
    const toml::table table = parse(*file);
    read_root(Section(table, file->string(), "", checked.mistakes), checked.config);
  } catch (const ConfigError& mistake) {
    checked.mistakes.emplace_back(mistake.what());
  }
  return checked;
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
