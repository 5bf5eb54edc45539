#include "api/access.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>

#include "api/clock.hpp"
#include "api/errors.hpp"
#include "api/route.hpp"

namespace api {
namespace {

constexpr double kBurstSeconds = 4;
constexpr std::size_t kLongestCredentials = 1'024;

// The part of the Authorization field after the name of that scheme; empty for another scheme.
std::string_view credentials(std::string_view field, std::string_view scheme) {
  if (field.size() <= scheme.size() || field[scheme.size()] != ' ') return {};
  if (!boost::beast::iequals(field.substr(0, scheme.size()), scheme)) return {};
  field.remove_prefix(scheme.size());
  field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
  return field;
}

// The password of Basic credentials (RFC 7617): what stands after the first colon. The user's name
// tells nothing: the token says whose it is.
std::string basic_password(std::string_view base64) {
  if (base64.size() > kLongestCredentials || base64.size() % 4 != 0) return {};
  std::string text(base64.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()),
                                   static_cast<int>(base64.size()));
  if (size < 0) return {};
  // The decoder counts padding as bytes: one or two.
  const auto padding = base64.ends_with("==") ? 2 : base64.ends_with('=') ? 1 : 0;
  text.resize(static_cast<std::size_t>(std::max(size - padding, 0)));
  const auto colon = text.find(':');
  return colon == text.npos ? std::string() : text.substr(colon + 1);
}

std::string token_in(std::string_view authorization) {
  if (const auto bearer = credentials(authorization, "Bearer"); !bearer.empty())
    return std::string(bearer);
  return basic_password(credentials(authorization, "Basic"));
}

// The same for a token that is wrong, has expired or was revoked.
HttpResponse unauthorized(bool showed_one) {
  HttpResponse response =
      showed_one ? error_response(401, "invalidToken",
                                  "this access token is wrong, has expired or was revoked")
                 : error_response(401, "tokenNeeded",
                                  "an access token is needed: send it as 'Authorization: Bearer "
                                  "TOKEN', or as the password of Basic authentication");
  response.fields = {
      {"WWW-Authenticate", showed_one ? R"(Bearer realm="davenport", error="invalid_token")"
                                      : R"(Bearer realm="davenport")"},
      {"WWW-Authenticate", R"(Basic realm="davenport", charset="UTF-8")"}};
  return response;
}

HttpResponse forbidden(std::string_view what) {
  return error_response(403, "forbidden", fmt::format("this access token {}", what));
}

std::optional<HttpResponse> check_accounts(const Caller& caller,
                                           const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (!caller.may_see(name)) return unknown_account(name);
  }
  return std::nullopt;
}

}  // namespace

bool Caller::may_see(std::string_view account) const {
  return is_unrestricted || (token && token->may_see(account));
}

bool Caller::may_administer(std::string_view account) const {
  return is_unrestricted || (token && token->is_admin && token->may_see(account));
}

bool Caller::may_administer_all() const {
  return is_unrestricted || (token && token->is_admin && token->has_all_accounts);
}

AccessControl::Policy::Policy(AccessRules given)
    : rules(given),
      rates(static_cast<double>(given.requests_per_second),
            kBurstSeconds * static_cast<double>(given.requests_per_second)) {}

AccessControl::AccessControl(const Tokens& tokens, AccessRules rules)
    : tokens_(tokens), policy_(std::make_shared<Policy>(rules)) {}

void AccessControl::change(AccessRules rules) {
  auto changed = std::make_shared<Policy>(rules);
  const std::lock_guard lock(mutex_);
  policy_ = std::move(changed);
}

std::shared_ptr<AccessControl::Policy> AccessControl::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

Caller AccessControl::identify(const HttpRequest& request) const {
  // Both, since at a reload the address may change before the rules do.
  if (request.from_admin_socket || (request.needs_no_token && policy()->rules.is_open))
    return {
        .is_unrestricted = true, .is_by_admin_socket = request.from_admin_socket, .token = nullptr};
  const auto text = token_in(request.authorization);
  if (text.empty()) return {};
  return {.is_unrestricted = false,
          .is_by_admin_socket = false,
          .token = tokens_.check(text, current_time())};
}

bool AccessControl::is_still_valid(const Caller& caller) const {
  if (caller.is_unrestricted) return caller.is_by_admin_socket || policy()->rules.is_open;
  return caller.token && tokens_.is_valid(caller.token->id, current_time());
}

std::optional<HttpResponse> AccessControl::check_rate(const HttpRequest& request,
                                                      const Caller& caller) const {
  const auto current = policy();
  const AccessRules& rules = current->rules;
  const bool is_limited = caller.token || rules.limits_clients;
  if (rules.requests_per_second == 0 || caller.is_unrestricted || !is_limited) return std::nullopt;
  // A token's id has no colon and no dot, an address has.
  const auto wait = current->rates.take(caller.token ? caller.token->id : request.client,
                                        RateLimit::Clock::now());
  if (wait == RateLimit::Clock::duration::zero()) return std::nullopt;
  HttpResponse response = error_response(
      429, "tooManyRequests",
      fmt::format("more than {} requests a second; try again later", rules.requests_per_second));
  response.fields.emplace_back(
      "Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
  return response;
}

std::optional<HttpResponse> check_access(Needs needs, const Caller& caller,
                                         const HttpRequest& request, const AccessTarget& target) {
  if (needs == Needs::kNothing) return std::nullopt;
  if (!caller.is_known()) return unauthorized(!request.authorization.empty());
  switch (needs) {
    case Needs::kNothing:
    case Needs::kToken:
      return std::nullopt;
    case Needs::kAccount:
      return caller.may_see(target.account) ? std::nullopt
                                            : std::optional(unknown_account(target.account));
    case Needs::kAccounts:
      return check_accounts(caller, target.accounts);
    case Needs::kAccountAdmin:
      // Check the kind of token first, so that the answer does not depend on the account.
      if (!caller.is_unrestricted && !caller.token->is_admin)
        return forbidden("reads, and may not administer");
      return caller.may_see(target.account) ? std::nullopt
                                            : std::optional(unknown_account(target.account));
    case Needs::kTaskAdmin:
      if (!caller.is_unrestricted && !caller.token->is_admin)
        return forbidden("reads, and may not administer");
      return caller.may_administer(target.account) ? std::nullopt
                                                   : std::optional(unknown_task(target.task));
    case Needs::kAdmin:
      return caller.is_unrestricted || caller.token->is_admin
                 ? std::nullopt
                 : std::optional(forbidden("reads, and may not administer"));
    case Needs::kServerAdmin:
      return caller.may_administer_all()
                 ? std::nullopt
                 : std::optional(forbidden("may not administer the whole server"));
    case Needs::kAdminSocket:
      break;
  }
  if (request.from_admin_socket) return std::nullopt;
  return error_response(
      403, "adminSocketOnly",
      "this reads files of the server's machine and is taken over the admin socket only: use the "
      "command, such as 'davenport import'");
}

}  // namespace api
