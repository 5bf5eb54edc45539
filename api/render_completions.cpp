#include "api/clock.hpp"
#include "api/render.hpp"
#include "mail/json_writer.hpp"

namespace api {

std::string render_completions(const std::vector<indexer::Completion>& completions) {
  std::string payload;
  mail::JsonWriter json(payload);
  json.begin_object().key("completions").begin_array();
  for (const auto& each : completions) {
    const std::chrono::sys_seconds last_seen{std::chrono::seconds(each.last_seen)};
    json.begin_object().key("name").string(each.name).key("email").string(each.email);
    json.key("count").number(each.count);
    json.key("lastSeen").string(to_rfc3339(last_seen));
    json.end_object();
  }
  json.end_array().end_object();
  return payload;
}

}  // namespace api
