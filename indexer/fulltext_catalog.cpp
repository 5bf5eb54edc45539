// The text index on a real catalog.
#include "indexer/fulltext.hpp"

namespace indexer {

DerivedCheckpoint build_fulltext(const std::filesystem::path& folder, const Catalog& catalog,
                                 const Texts& texts, const DerivedCheckpoint& checkpoint,
                                 int threads, Progress& progress, const IndexOptions& options) {
  EntrySource source;
  source.entries = [&](std::uint32_t from, std::size_t limit) {
    return catalog.entries(from, limit);
  };
  source.text = [&](const TextEntry& entry) { return texts.read(entry); };
  source.numbering = catalog.numbering();
  return build_fulltext(folder, source, checkpoint, threads, progress, options);
}

QueryResult<HitPage> FulltextReader::search(const SearchRequest& request, const Catalog& catalog) {
  SearchScope scope;
  scope.find_mailbox = [&](std::string_view name) { return catalog.find_mailbox(name); };
  scope.numbers = [&](const MessageFilter& filter) { return catalog.numbers(filter); };
  scope.number_after = [&](const OrderKey& place) { return catalog.number_after(place); };
  scope.mailbox_ids = [&] { return catalog.mailbox_ids(); };
  scope.thread_numbers = [&](std::string_view id) { return catalog.thread_numbers(id); };
  scope.same_threads = [&](const auto& numbers) { return catalog.same_threads(numbers); };
  scope.threads_of = [&](const auto& numbers) { return catalog.threads_of(numbers); };
  scope.sorted_numbers = [&](const auto& numbers, Sort sort, bool ascending, const auto& after,
                             std::size_t limit) {
    return catalog.sorted_numbers(numbers, sort, ascending, after, limit);
  };
  scope.facet_rows = [&](const auto& numbers, const auto& visit) {
    catalog.facet_rows(numbers, visit);
  };
  return search(request, scope);
}

}  // namespace indexer
