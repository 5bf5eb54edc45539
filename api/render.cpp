#include "api/render.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "api/json_members.hpp"
#include "mail/html.hpp"
#include "mail/json_writer.hpp"
#include "mail/text.hpp"

namespace api {
namespace {

using mail::JsonWriter;

void write_rows(JsonWriter& json, std::string_view name, const std::vector<std::string>& rows) {
  json.key(name).begin_array();
  for (const auto& row : rows) json.raw(row);
  json.end_array();
}

std::size_t bytes_of(const std::vector<std::string>& rows) {
  std::size_t bytes = 256;
  for (const auto& row : rows) bytes += row.size() + 1;
  return bytes;
}

void write_task(JsonWriter& json, const TaskReport& task) {
  json.begin_object().key("id").string(task.id).key("kind").string(task.kind);
  json.key("account").string(task.account).key("state").string(task.state);
  json.key("done").number(task.done).key("of").number(task.of);
  write_optional(json, "secondsLeft", task.seconds_left);
  json.key("outcome").string(task.outcome).key("problems").begin_array();
  for (const auto& problem : task.problems) json.string(problem);
  json.end_array().key("arguments").raw(task.arguments);
  write_optional(json, "created", std::optional(task.created));
  write_optional(json, "started", task.started);
  write_optional(json, "ended", task.ended);
  json.end_object();
}

}  // namespace

std::string render_list(const indexer::ListPage& page) {
  std::string out;
  out.reserve(bytes_of(page.rows));
  JsonWriter json(out);
  json.begin_object();
  write_rows(json, "messages", page.rows);
  json.key("total").number(page.total).key("unread").number(page.unread);
  json.key("totalIsExact").boolean(page.total_is_exact);
  write_optional(json, "next", page.next);
  write_optional(json, "previous", page.previous);
  json.key("state").string(page.state).key("complete").boolean(page.complete).end_object();
  return out;
}

std::string render_messages(const std::vector<std::string>& rows) {
  std::string out;
  out.reserve(bytes_of(rows));
  JsonWriter json(out);
  json.begin_object();
  write_rows(json, "messages", rows);
  json.end_object();
  return out;
}

std::string render_mailboxes(const std::vector<indexer::MailboxCounts>& mailboxes, bool complete) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("mailboxes").begin_array();
  for (const auto& [mailbox, total, unread, threads, unread_threads] : mailboxes) {
    json.begin_object().key("id").string(mailbox.id).key("name").string(mailbox.name);
    write_optional(json, "parentId", mailbox.parent_id);
    write_optional(json, "role", mailbox.role);
    json.key("sortOrder").number(mailbox.sort_order);
    json.key("total").number(total).key("unread").number(unread);
    json.key("threads").number(threads).key("unreadThreads").number(unread_threads).end_object();
  }
  json.end_array().key("complete").boolean(complete).end_object();
  return out;
}

std::string render_thread(std::string_view id, const std::vector<std::string>& rows) {
  std::string out;
  out.reserve(bytes_of(rows));
  JsonWriter json(out);
  json.begin_object().key("id").string(id);
  write_rows(json, "messages", rows);
  json.end_object();
  return out;
}

// Documents are as their authors wrote them, perhaps in JSON that clients cannot parse; so they are
// given as text.
std::string render_conflicts(std::string_view id,
                             const std::vector<indexer::LeafRevision>& leaves) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("id").string(id).key("revisions").begin_array();
  for (const auto& leaf : leaves) {
    json.begin_object().key("rev").string(leaf.rev).key("deleted").boolean(leaf.deleted);
    json.key("document").string(leaf.document).end_object();
  }
  json.end_array().end_object();
  return out;
}

std::string render_files(const indexer::ListPage& page) {
  std::string out;
  out.reserve(bytes_of(page.rows));
  JsonWriter json(out);
  json.begin_object();
  write_rows(json, "files", page.rows);
  json.key("total").number(page.total);
  write_optional(json, "next", page.next);
  write_optional(json, "previous", page.previous);
  json.key("state").string(page.state).key("complete").boolean(page.complete).end_object();
  return out;
}

std::string render_changes(const indexer::ListChanges& changes) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("state").string(changes.state);
  const auto write_ids = [&json](std::string_view name, const std::vector<std::string>& ids) {
    json.key(name).begin_array();
    for (const auto& id : ids) json.string(id);
    json.end_array();
  };
  write_ids("added", changes.added);
  write_ids("updated", changes.updated);
  write_ids("removed", changes.removed);
  json.key("hasMore").boolean(changes.more).end_object();
  return out;
}

std::string render_bodies(std::string_view id, const std::vector<indexer::Body>& bodies) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("id").string(id).key("parts").begin_array();
  for (const auto& body : bodies) {
    json.begin_object().key("partId").string(body.part_id).key("type").string(body.type);
    json.key("content").string(body.content).key("truncated").boolean(body.truncated).end_object();
  }
  json.end_array().end_object();
  return out;
}

std::vector<indexer::Body> bodies_as(const std::vector<indexer::Body>& bodies,
                                     std::string_view type, const mail::SafeHtmlOptions& safe) {
  std::vector<indexer::Body> chosen;
  for (const auto& body : bodies) {
    if (body.type != type) continue;
    chosen.push_back(body);
    if (type == "text/html") chosen.back().content = mail::sanitize_html(body.content, safe);
  }
  const bool has_any = std::any_of(chosen.begin(), chosen.end(), [](const indexer::Body& body) {
    return mail::has_content(body.content);
  });
  if (has_any || type != "text/plain") return chosen;
  std::vector<indexer::Body> converted;
  for (const auto& body : bodies) {
    if (body.type == "text/html") {
      converted.push_back(
          {body.part_id, "text/plain", mail::html_to_text(body.content), body.truncated});
    }
  }
  return converted.empty() ? chosen : converted;
}

std::string render_task(const TaskReport& task) {
  std::string out;
  JsonWriter json(out);
  write_task(json, task);
  return out;
}

std::string render_tasks(const std::vector<TaskReport>& tasks) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("tasks").begin_array();
  for (const auto& task : tasks) write_task(json, task);
  json.end_array().end_object();
  return out;
}

}  // namespace api
