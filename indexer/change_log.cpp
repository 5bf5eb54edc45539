#include "indexer/change_log.hpp"

namespace indexer {
namespace {

constexpr std::int64_t kKept = 100'000;  // messages
// States between two looks at the length of the log, which cost a scan of it (some milliseconds).
constexpr std::int64_t kTrimEvery = 64;

}  // namespace

std::string pack(const ListMembership& membership) {
  std::vector<std::int64_t> packed = {membership.flags, membership.thread, membership.date};
  packed.insert(packed.end(), membership.views.begin(), membership.views.end());
  return pack(packed);
}

std::optional<ListMembership> unpack_membership(std::string_view packed) {
  const auto integers = unpack_integers(packed);
  if (integers.size() < 3) return {};
  return ListMembership{
      integers[0], integers[1], integers[2], {integers.begin() + 3, integers.end()}};
}

void ChangeLog::changed(const std::string& id, const ListMembership& before) {
  if (!enabled_) return;
  const auto [known, is_new] = before_.try_emplace(id);
  if (is_new) known->second = pack(before);
}

void ChangeLog::added(const std::string& id) {
  if (enabled_) before_.try_emplace(id);
}

void ChangeLog::renamed(std::int64_t thread) {
  if (enabled_) renamed_.insert(thread);
}

void ChangeLog::flush(std::int64_t state) {
  if (!enabled_) {
    writer_.connection.execute("DELETE FROM changes; DELETE FROM renamed");
    writer_.set_meta("log_from", std::to_string(state));
    return;
  }
  for (const auto& [id, before] : before_)
    writer_.put_change.bind(state, id, as_blob(before)).run();
  for (const auto thread : renamed_) writer_.put_renamed.bind(state, thread).run();
  if (state % kTrimEvery == 0) trim(state);
}

void ChangeLog::trim(std::int64_t state) {
  auto oldest =
      writer_.connection.prepare("SELECT state FROM changes ORDER BY state DESC LIMIT 1 OFFSET ?");
  std::int64_t last_dropped = 0;
  {
    Rows rows(oldest, kKept);
    if (!rows.next()) return;
    last_dropped = std::min(rows.integer(0), state - 1);
  }
  for (const auto* table : {"changes", "renamed"}) {
    auto drop =
        writer_.connection.prepare(std::string("DELETE FROM ") + table + " WHERE state <= ?");
    drop.bind(last_dropped).run();
  }
  writer_.set_meta("log_from", std::to_string(last_dropped));
}

}  // namespace indexer
