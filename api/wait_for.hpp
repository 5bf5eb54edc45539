// ?wait_for=docId@rev&timeout=5s: a request that is answered once a change is visible, so that a client sees its own write.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "api/route.hpp"
#include "replica/revision.hpp"

namespace api {

// What a request waits for.
struct Awaited {
  std::string doc_id;
  replica::RevId rev;
  std::chrono::milliseconds timeout;
};

// Takes the parameters of waiting out of the request; nothing when it does not wait, a refusal when they are mistaken. A `timeout`
// beside `wait_for` is how long to wait, not a search's own.
[[nodiscard]] std::variant<std::monostate, Awaited, HttpResponse> take_wait(HttpRequest& request);

// Nothing when the change is visible there. Else what the connection is to do: come again when the account moved, or tell the
// client that the time is up.
[[nodiscard]] std::optional<HttpResponse> put_off(const Call& call, indexer::Account& account,
                                                  const Awaited& awaited, indexer::Sight sight);

}  // namespace api
