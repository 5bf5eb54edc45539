#include <fmt/format.h>

#include "api/render.hpp"
#include "api/route.hpp"

namespace api {

HttpResponse get_complete(const Call& call, indexer::Account& account) {
  constexpr std::size_t kMaxTyped = 500, kDefaultCompletions = 10;
  Parameters parameters(call.request);
  const std::string typed = parameters.text("q");
  const auto limit = parameters.number("limit", 1, indexer::kMaxCompletions, kDefaultCompletions);
  if (parameters.mistake()) return *parameters.mistake();
  if (typed.size() > kMaxTyped)
    return error_response(400, "badParameter",
                          fmt::format("'q' must be at most {} bytes long", kMaxTyped));
  return json_response(render_completions(account.complete(typed, limit)));
}

}  // namespace api
