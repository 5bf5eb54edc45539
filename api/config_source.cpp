#include <algorithm>
#include <cstdlib>
#include <fmt/ranges.h>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <tuple>

#include "api/config_section.hpp"
#include "indexer/stores.hpp"
#include "replica/source_url.hpp"

namespace api {
namespace {

void read_name(Section& section, SourceConfig& source) {
  auto name = section.text("name");
  if (!name) return;
  if (!is_valid_account_name(*name)) {
    section.note(*section.find("name"),
                 fmt::format("source.name = \"{}\" cannot be one; use lower-case letters, digits "
                             "and _-+$(). after a first letter or digit",
                             *name));
    return;
  }
  source.name = std::move(*name);
}

void read_url(Section& section, std::string& url) {
  const auto given = section.text("url");
  if (!given && section.find("url") != nullptr) return;  // it is no text, which was noted
  url = given.value_or("");
  if (url.empty()) {
    section.note_section("a [[source]] needs url = \"http://…\" of a CouchDB");
    return;
  }
  const toml::node& node = *section.find("url");
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    section.note(node, "source.url must begin with http:// or https://");
    return;
  }
  const std::size_t host = url.find("://") + 3;
  if (url.substr(host, url.find('/', host) - host).find('@') != std::string::npos) {
    section.note(node,
                 "source.url must not hold a password; use source.user and source.password_file");
    return;
  }
  try {
    std::ignore = replica::SourceUrl::parse(url);
  } catch (const std::invalid_argument& error) {
    section.note(node, error.what());
  }
}

void read_address(Section& section, replica::SourceAddress& address) {
  read_url(section, address.url);
  address.user = section.text("user").value_or("");
  address.ca_file = section.text("ca_file").value_or("");
  if (!address.ca_file.empty() && !std::ifstream(address.ca_file)) {
    section.note(*section.find("ca_file"), fmt::format("cannot read {}", address.ca_file));
  }
}

// From the file that `<secret>_file` names, which `read_again` then reads, or the variable that `<secret>_env` does.
std::optional<std::string> find_secret(Section& section, const std::string& secret,
                                       std::function<std::string()>& read_again) {
  const std::string file_key = secret + "_file", variable_key = secret + "_env";
  const auto file = section.text(file_key);
  const auto variable = section.text(variable_key);
  if (file && variable) {
    section.note(*section.find(variable_key),
                 fmt::format("give {} or {}, not both", file_key, variable_key));
  }
  if (file) {
    read_again = [path = *file] { return read_secret(path); };
    try {
      return read_secret(*file);
    } catch (const ConfigError& error) {
      section.note(*section.find(file_key), error.what());
    }
  }
  if (variable) {
    const char* value = std::getenv(variable->c_str());
    if (value == nullptr) {
      section.note(*section.find(variable_key),
                   fmt::format("the environment has no variable {}", *variable));
      return std::nullopt;
    }
    return value;
  }
  return std::nullopt;
}

void read_login(Section& section, replica::SourceAddress& address) {
  const auto password = find_secret(section, "password", address.read_secret);
  if (password && address.user.empty()) {
    section.note_section("a password without source.user; add user = \"…\"");
  }
  address.password = password.value_or("");
  const auto token = find_secret(section, "token", address.read_secret);
  if (token && !address.user.empty()) {
    section.note_section("give source.user with a password, or a token, not both");
  }
  if (token && token->empty()) section.note_section("the token is empty");
  address.token = token.value_or("");
}

void read_layout(Section& section, SourceConfig& source) {
  const auto member = section.text("doctype_member");
  if (const auto pattern = section.text("layout")) {
    if (const auto mistake = Layout::mistake_in(*pattern)) {
      section.note(*section.find("layout"),
                   fmt::format("source.layout = \"{}\" {}", *pattern, *mistake));
      return;
    }
    source.layout = Layout(*pattern);
  }
  if (member) {
    const toml::node& node = *section.find("doctype_member");
    if (!source.layout.has_all_doctypes_in_one()) {
      section.note(node,
                   "source.doctype_member is for a layout without {doctype}, where one database "
                   "has all doctypes");
    }
    if (member->empty()) section.note(node, "source.doctype_member must name a member");
    source.doctype_member = *member;
  }
}

void read_all_accounts(Section& section, const toml::node& node, SourceConfig& source) {
  if (node.value_exact<std::string>() != "all") {
    section.note(node, "source.accounts must be a list of names, or \"all\"");
  } else if (!source.layout.names_accounts()) {
    section.note(node,
                 "source.accounts = \"all\" needs a layout with {account}; name the one account "
                 "whose databases these are");
  }
  source.has_all_accounts = true;
}

void read_accounts(Section& section, SourceConfig& source) {
  const toml::node* node = section.find("accounts");
  if (node == nullptr) {
    section.note_section("a [[source]] needs accounts = [\"…\"], or \"all\"");
    return;
  }
  if (node->is_string()) {
    read_all_accounts(section, *node, source);
    return;
  }
  for (auto& [name, element] : section.texts("accounts", "[\"alice\", \"bob\"], or \"all\"")) {
    if (!is_valid_account_name(name)) {
      section.note(
          *element,
          fmt::format("\"{}\" cannot be an account's name; use lower-case letters, digits and "
                      "_-+$(). after a first letter or digit",
                      name));
    }
    source.accounts.push_back(std::move(name));
  }
  if (source.accounts.size() > 1 && !source.layout.names_accounts()) {
    section.note(*node, fmt::format("source.layout = \"{}\" has the databases of one account; name "
                                    "one, or write {{account}} into the layout",
                                    source.layout.pattern()));
  }
}

// "emails" or "io.cozy.emails".
std::optional<mail::Doctype> doctype_named(std::string_view name) {
  for (const mail::Doctype doctype : mail::kDoctypes) {
    const std::string_view full = mail::doctype_name(doctype);
    if (name == full || name == full.substr(full.rfind('.') + 1)) return doctype;
  }
  return std::nullopt;
}

void read_filters(Section& section, SourceConfig& source) {
  const auto names = section.texts("doctypes", "[\"emails\", \"contents\", \"mailboxes\"]");
  if (!names.empty()) source.doctypes.clear();
  for (const auto& [name, element] : names) {
    const auto doctype = doctype_named(name);
    if (!doctype) {
      section.note(*element, fmt::format("source.doctypes: \"{}\" is unknown; write emails, "
                                         "contents, mailboxes or files",
                                         name));
      continue;
    }
    source.doctypes.push_back(*doctype);
  }
  std::sort(source.doctypes.begin(), source.doctypes.end());
  if (const auto twice = std::adjacent_find(source.doctypes.begin(), source.doctypes.end());
      twice != source.doctypes.end()) {
    section.note(*section.find("doctypes"),
                 fmt::format("source.doctypes: {} is there twice", mail::doctype_name(*twice)));
  }
  if (const auto since = section.text("messages_since")) {
    source.messages_since = parse_message_age(*since);
    if (!source.messages_since) {
      section.note(*section.find("messages_since"),
                   fmt::format("source.messages_since = \"{}\" is neither a day nor an age; write "
                               "\"2015-01-01\", \"5y\" or \"90d\"",
                               *since));
    }
  }
  const auto attachments = section.choice("attachments", {"extract", "keep", "none"});
  source.attachments = attachments == "keep"   ? Attachments::kKeep
                       : attachments == "none" ? Attachments::kNone
                                               : Attachments::kExtract;
}

void read_watching(Section& section, SourceConfig& source) {
  const auto watch = section.choice("watch", {"updates", "continuous", "longpoll", "poll"});
  for (const Watch each : {Watch::kUpdates, Watch::kContinuous, Watch::kLongPoll, Watch::kPoll}) {
    if (watch == watch_name(each)) source.watch = each;
  }
  source.poll_interval = section.duration("poll_interval", source.poll_interval);
  source.write_checkpoints = section.flag("write_checkpoints").value_or(source.write_checkpoints);
  source.max_feeds = section.number("max_feeds", 1, 10'000, source.max_feeds);
  source.max_connections = section.number("max_connections", 1, 1'000, source.max_connections);
}

}  // namespace

SourceConfig read_source(Section section, std::size_t position) {
  SourceConfig source;
  source.name = fmt::format("source-{}", position);
  read_name(section, source);
  read_address(section, source.address);
  read_login(section, source.address);
  read_layout(section, source);
  read_accounts(section, source);
  read_filters(section, source);
  read_watching(section, source);
  section.finish();
  return source;
}

}  // namespace api
