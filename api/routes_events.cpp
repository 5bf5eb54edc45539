// Server-sent events: what changes in accounts, as it changes.
#include <fmt/format.h>

#include "api/events.hpp"
#include "api/route.hpp"

namespace api {
namespace {

HttpResponse listen(const Call& call, std::vector<std::string> names) {
  std::vector<std::shared_ptr<indexer::Account>> accounts;
  for (const auto& name : names) {
    accounts.push_back(call.accounts.find(name));
    if (!accounts.back()) return unknown_account(name);
    call.replication.mark_used(name);
  }
  EventClient::Rights rights{true, [&access = call.access, caller = call.caller] {
                               return access.is_still_valid(caller);
                             }};
  for (const auto& name : names)
    rights.sees_tasks = rights.sees_tasks && call.caller.may_administer(name);
  auto client = call.events.listen(std::move(names), call.request.last_event_id, std::move(rights));
  if (!client) {
    HttpResponse response =
        error_response(503, "tooManyListeners",
                       "as many listen already as may (http.max_listeners); poll instead");
    response.fields.emplace_back("Retry-After", "30");
    return response;
  }
  for (const auto& account : accounts) Events::tell_now(*client, *account);
  HttpResponse response;
  response.content_type = "text/event-stream";
  // nginx would keep events back until there are many.
  response.fields = {{"X-Accel-Buffering", "no"}};
  response.events = std::move(client);
  return response;
}

}  // namespace

HttpResponse get_events(const Call& call) { return listen(call, {call.segments[0]}); }

HttpResponse get_events_of_several(const Call& call) {
  auto names = accounts_in(call.request);
  if (auto refusal = refuse_account_count(names)) return *std::move(refusal);
  return listen(call, std::move(names));
}

}  // namespace api
