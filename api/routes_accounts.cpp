// Admin routes of accounts (pause, resume, resync, remove) and of the quarantine.
#include <fmt/format.h>

#include "api/account_removal.hpp"
#include "api/render_quarantine.hpp"
#include "api/route.hpp"
#include "api/store_upkeep.hpp"

namespace api {
namespace {

HttpResponse no_source(const std::string& name) {
  return error_response(409, "noSource",
                        fmt::format("account '{}' is local: nothing is pulled into it", name));
}

HttpResponse not_in_quarantine(const std::string& id) {
  return unknown("document", id, "it is not in quarantine; GET /v1/admin/quarantine lists what is");
}

HttpResponse account_state(const Call& call, const std::string& name) {
  const bool is_paused = call.accounts.registry().account_state(name) == AccountState::kPaused;
  return json_response(
      fmt::format(R"({{"account":"{}","paused":{}}})", name, is_paused ? "true" : "false"));
}

}  // namespace

HttpResponse post_pause(const Call& call) {
  const std::string& name = call.segments[0];
  if (!call.accounts.contains(name)) return unknown_account(name);
  if (call.accounts.source_of(name) == nullptr) return no_source(name);
  call.replication.pause(name);
  return account_state(call, name);
}

HttpResponse post_resume(const Call& call) {
  const std::string& name = call.segments[0];
  const bool was_removed = call.accounts.registry().account_state(name) == AccountState::kRemoved;
  if (!call.accounts.contains(name) && !was_removed) return unknown_account(name);
  if (!was_removed && call.accounts.source_of(name) == nullptr) return no_source(name);
  call.replication.resume(name);
  return account_state(call, name);
}

HttpResponse post_resync(const Call& call) {
  const std::string& name = call.segments[0];
  if (!call.accounts.contains(name)) return unknown_account(name);
  const auto databases = call.replication.resync(name);
  if (!databases) return no_source(name);
  if (*databases == 0) return error_response(409, "gone", nothing_to_compare_with(name));
  return json_response(R"({"queued":true})", 202);
}

HttpResponse delete_account(const Call& call) {
  const std::string& name = call.segments[0];
  if (!call.accounts.contains(name)) return unknown_account(name);
  Parameters parameters(call.request);
  if (parameters.text("confirm") != name) {
    return error_response(400, "confirmationNeeded",
                          fmt::format("this deletes all that account '{0}' has, and cannot be "
                                      "undone: say so with confirm={0}",
                                      name));
  }
  try {
    remove_account(call.config, call.accounts, call.replication, call.tasks, name);
  } catch (const RemovalRefused& refusal) {
    return error_response(409, "notRemovable", refusal.what());
  }
  call.events.account_removed(name);
  return json_response(fmt::format(R"({{"account":"{}","removed":true}})", name));
}

HttpResponse get_quarantine(const Call& call) {
  Parameters parameters(call.request);
  const std::string name = parameters.text("account");
  std::vector<std::string> names;
  if (name.empty()) {
    names = call.accounts.names();
    std::erase_if(names, [&](const auto& each) { return !call.caller.may_administer(each); });
  } else if (call.caller.may_administer(name) && call.accounts.contains(name)) {
    names = {name};
  } else {
    return unknown_account(name);
  }
  return json_response(render_quarantine(call.accounts, names));
}

HttpResponse post_quarantine_retry(const Call& call, indexer::Account& account) {
  Parameters parameters(call.request);
  std::optional<std::string> id;
  if (parameters.has("doc")) id = parameters.filled_text("doc");
  if (parameters.mistake()) return *parameters.mistake();
  const auto marked = retry_quarantined(account, id);
  if (id && marked == 0) return not_in_quarantine(*id);
  call.replication.retry(account.name());
  return json_response(fmt::format(R"({{"retried":{}}})", marked), 202);
}

HttpResponse post_quarantine_ignore(const Call& call, indexer::Account& account) {
  Parameters parameters(call.request);
  const std::string id = parameters.filled_text("doc");
  if (!parameters.has("doc")) parameters.refuse("badParameter", "'doc' must name the document");
  if (parameters.mistake()) return *parameters.mistake();
  const auto marked = ignore_quarantined(account, id);
  if (marked == 0) return not_in_quarantine(id);
  call.replication.retry(account.name());  // which counts anew
  return json_response(fmt::format(R"({{"ignored":{}}})", marked));
}

}  // namespace api
