#include "api/route.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/render.hpp"
#include "api/text_list.hpp"

namespace api {

void Parameters::refuse(std::string_view code, const std::string& message) {
  if (!mistake_) mistake_ = error_response(400, code, message);
}

std::string Parameters::text(const std::string& name) {
  const auto [first, last] = query_.equal_range(name);
  if (first == last) return {};
  if (std::next(first) != last)
    refuse("badParameter", fmt::format("parameter '{}' is given more than once", name));
  return first->second;
}

std::string Parameters::filled_text(const std::string& name) {
  std::string value = text(name);
  if (value.empty() && has(name))
    refuse("badParameter",
           fmt::format("parameter '{}' is empty: give it a value, or leave it out", name));
  return value;
}

std::optional<std::chrono::milliseconds> Parameters::timeout(const std::string& name,
                                                             std::chrono::milliseconds most) {
  if (!has(name)) return std::nullopt;
  const std::string value = text(name);
  const bool is_number = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
  const auto time = parse_duration(is_number ? value + "ms" : value);
  if (time && *time <= most) return time;
  refuse("badParameter",
         fmt::format("parameter '{}' must be a time from 1ms to {}s, such as 5s, 500ms or a number "
                     "of milliseconds, not '{}'",
                     name, std::chrono::floor<std::chrono::seconds>(most).count(), value));
  return std::nullopt;
}

bool Parameters::flag(const std::string& name, bool otherwise) {
  return flag(name).value_or(otherwise);
}

std::optional<bool> Parameters::flag(const std::string& name) {
  if (!has(name)) return std::nullopt;
  const std::string value = text(name);
  if (value == "true") return true;
  if (value == "false") return false;
  refuse("badParameter",
         fmt::format("parameter '{}' must be true or false, not '{}'", name, value));
  return std::nullopt;
}

std::int64_t Parameters::whole_number(const std::string& name, std::int64_t least,
                                      std::int64_t most, std::int64_t otherwise) {
  if (!has(name)) return otherwise;
  const std::string value = text(name);
  std::int64_t result = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
  if (error == std::errc() && end == value.data() + value.size() && result >= least &&
      result <= most)
    return result;
  refuse("badParameter", fmt::format("parameter '{}' must be a number from {} to {}, not '{}'",
                                     name, least, most, value));
  return otherwise;
}

std::optional<std::string> Parameters::cursor(const std::string& name) {
  return has(name) ? std::optional(text(name)) : std::nullopt;
}

std::size_t Parameters::number(const std::string& name, std::size_t least, std::size_t most,
                               std::size_t otherwise) {
  return static_cast<std::size_t>(whole_number(name, static_cast<std::int64_t>(least),
                                               static_cast<std::int64_t>(most),
                                               static_cast<std::int64_t>(otherwise)));
}

std::string Parameters::choice(const std::string& name,
                               std::initializer_list<std::string_view> allowed) {
  return choice(name, std::span(allowed.begin(), allowed.size()));
}

std::string Parameters::choice(const std::string& name, std::span<const std::string_view> allowed) {
  if (!query_.contains(name)) return std::string(allowed.front());
  const std::string value = text(name);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
  refuse("badParameter",
         fmt::format("parameter '{}' must be {}, not '{}'", name,
                     fmt::join(allowed, allowed.size() > 2 ? ", " : " or "), value));
  return std::string(allowed.front());
}

HttpResponse unknown(std::string_view noun, std::string_view id, std::string_view hint) {
  std::string code = fmt::format("unknown{}", noun);
  code[7] = static_cast<char>(code[7] - 'a' + 'A');
  return error_response(404, code, fmt::format("unknown {} '{}'; {}", noun, id, hint));
}

HttpResponse unknown_account(std::string_view name) {
  return unknown("account", name, "GET /v1/accounts lists those that you may read");
}

HttpResponse unknown_message(std::string_view id) {
  return unknown("message", id, "it may have been deleted; GET …/messages lists what is there");
}

HttpResponse unknown_task(std::string_view id) {
  return unknown("task", id, "GET /v1/admin/tasks lists the latest");
}

std::vector<std::string> accounts_in(const HttpRequest& request) {
  std::vector<std::string> accounts;
  const auto [first, last] = request.query.equal_range("accounts");
  for (auto parameter = first; parameter != last; ++parameter) {
    for (const auto name : split_list(parameter->second)) {
      if (std::find(accounts.begin(), accounts.end(), name) == accounts.end())
        accounts.emplace_back(name);
    }
  }
  return accounts;
}

std::optional<HttpResponse> refuse_account_count(const std::vector<std::string>& accounts) {
  constexpr std::size_t kMaxAccounts = 32;
  if (!accounts.empty() && accounts.size() <= kMaxAccounts) return std::nullopt;
  return error_response(
      400, "badParameter",
      fmt::format("'accounts' must name 1 to {} accounts, as in accounts=alice,bob", kMaxAccounts));
}

HttpResponse json_response(std::string payload, int status) {
  HttpResponse response;
  response.status = status;
  response.payload = std::move(payload);
  return response;
}

}  // namespace api
