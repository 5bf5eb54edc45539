#include "api/config.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>
#include <toml++/toml.h>

#include "indexer/stores.hpp"

namespace api {
namespace {

constexpr std::size_t kMaxAccountNameBytes =
    200;  // with the doctype, CouchDB and file systems allow 238 and 255

// One table of the file. Every key that is asked for is a known one; `finish` names the first that is not.
class Section {
 public:
  Section(const toml::table& table, std::string file, std::string name)
      : table_(table), file_(std::move(file)), name_(std::move(name)) {}

  template <typename T>
  std::optional<T> value(std::string_view key, std::string_view type_in_words) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    std::optional<T> value = node->value_exact<T>();
    if (!value) fail(*node, fmt::format("{} must be {}", full(key), type_in_words));
    return value;
  }
  std::optional<std::string> text(std::string_view key) {
    return value<std::string>(key, "a text in quotes");
  }

  const toml::node* find(std::string_view key) {
    known_.emplace_back(key);
    return table_.get(key);
  }

  // A text that must be one of `allowed`; others that the design knows are not built yet, which is said so.
  std::string choice(std::string_view key, std::initializer_list<std::string_view> allowed) {
    const auto given = text(key);
    if (!given) return std::string(*allowed.begin());
    if (std::find(allowed.begin(), allowed.end(), *given) == allowed.end()) {
      fail(*find(key), fmt::format("{} = \"{}\" is not available; write {}", full(key), *given,
                                   fmt::join(allowed.begin(), allowed.end(), " or ")));
    }
    return *given;
  }

  void finish() const {
    for (const auto& [key, node] : table_) {
      if (std::find(known_.begin(), known_.end(), key.str()) == known_.end()) {
        fail_at(key.source(), fmt::format("unknown key {}; known here: {}", full(key.str()),
                                          fmt::join(known_, ", ")));
      }
    }
  }

  [[noreturn]] void fail(const toml::node& node, std::string_view message) const {
    fail_at(node.source(), message);
  }
  [[noreturn]] void fail_section(std::string_view message) const {
    fail_at(table_.source(), message);
  }
  [[nodiscard]] std::string full(std::string_view key) const {
    return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
  }

 private:
  [[noreturn]] void fail_at(const toml::source_region& where, std::string_view message) const {
    throw ConfigError(fmt::format("{}:{}: {}", file_, where.begin.line, message));
  }

  const toml::table& table_;
  std::string file_;
  std::string name_;
  std::vector<std::string> known_;
};

// Until there are access tokens, whoever can connect can read all mail.
bool is_loopback(std::string_view listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = listen.substr(0, colon);
  const std::string_view port = listen.substr(colon + 1);
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size())
    return false;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(host), error);
  return !error && address.is_loopback();
}

HttpConfig read_http(Section section) {
  HttpConfig http;
  if (auto listen = section.text("listen")) {
    if (!is_loopback(*listen)) {
      section.fail(
          *section.find("listen"),
          fmt::format("http.listen = \"{}\" is no loopback address with a port; there are no "
                      "access tokens yet, "
                      "so only addresses such as 127.0.0.1:8825 or [::1]:8825 are accepted",
                      *listen));
    }
    http.listen = std::move(*listen);
  }
  if (const auto workers = section.value<std::int64_t>("workers", "a whole number")) {
    if (*workers < 1 || *workers > 256) {
      section.fail(*section.find("workers"), "http.workers must be from 1 to 256");
    }
    http.workers = static_cast<unsigned>(*workers);
  }
  section.finish();
  return http;
}

void read_address(Section& section, replica::SourceAddress& address) {
  address.url = section.text("url").value_or("");
  if (address.url.empty())
    section.fail_section("a [[source]] needs url = \"http://…\" of a CouchDB");
  const toml::node& url = *section.find("url");
  if (!address.url.starts_with("http://") && !address.url.starts_with("https://")) {
    section.fail(url, "source.url must begin with http:// or https://");
  }
  const std::size_t host = address.url.find("://") + 3;
  if (address.url.substr(host, address.url.find('/', host) - host).find('@') != std::string::npos) {
    section.fail(url,
                 "source.url must not hold a password; use source.user and source.password_file");
  }
  address.user = section.text("user").value_or("");
  address.ca_file = section.text("ca_file").value_or("");
  if (!address.ca_file.empty() && !std::ifstream(address.ca_file)) {
    section.fail(*section.find("ca_file"), fmt::format("cannot read {}", address.ca_file));
  }
}

void read_password(Section& section, replica::SourceAddress& address) {
  const auto file = section.text("password_file");
  const auto variable = section.text("password_env");
  if (file && variable) {
    section.fail(*section.find("password_env"), "give password_file or password_env, not both");
  }
  if (file) {
    try {
      address.password = read_secret(*file);
    } catch (const ConfigError& error) {
      section.fail(*section.find("password_file"), error.what());
    }
  }
  if (variable) {
    const char* value = std::getenv(variable->c_str());
    if (value == nullptr) {
      section.fail(*section.find("password_env"),
                   fmt::format("the environment has no variable {}", *variable));
    }
    address.password = value;
  }
  if ((file || variable) && address.user.empty()) {
    section.fail_section("a password without source.user; add user = \"…\"");
  }
}

std::vector<std::string> read_accounts(Section& section) {
  const toml::node* node = section.find("accounts");
  if (node == nullptr) section.fail_section("a [[source]] needs accounts = [\"…\"]");
  if (node->value_exact<std::string>() == "all") {
    section.fail(
        *node,
        "source.accounts = \"all\" is not available yet; list the accounts: [\"alice\", \"bob\"]");
  }
  const toml::array* names = node->as_array();
  if (names == nullptr || names->empty()) {
    section.fail(*node, "source.accounts must be a list of names: [\"alice\", \"bob\"]");
  }
  std::vector<std::string> accounts;
  for (const toml::node& element : *names) {
    auto name = element.value_exact<std::string>();
    if (!name) section.fail(element, "an account's name must be a text in quotes");
    if (!is_valid_account_name(*name)) {
      section.fail(
          element,
          fmt::format("\"{}\" cannot be an account's name; use lower-case letters, digits and "
                      "_-+$(). after a first letter or digit",
                      *name));
    }
    accounts.push_back(std::move(*name));
  }
  return accounts;
}

SourceConfig read_source(Section section) {
  SourceConfig source;
  read_address(section, source.address);
  read_password(section, source.address);
  source.accounts = read_accounts(section);
  (void)section.choice("layout", {"{account}/{doctype}"});
  source.watch =
      section.choice("watch", {"longpoll", "poll"}) == "poll" ? Watch::kPoll : Watch::kLongPoll;
  if (const auto interval = section.text("poll_interval")) {
    const auto parsed = parse_duration(*interval);
    if (!parsed) {
      section.fail(
          *section.find("poll_interval"),
          fmt::format("source.poll_interval = \"{}\" is no duration; write \"30s\" or \"3m\"",
                      *interval));
    }
    source.poll_interval = *parsed;
  }
  section.finish();
  return source;
}

// The sources, each account in one of them only.
std::vector<SourceConfig> read_sources(const toml::node& node, const std::string& file,
                                       const Section& root) {
  const toml::array* tables = node.as_array();
  if (tables == nullptr) root.fail(node, "sources are written as [[source]], with two brackets");
  std::vector<SourceConfig> sources;
  std::map<std::string, std::string> url_of_account;
  for (const toml::node& element : *tables) {
    const toml::table* table = element.as_table();
    if (table == nullptr)
      root.fail(element, "sources are written as [[source]], with two brackets");
    SourceConfig source = read_source(Section(*table, file, "source"));
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
  if (const toml::node* sources = root.find("source")) {
    config.sources = read_sources(*sources, name, root);
  }
  root.finish();
  return config;
}

bool is_valid_account_name(std::string_view name) {
  const auto is_first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto is_other = [&](char c) {
    return is_first(c) || std::string_view("_-+$().").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= kMaxAccountNameBytes && is_first(name.front()) &&
         std::all_of(name.begin(), name.end(), is_other);
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

std::string database_name(std::string_view account, mail::Doctype doctype) {
  return fmt::format("{}/{}", account, indexer::Stores::database_part(doctype));
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
