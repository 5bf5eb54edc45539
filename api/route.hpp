// What a route's handler is given, and how it reads its parameters. Internal to the routes.
#pragma once

#include <chrono>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/access.hpp"
#include "api/errors.hpp"
#include "api/events.hpp"
#include "api/routes.hpp"

namespace api {

// One request on its way through a route.
struct Call {
  const HttpRequest& request;
  std::vector<std::string> segments;  // the values of the pattern's {…}, decoded
  const Config& config;
  Accounts& accounts;
  Tasks& tasks;
  Replication& replication;
  Metrics& metrics;
  Events& events;
  const AccessControl& access;
  const Caller& caller;
};

using RouteHandler = HttpResponse (*)(const Call&);
// Checks a request's parameters before it waits (wait_for); returns the refusal, if any.
using RouteCheck = std::optional<HttpResponse> (*)(const HttpRequest&);

struct Route {
  std::string_view method;
  std::string_view pattern;  // "{name}" stands for one segment
  Needs needs;
  std::vector<std::string_view> parameters;  // names that the query may have
  RouteHandler handle;
  // Where a change must be visible before `wait_for` ends its wait; none: the route has no
  // `wait_for`.
  std::optional<indexer::VisibleIn> visible_in{};
  RouteCheck check = nullptr;  // before it waits; null: there is nothing to check
};

// Reads the parameters of a query one by one; the first mistake is kept, and what follows reads as
// defaults.
class Parameters {
 public:
  explicit Parameters(const HttpRequest& request) : query_(request.query) {}

  [[nodiscard]] std::string text(const std::string& name);
  // The same, but an empty value is a mistake. Returns empty when the parameter is not given.
  [[nodiscard]] std::string filled_text(const std::string& name);
  // "5s", "500ms", or a number of milliseconds; from 1 to `most`. Nothing: it is not given.
  [[nodiscard]] std::optional<std::chrono::milliseconds> timeout(const std::string& name,
                                                                 std::chrono::milliseconds most);
  [[nodiscard]] bool flag(const std::string& name, bool otherwise);
  [[nodiscard]] std::optional<bool> flag(const std::string& name);  // nothing: it is not given
  [[nodiscard]] std::size_t number(const std::string& name, std::size_t least, std::size_t most,
                                   std::size_t otherwise);
  // One of `allowed`; the first is the default.
  [[nodiscard]] std::string choice(const std::string& name,
                                   std::span<const std::string_view> allowed);
  [[nodiscard]] std::string choice(const std::string& name,
                                   std::initializer_list<std::string_view> allowed);
  [[nodiscard]] std::int64_t whole_number(const std::string& name, std::int64_t least,
                                          std::int64_t most, std::int64_t otherwise);
  [[nodiscard]] std::optional<std::string> cursor(const std::string& name);

  [[nodiscard]] bool has(const std::string& name) const { return query_.contains(name); }
  // The first refusal counts.
  void refuse(std::string_view code, const std::string& message);
  [[nodiscard]] const std::optional<HttpResponse>& mistake() const { return mistake_; }

 private:
  const std::multimap<std::string, std::string>& query_;
  std::optional<HttpResponse> mistake_;
};

// "unknown message 'x'; …": 404 for a thing that is not there. `noun` is "message", "thread" …;
// `hint` says where to look.
[[nodiscard]] HttpResponse unknown(std::string_view noun, std::string_view id,
                                   std::string_view hint);
[[nodiscard]] HttpResponse unknown_account(std::string_view name);
[[nodiscard]] HttpResponse unknown_message(std::string_view id);
[[nodiscard]] HttpResponse unknown_task(std::string_view id);
[[nodiscard]] HttpResponse json_response(std::string payload, int status = 200);

// The accounts that the parameter `accounts` names, each once, in its order.
[[nodiscard]] std::vector<std::string> accounts_in(const HttpRequest& request);
// The 400 answer when these are no accounts, or more than one request may name; else nothing.
[[nodiscard]] std::optional<HttpResponse> refuse_account_count(
    const std::vector<std::string>& accounts);

// Gives the account in the first segment to a handler that works on one, and counts the bodies that
// it read.
template <HttpResponse (*handler)(const Call&, indexer::Account&)>
HttpResponse with_account(const Call& call) {
  const auto account = call.accounts.find(call.segments[0]);
  if (!account) return unknown_account(call.segments[0]);
  call.replication.mark_used(account->name());
  HttpResponse response = handler(call, *account);
  call.metrics.content_reads(account->stores().content_reads(), account->name());
  return response;
}

// routes_accounts.cpp
[[nodiscard]] HttpResponse post_pause(const Call& call);
[[nodiscard]] HttpResponse post_resume(const Call& call);
[[nodiscard]] HttpResponse post_resync(const Call& call);
[[nodiscard]] HttpResponse delete_account(const Call& call);
[[nodiscard]] HttpResponse get_quarantine(const Call& call);
[[nodiscard]] HttpResponse post_quarantine_retry(const Call& call, indexer::Account& account);
[[nodiscard]] HttpResponse post_quarantine_ignore(const Call& call, indexer::Account& account);

// routes_public.cpp
[[nodiscard]] HttpResponse get_web_page(const Call&);
[[nodiscard]] HttpResponse get_health(const Call&);
[[nodiscard]] HttpResponse get_metrics(const Call& call);
[[nodiscard]] HttpResponse get_openapi(const Call&);

// routes_mail.cpp
[[nodiscard]] HttpResponse get_own_accounts(const Call& call);
[[nodiscard]] HttpResponse get_mailboxes(const Call& call, indexer::Account& account);
[[nodiscard]] HttpResponse get_messages(const Call& call, indexer::Account& account);
[[nodiscard]] std::optional<HttpResponse> check_messages(const HttpRequest& request);
[[nodiscard]] HttpResponse get_changes(const Call& call, indexer::Account& account);
[[nodiscard]] std::optional<HttpResponse> check_changes(const HttpRequest& request);
[[nodiscard]] HttpResponse get_message(const Call& call, indexer::Account& account);
[[nodiscard]] HttpResponse get_conflicts(const Call& call, indexer::Account& account);
[[nodiscard]] HttpResponse get_thread(const Call& call, indexer::Account& account);
[[nodiscard]] HttpResponse get_files(const Call& call, indexer::Account& account);
[[nodiscard]] std::optional<HttpResponse> check_files(const HttpRequest& request);
[[nodiscard]] HttpResponse get_file(const Call& call, indexer::Account& account);

// routes_search.cpp
[[nodiscard]] HttpResponse search(const Call& call, indexer::Account& account);
[[nodiscard]] std::optional<HttpResponse> check_search(const HttpRequest& request);
[[nodiscard]] HttpResponse search_several(const Call& call);

// routes_events.cpp
[[nodiscard]] HttpResponse get_events(const Call& call);
[[nodiscard]] HttpResponse get_events_of_several(const Call& call);

// routes_complete.cpp
[[nodiscard]] HttpResponse get_complete(const Call& call, indexer::Account& account);

// routes_content.cpp
[[nodiscard]] HttpResponse get_body(const Call& call, indexer::Account& account);
[[nodiscard]] HttpResponse get_raw(const Call& call, indexer::Account& account);
[[nodiscard]] HttpResponse get_attachment(const Call& call, indexer::Account& account);

// routes_admin.cpp
[[nodiscard]] HttpResponse post_sync(const Call& call);
[[nodiscard]] HttpResponse get_accounts(const Call& call);
[[nodiscard]] HttpResponse get_sources(const Call& call);
[[nodiscard]] HttpResponse post_sync_task(const Call& call);
[[nodiscard]] HttpResponse post_reindex(const Call& call, indexer::Account& account);
[[nodiscard]] HttpResponse post_compact(const Call& call, indexer::Account& account);
[[nodiscard]] HttpResponse post_doctor(const Call& call);
[[nodiscard]] HttpResponse post_backup(const Call& call, indexer::Account& account);
[[nodiscard]] HttpResponse post_import(const Call& call);
[[nodiscard]] HttpResponse get_tasks(const Call& call);
[[nodiscard]] HttpResponse get_task(const Call& call);
[[nodiscard]] HttpResponse delete_task(const Call& call);
[[nodiscard]] HttpResponse get_status(const Call& call);

}  // namespace api
