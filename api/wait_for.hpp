// ?wait_for=docId@rev&timeout=5s: a request that is answered once a change is visible, so that a
// client sees its own write.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "api/route.hpp"
#include "replica/revision.hpp"

namespace api {

// What a request waits for.
struct AwaitedChange {
  std::string doc_id;
  replica::RevId rev;
  std::chrono::milliseconds timeout;
};

// Takes `wait_for` and its `timeout` out of the request. Monostate when the request does not wait;
// a refusal when they are wrong. A `timeout` beside `wait_for` limits the wait, not the search.
[[nodiscard]] std::variant<std::monostate, AwaitedChange, HttpResponse> extract_wait(
    HttpRequest& request);

// Nothing when the change is visible. Else what the connection is to do: handle the request again
// when the account has changed, or answer that the time is up.
[[nodiscard]] std::optional<HttpResponse> defer_until_visible(const Call& call,
                                                              indexer::Account& account,
                                                              const AwaitedChange& awaited,
                                                              indexer::VisibleIn where);

}  // namespace api
