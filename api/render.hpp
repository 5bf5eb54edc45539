// Renders answers as JSON, the same for REST and for --json. List rows come rendered from the
// catalog.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/accounts.hpp"
#include "api/errors.hpp"
#include "api/replication.hpp"
#include "api/tasks.hpp"
#include "indexer/account.hpp"
#include "mail/html.hpp"

namespace api {

[[nodiscard]] std::string render_list(const indexer::ListPage& page);
// Messages that were asked for by id.
[[nodiscard]] std::string render_messages(const std::vector<std::string>& rows);
// `request` is the search that the cursors belong to.
[[nodiscard]] std::string render_search(const indexer::SearchAnswer& answer,
                                        const indexer::SearchRequest& request);
[[nodiscard]] std::string_view facet_name(indexer::Facet facet);
[[nodiscard]] std::string render_completions(const std::vector<indexer::Completion>& completions);
[[nodiscard]] std::string render_mailboxes(const std::vector<indexer::MailboxCounts>& mailboxes,
                                           bool complete);
[[nodiscard]] std::string render_thread(std::string_view id, const std::vector<std::string>& rows);
[[nodiscard]] std::string render_conflicts(std::string_view id,
                                           const std::vector<indexer::LeafRevision>& leaves);
[[nodiscard]] std::string render_files(const indexer::ListPage& page);
[[nodiscard]] std::string render_changes(const indexer::ListChanges& changes);
[[nodiscard]] std::string render_bodies(std::string_view id,
                                        const std::vector<indexer::Body>& bodies);
// The bodies that answer a request for `type` ("text/plain" or "text/html"). HTML is made safe. If
// plain text is asked for and there is none, the text of the HTML is given.
[[nodiscard]] std::vector<indexer::Body> bodies_as(const std::vector<indexer::Body>& bodies,
                                                   std::string_view type,
                                                   const mail::SafeHtmlOptions& safe = {});
[[nodiscard]] std::string render_task(const TaskReport& task);
[[nodiscard]] std::string render_tasks(const std::vector<TaskReport>& tasks);
// Opens the accounts one after another, as many at a time as may be open.
[[nodiscard]] std::string render_status(Accounts& accounts, const std::vector<FeedReport>& feeds,
                                        const std::vector<SourceReport>& sources,
                                        const std::vector<TaskReport>& tasks);
[[nodiscard]] std::string render_accounts(Accounts& accounts, const std::vector<FeedReport>& feeds);
[[nodiscard]] std::string render_sources(const std::vector<SourceReport>& sources);

}  // namespace api
