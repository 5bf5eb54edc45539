#include "tests/oracle/engine.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <stdexcept>

#include "tests/oracle/dates.hpp"

namespace oracle {
namespace {

namespace http = boost::beast::http;
using nlohmann::json;

constexpr int kRowsOfAList = 500;

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return encoded;
}

std::string account_path(const std::string& account) { return "/v1/accounts/" + account; }

// With a parameter, so that others can follow.
std::string search_path(const std::vector<std::string>& accounts) {
  if (accounts.size() == 1) return account_path(accounts.front()) + "/search?";
  return fmt::format("/v1/search?accounts={}&", fmt::join(accounts, ","));
}

std::string text_or_none(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

void take_row(const json& row, Entry& entry) {
  entry.id = row["id"];
  entry.thread = row["threadId"];
  for (const auto& [id, set] : row["mailboxIds"].items()) entry.mailboxes.insert(id);
  for (const auto& [keyword, set] : row["keywords"].items()) entry.keywords.insert(keyword);
  const auto& time = row["receivedAt"].is_string() ? row["receivedAt"] : row["sentAt"];
  entry.date = time.is_string() ? seconds_of_time(time) : 0;
}

Hit hit_of(const json& row) {
  const bool is_file = row["kind"] == "file";
  return {row.value("account", ""), is_file, row[is_file ? "file" : "message"]["id"], row["score"]};
}

std::map<std::string, FacetValues> facets_of(const json& body) {
  std::map<std::string, FacetValues> facets;
  for (const auto& [name, values] : body["facets"].items()) {
    auto& facet = facets[name];
    for (const auto& value : values) facet.emplace_back(value["value"], value["count"]);
  }
  return facets;
}

// What the first page says of all hits, others say as well.
void take_page(const json& body, bool is_first, Answer& answer) {
  const std::int64_t total = body["total"];
  const bool is_exact = body["totalIsExact"];
  auto facets = facets_of(body);
  answer.is_partial = answer.is_partial || body.value("partial", false);
  for (const auto& hit : body["hits"]) answer.hits.push_back(hit_of(hit));
  if (is_first) {
    answer.total = total;
    answer.total_is_exact = is_exact;
    answer.facets = std::move(facets);
  } else if (answer.is_partial) {
    return;
  } else if (is_exact && answer.total_is_exact && total != answer.total) {
    answer.error = fmt::format("total of the first page {}, of another {}", answer.total, total);
  } else if (facets != answer.facets) {
    answer.error = "facets of another page are others";
  }
}

}  // namespace

Engine::Engine(unsigned short port) {
  stream_.connect({boost::asio::ip::address_v4::loopback(), port});
}

Engine::Response Engine::ask(const std::string& method, const std::string& path,
                             const std::string& payload) {
  http::request<http::string_body> request{http::string_to_verb(method), path, 11};
  request.set(http::field::host, "localhost");
  request.set(http::field::content_type, "application/json");
  request.body() = payload;
  request.prepare_payload();
  http::write(stream_, request);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> response;
  response.body_limit(std::uint64_t{256} << 20);
  http::read(stream_, buffer, response);
  return {static_cast<int>(response.get().result_int()), std::move(response.get().body())};
}

json Engine::get(const std::string& path) {
  const auto response = ask("GET", path);
  if (response.status != 200)
    throw std::runtime_error(fmt::format("{}: {} {}", path, response.status, response.payload));
  return json::parse(response.payload);
}

json Engine::rows(const std::string& path, const char* member) {
  auto all = json::array();
  std::string after;
  do {
    const auto page = get(path + (after.empty() ? "" : "&after=" + percent_encoded(after)));
    for (const auto& row : page[member]) all.push_back(row);
    after = text_or_none(page["next"]);
  } while (!after.empty());
  return all;
}

template <typename Page>
Answer Engine::pages(const Page& page) {
  Answer answer;
  std::string after;
  do {
    const Response response = page(after);
    if (response.status != 200) {
      answer.error = fmt::format("{} {}", response.status, response.payload);
      return answer;
    }
    const auto body = json::parse(response.payload);
    take_page(body, after.empty(), answer);
    after = text_or_none(body["next"]);
  } while (!after.empty() && answer.error.empty());
  return answer;
}

Answer Engine::search(const std::vector<std::string>& accounts, const std::string& text,
                      const Manner& manner) {
  return pages([&](const std::string& after) {
    auto path = search_path(accounts) +
                fmt::format("q={}&limit={}&snippets=false&threads={}&sort={}&facets={}",
                            percent_encoded(text), manner.page_size, manner.threads, manner.sort,
                            fmt::join(manner.facets, ","));
    if (!manner.kind.empty()) path += "&kind=" + manner.kind;
    if (!after.empty()) path += "&after=" + percent_encoded(after);
    return ask("GET", path);
  });
}

Answer Engine::search(const std::vector<std::string>& accounts, const json& filter,
                      const Manner& manner) {
  auto path = search_path(accounts);
  path.pop_back();  // no further parameter
  return pages([&](const std::string& after) {
    json call = {{"filter", filter},    {"limit", manner.page_size},
                 {"snippets", false},   {"threads", manner.threads},
                 {"sort", manner.sort}, {"facets", manner.facets}};
    if (!manner.kind.empty()) call["kind"] = manner.kind;
    if (!after.empty()) call["after"] = after;
    return ask("POST", path, call.dump());
  });
}

List Engine::list(const std::string& account, const std::string& parameters) {
  List list;
  std::vector<std::vector<std::string>> pages;
  const auto path = account_path(account) + "/messages?" + parameters;
  const auto fetch = [&](const std::string& place) {
    const auto response = ask("GET", path + place);
    if (response.status == 200) return json::parse(response.payload);
    list.error = fmt::format("{} {}", response.status, response.payload);
    return json();
  };
  const auto ids_of = [](const json& page) {
    std::vector<std::string> ids;
    for (const auto& row : page["messages"]) ids.push_back(row["id"]);
    return ids;
  };
  auto page = fetch("");
  if (!list.error.empty()) return list;
  list.total = page["total"];
  list.total_is_exact = page["totalIsExact"];
  while (true) {
    for (auto& id : ids_of(page)) list.ids.push_back(std::move(id));
    const auto next = text_or_none(page["next"]);
    if (next.empty()) break;
    page = fetch("&after=" + percent_encoded(next));
    if (!list.error.empty()) return list;
  }
  while (true) {
    const auto ids = ids_of(page);
    list.backwards.insert(list.backwards.begin(), ids.begin(), ids.end());
    const auto previous = text_or_none(page["previous"]);
    if (previous.empty()) break;
    page = fetch("&before=" + percent_encoded(previous));
    if (!list.error.empty()) return list;
  }
  return list;
}

Account Engine::account(const std::string& name, const MailByBytes& known,
                        const FilesByDocument& files) {
  Account account;
  account.name = name;
  const auto path = account_path(name);
  const auto mailboxes = get(path + "/mailboxes");
  for (const auto& mailbox : mailboxes["mailboxes"])
    account.mailboxes.push_back({mailbox["id"], mailbox["name"], text_or_none(mailbox["role"])});
  for (const auto& row :
       rows(fmt::format("{}/messages?limit={}", path, kRowsOfAList), "messages")) {
    const auto raw =
        ask("GET", fmt::format("{}/messages/{}/raw", path, row["id"].get<std::string>()));
    const auto found = known.find(raw.payload);
    if (found == known.end())
      throw std::runtime_error(fmt::format("nobody wrote the message {}", row.dump()));
    take_row(row, account.entries.emplace_back(found->second));
  }
  for (const auto& row : rows(fmt::format("{}/files?limit={}", path, kRowsOfAList), "files")) {
    const auto found = files.find(row["docId"].get<std::string>());
    if (found == files.end())
      throw std::runtime_error(fmt::format("nobody wrote the file {}", row.dump()));
    account.entries.emplace_back(found->second).id = row["id"];
  }
  if (account.entries.size() != known.size() + files.size())
    throw std::runtime_error(fmt::format("{} of {} messages and files are in the lists",
                                         account.entries.size(), known.size() + files.size()));
  for (auto& entry : account.entries) entry.account = name;
  return account;
}

}  // namespace oracle
