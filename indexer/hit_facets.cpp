// The facets of a search: some are counted in the catalog, some in the values of the index.
#include <algorithm>

#include "indexer/fields.hpp"
#include "indexer/hit_pager.hpp"

namespace indexer {
namespace {

// Calls `visit` with the value in that slot of each of the entries that has one. `numbers` ascend.
template <typename Visit>
void for_each_value(const Xapian::Database& database, Xapian::valueno slot,
                    const std::vector<std::uint32_t>& numbers, const Visit& visit) {
  auto value = database.valuestream_begin(slot);
  const auto end = database.valuestream_end(slot);
  for (const auto number : numbers) {
    if (value == end) break;
    if (value.get_docid() < number) value.skip_to(number);
    if (value != end && value.get_docid() == number) visit(*value);
  }
}

}  // namespace

std::vector<FacetCounts> HitPager::facets() {
  auto numbers = matches();
  const bool is_exact = numbers.size() <= kMaxFaceted && !deadline_.was_over();
  if (numbers.size() > kMaxFaceted) numbers.resize(kMaxFaceted);
  FacetCounter counter(request_.facets);
  catalog_.facet_rows(numbers, [&](const FacetRow& row) { counter.add(row); });
  std::sort(numbers.begin(), numbers.end());
  if (counter.wants(Facet::kLanguage)) {
    for_each_value(database_, kLanguageSlot, numbers,
                   [&](const std::string& code) { counter.add(Facet::kLanguage, code); });
  }
  if (counter.wants(Facet::kType)) {
    for_each_value(database_, kTypesSlot, numbers, [&](std::string_view types) {
      for (auto end = types.find('\n'); end != types.npos; end = types.find('\n')) {
        counter.add(Facet::kType, types.substr(0, end));
        types.remove_prefix(end + 1);
      }
    });
  }
  // What is rare here may be frequent in all accounts together.
  return request_.is_one_of_several ? counter.take(is_exact, kMaxFaceted) : counter.take(is_exact);
}

}  // namespace indexer
