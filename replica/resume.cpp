#include "replica/resume.hpp"

#include <charconv>
#include <optional>
#include <string_view>

namespace replica {
namespace {

// A sequence of a server whose sequences are numbers that only grow.
std::optional<std::uint64_t> number(std::string_view seq) {
  std::uint64_t value = 0;
  const char* const end = seq.data() + seq.size();
  if (seq.empty() || std::from_chars(seq.data(), end, value).ptr != end) return {};
  return value;
}

bool went_back(const std::string& since, const std::string& update_seq) {
  const auto then = number(since), now = number(update_seq);
  return then && now && *now < *then;
}

}  // namespace

std::optional<std::uint64_t> sum_of_shards(std::string_view seq) {
  const auto dash = seq.find('-');
  if (!seq.starts_with('"') || dash == std::string_view::npos) return {};
  return number(seq.substr(1, dash - 1));
}

std::string incarnation_of(const DatabaseInfo& info, Dialect dialect) {
  const bool says_nothing = dialect == Dialect::kPouchdb || info.instance_start_time == "0";
  return says_nothing ? std::string() : info.instance_start_time;
}

bool may_be_another(const DatabaseInfo& info, Dialect dialect) {
  return incarnation_of(info, dialect).empty() && number(info.update_seq);
}

bool has_purged(const Checkpoint& checkpoint, const DatabaseInfo& info) {
  const auto purges = [](std::string_view seq) -> std::uint64_t {
    return number(seq).value_or(sum_of_shards(seq).value_or(0));
  };
  return purges(info.purge_seq) > purges(checkpoint.purge_seq);
}

bool are_of_other_copies(const SourceSeq& last_seq, const DatabaseInfo& info) {
  const auto end = sum_of_shards(last_seq.json), whole = sum_of_shards(info.update_seq);
  return info.copies != 1 && end && whole && *end != *whole;
}

bool ends_before(const SourceSeq& last_seq, const DatabaseInfo& info) {
  return are_of_other_copies(last_seq, info) &&
         *sum_of_shards(last_seq.json) < *sum_of_shards(info.update_seq);
}

Continuation continuation(const Checkpoint& checkpoint, const DatabaseInfo& info, Dialect dialect,
                          const std::string& filter) {
  if (checkpoint.since.json.empty()) return Continuation::kContinues;
  if (checkpoint.filter != filter) return Continuation::kBroken;
  if (went_back(checkpoint.since.json, info.update_seq)) return Continuation::kBroken;
  if (dialect == Dialect::kPouchdb) {
    // It takes whatever sequence it is given, a CouchDB's too.
    const bool is_foreign = number(info.update_seq) && !number(checkpoint.since.json);
    const bool is_other = !checkpoint.incarnation.empty() || is_foreign;
    return is_other ? Continuation::kBroken : Continuation::kUncertain;
  }
  const std::string incarnation = incarnation_of(info, dialect);
  const bool says_nothing =
      incarnation.empty() || checkpoint.incarnation.empty() || checkpoint.incarnation == "0";
  if (says_nothing) return Continuation::kUncertain;
  return checkpoint.incarnation == incarnation ? Continuation::kContinues : Continuation::kBroken;
}

}  // namespace replica
