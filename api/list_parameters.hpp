// How lists are asked for: the names of sorts, for HTTP and the command line, and the parameters of
// a request.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "api/route.hpp"
#include "indexer/catalog.hpp"

namespace api {

// "-received", "received", "subject" …, the default first; those that begin with '-' are
// descending.
[[nodiscard]] std::span<const std::string_view> message_sorts();
[[nodiscard]] std::span<const std::string_view> file_sorts();
// Sets the order of a query; `name` is one of those above.
void set_sort(indexer::ListQuery& query, std::string_view name);

// The anchor of a page with that message in its middle, or nearer to an end where the list begins
// or ends.
[[nodiscard]] indexer::ListQuery::Anchor anchor_around(std::string id, std::size_t limit);

// Says which parts of a filter contradict each other; nothing when none do.
[[nodiscard]] std::optional<std::string> contradiction(const indexer::MessageFilter& filter);

inline constexpr std::size_t kMaxRows = 500;
inline constexpr std::size_t kDefaultRows = 50;

// Read from the request. The mailbox is as it was written there. Mistakes are kept in `parameters`.
[[nodiscard]] indexer::MessageFilter read_filter(Parameters& parameters);
[[nodiscard]] indexer::ListQuery read_list(Parameters& parameters);
[[nodiscard]] indexer::ListQuery read_file_list(Parameters& parameters);

[[nodiscard]] HttpResponse refused(indexer::ListRefusal refusal);

}  // namespace api
