#include "api/store_upkeep.hpp"

#include <fmt/format.h>

namespace api {
namespace {

// The stores that are there, one for each doctype or one for all.
template <typename Change>
std::int64_t in_all_stores(indexer::Account& account, Change change) {
  std::int64_t changed = 0;
  for (const mail::Doctype doctype : mail::kDoctypes) {
    if (account.stores().find(doctype) == nullptr) continue;
    changed += change(account.stores().create(doctype));
    if (account.stores().doctype_member()) break;
  }
  return changed;
}

}  // namespace

std::int64_t retry_quarantined(indexer::Account& account, const std::optional<std::string>& id) {
  return in_all_stores(account, [&](replica::Store& store) { return store.retry(id); });
}

std::int64_t ignore_quarantined(indexer::Account& account, const std::string& id) {
  return in_all_stores(account, [&](replica::Store& store) { return store.ignore(id); });
}

void begin_sweep(indexer::Account& account, mail::Doctype doctype) {
  const replica::Store* store = account.stores().find(doctype);
  if (store != nullptr && !store->replication_log().empty())
    account.stores().create(doctype).begin_sweep();
}

void begin_sweeps(indexer::Account& account) {
  for (const mail::Doctype doctype : mail::kDoctypes) begin_sweep(account, doctype);
}

std::string nothing_to_compare_with(std::string_view account) {
  return fmt::format(
      "account '{}' is gone from its source: there is nothing to compare with; what was pulled "
      "stays",
      account);
}

}  // namespace api
