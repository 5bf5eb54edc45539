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

// "2001-05-14T16:39:00-07:00" or "…Z".
std::int64_t seconds_of_time(const std::string& text) {
  const auto number = [&](std::size_t at, std::size_t length) {
    return std::stoi(text.substr(at, length));
  };
  auto seconds = seconds_of({number(0, 4), number(5, 2), number(8, 2)}) + number(11, 2) * 3'600 +
                 number(14, 2) * 60 + number(17, 2);
  if (text.size() < 25) return seconds;
  const auto offset = number(20, 2) * 3'600 + number(23, 2) * 60;
  return text[19] == '-' ? seconds + offset : seconds - offset;
}

void take_row(const json& row, Message& message) {
  message.id = row["id"];
  message.thread = row["threadId"];
  for (const auto& [id, set] : row["mailboxIds"].items()) message.mailboxes.insert(id);
  for (const auto& [keyword, set] : row["keywords"].items()) message.keywords.insert(keyword);
  const auto& time = row["receivedAt"].is_string() ? row["receivedAt"] : row["sentAt"];
  message.date = time.is_string() ? seconds_of_time(time) : 0;
}

}  // namespace

Engine::Engine(unsigned short port, std::string account)
    : base_("/v1/accounts/" + std::move(account)), port_(port) {
  stream_.connect({boost::asio::ip::address_v4::loopback(), port_});
}

Engine::Response Engine::ask(const std::string& method, const std::string& path,
                             const std::string& payload) {
  http::request<http::string_body> request{http::string_to_verb(method), base_ + path, 11};
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
    if (after.empty()) {
      answer.total = body["total"];
      answer.total_is_exact = body["totalIsExact"];
    }
    answer.is_partial = answer.is_partial || body.value("partial", false);
    for (const auto& hit : body["hits"])
      answer.ids.push_back(hit[hit["kind"] == "mail" ? "message" : "file"]["id"]);
    after = body["next"].is_string() ? body["next"].get<std::string>() : "";
  } while (!after.empty());
  return answer;
}

Answer Engine::search(const std::string& text, const Paging& paging) {
  return pages([&](const std::string& after) {
    auto path = fmt::format("/search?q={}&limit={}&snippets=false&threads={}",
                            percent_encoded(text), paging.page_size, paging.threads);
    if (!after.empty()) path += "&after=" + percent_encoded(after);
    return ask("GET", path);
  });
}

Answer Engine::search(const json& filter, const Paging& paging) {
  return pages([&](const std::string& after) {
    json call = {{"filter", filter},
                 {"limit", paging.page_size},
                 {"snippets", false},
                 {"threads", paging.threads}};
    if (!after.empty()) call["after"] = after;
    return ask("POST", "/search", call.dump());
  });
}

Account Engine::account(const MailByBytes& known) {
  Account account;
  const auto mailboxes = get("/mailboxes");
  for (const auto& mailbox : mailboxes["mailboxes"]) {
    const auto& role = mailbox["role"];
    account.mailboxes.push_back({mailbox["id"], mailbox["name"],
                                 role.is_string() ? role.get<std::string>() : std::string()});
  }
  for (std::string after, path; path.empty() || !after.empty();) {
    path = fmt::format("/messages?limit={}", kRowsOfAList);
    if (!after.empty()) path += "&after=" + percent_encoded(after);
    const auto page = get(path);
    for (const auto& row : page["messages"]) {
      const auto raw = ask("GET", fmt::format("/messages/{}/raw", row["id"].get<std::string>()));
      const auto found = known.find(raw.payload);
      if (found == known.end())
        throw std::runtime_error(fmt::format("nobody wrote the message {}", row.dump()));
      take_row(row, account.messages.emplace_back(found->second));
    }
    after = page["next"].is_string() ? page["next"].get<std::string>() : "";
  }
  return account;
}

}  // namespace oracle
