// The text index on a real catalog.
#include "indexer/fulltext.hpp"

namespace indexer {

std::size_t build_fulltext(const std::filesystem::path& folder, const Catalog& catalog,
                           const Texts& texts, const DerivedCheckpoint& checkpoint, int threads,
                           const std::function<void(std::size_t)>& done,
                           const std::atomic<bool>& cancelled) {
  EntrySource source;
  source.entries = [&](std::uint32_t from, std::size_t limit) {
    return catalog.entries(from, limit);
  };
  source.text = [&](const TextEntry& entry) { return texts.read(entry); };
  return build_fulltext(folder, source, checkpoint, threads, done, cancelled);
}

QueryResult<HitPage> FulltextReader::search(const SearchRequest& request, const Catalog& catalog) {
  SearchScope scope;
  scope.find_mailbox = [&](std::string_view name) { return catalog.find_mailbox(name); };
  scope.numbers = [&](const MessageFilter& filter) { return catalog.numbers(filter); };
  scope.number_after = [&](const OrderKey& place) { return catalog.number_after(place); };
  scope.state = [&] { return catalog.state(); };
  return search(request, scope);
}

}  // namespace indexer
