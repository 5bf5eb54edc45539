#include "api/wait_for.hpp"

#include <fmt/format.h>

#include "api/events.hpp"

namespace api {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kDefaultTimeout = 5s, kLongestTimeout = 60s;

HttpResponse bad_parameter(const std::string& message) {
  return error_response(400, "badParameter", message);
}

// "docId@rev"; the id may hold an @ as well.
bool read_awaited(std::string_view text, AwaitedChange& awaited) {
  const auto at = text.rfind('@');
  const auto rev =
      at == text.npos || at == 0 ? std::nullopt : replica::RevId::parse(text.substr(at + 1));
  if (!rev) return false;
  awaited.doc_id = text.substr(0, at);
  awaited.rev = *rev;
  return true;
}

}  // namespace

std::variant<std::monostate, AwaitedChange, HttpResponse> extract_wait(HttpRequest& request) {
  if (!request.query.contains("wait_for")) return {};
  AwaitedChange awaited;
  Parameters parameters(request);
  const auto text = parameters.text("wait_for");
  awaited.timeout = parameters.timeout("timeout", kLongestTimeout).value_or(kDefaultTimeout);
  if (parameters.mistake()) return *parameters.mistake();
  if (!read_awaited(text, awaited))
    return bad_parameter(
        fmt::format("'wait_for' must be docId@rev, as CouchDB answered, not '{}'", text));
  request.query.erase("wait_for");
  request.query.erase("timeout");
  return awaited;
}

std::optional<HttpResponse> defer_until_visible(const Call& call, indexer::Account& account,
                                                const AwaitedChange& awaited,
                                                indexer::VisibleIn where) {
  auto waiter = call.events.wait(account.name());  // first: what moves from here on is noticed
  if (account.shows(awaited.doc_id, awaited.rev, where)) return std::nullopt;
  const auto until = call.request.received + awaited.timeout;
  if (std::chrono::steady_clock::now() >= until) {
    return error_response(504, "waitTimedOut",
                          fmt::format("revision {} of '{}' did not become visible in time; ask "
                                      "again, or without wait_for",
                                      awaited.rev.to_string(), awaited.doc_id));
  }
  (void)call.replication.wake(account.name());  // it is at the source: no need to wait for the feed
  HttpResponse later;
  later.events = std::move(waiter);
  later.again_at = until;
  return later;
}

}  // namespace api
