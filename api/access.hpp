// Who may ask for what. Each route of the table says what it needs; this is the one place that
// looks, before any handler sees the request, an account is looked up or a parameter is read.
//
// An account that a token may not see is answered as one that does not exist, without finding out
// whether it does: neither the answer nor the time it takes tells the difference.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/http_server.hpp"
#include "api/rate_limit.hpp"
#include "api/tokens.hpp"

namespace api {

// What a route requires of the caller.
enum class Needs {
  kNothing,
  kToken,  // any valid token
  kAccount,  // a token for the account in the first segment of the path
  kAccounts,  // a token for all accounts of the parameter `accounts`
  kAccountAdmin,  // an admin token for the account in the first segment
  kTaskAdmin,  // an admin token for the account that the task in the first segment works on
  kAdmin,  // any admin token; the handler tells of its accounts only
  kServerAdmin,  // an admin token for all accounts
  kAdminSocket,  // to be on this machine, as the server's own user
};

// The client of a request, as far as access is concerned.
struct Caller {
  bool is_unrestricted = false;  // the request came by the admin socket, or no token is needed
  bool is_by_admin_socket = false;
  std::shared_ptr<const Token> token;  // null: no token, or an invalid one, was sent

  [[nodiscard]] bool is_known() const { return is_unrestricted || token != nullptr; }
  [[nodiscard]] bool may_see(std::string_view account) const;
  [[nodiscard]] bool may_administer(std::string_view account) const;
  [[nodiscard]] bool may_administer_all() const;
};

struct AccessRules {
  // Whoever reaches an address of HttpAccess::kOpen may do everything, without a token.
  bool is_open = false;
  // Requests per second that one token may make, after a burst of four times as many. 0: no limit.
  // With `limits_clients` the same limit holds for each client without a token.
  std::size_t requests_per_second = 0;
  bool limits_clients = false;
};

// Any thread.
class AccessControl {
 public:
  AccessControl(const Tokens& tokens, AccessRules rules);

  // Replaces the rules. The counts of requests start at zero again.
  void change(AccessRules rules);

  [[nodiscard]] Caller identify(const HttpRequest& request) const;
  // False when the caller's token has expired or was revoked since `identify`, or when one is needed by now.
  [[nodiscard]] bool is_still_valid(const Caller& caller) const;
  // Counts the request. Returns the 429 answer when it exceeds the rate, nothing when it may go on.
  [[nodiscard]] std::optional<HttpResponse> check_rate(const HttpRequest& request,
                                                       const Caller& caller) const;

 private:
  struct Policy {
    explicit Policy(AccessRules given);
    const AccessRules rules;
    RateLimit rates;
  };
  [[nodiscard]] std::shared_ptr<Policy> policy() const;

  const Tokens& tokens_;
  mutable std::mutex mutex_;
  std::shared_ptr<Policy> policy_;
};

// The names in a request on which access depends.
struct AccessTarget {
  std::string account;  // of kAccount, kAccountAdmin, and kTaskAdmin where the task is there
  std::vector<std::string> accounts;  // of kAccounts
  std::string task;  // of kTaskAdmin
};

// The answer to a caller without the right; nothing when the caller has it.
[[nodiscard]] std::optional<HttpResponse> check_access(Needs needs, const Caller& caller,
                                                       const HttpRequest& request,
                                                       const AccessTarget& target);

}  // namespace api
