// Mending a part in place: documents are projected and indexed once more.
#include <algorithm>
#include <set>
#include <utility>

#include "indexer/account_state.hpp"
#include "indexer/renewal_mark.hpp"

namespace indexer {
namespace {

// Documents of a batch: a transaction of the catalog, a commit of the text index.
constexpr std::size_t kRenewBatch = 500;
constexpr std::chrono::hours kNoTimeLimit{24};

// With a rate, what may be done in a second: it is waited for before a batch, while indexing may go
// on.
std::size_t batch_size(const Progress& progress) {
  const std::int64_t rate = progress.rate;
  return rate > 0 ? std::min(kRenewBatch, static_cast<std::size_t>(rate)) : kRenewBatch;
}

Kind kind_of(mail::Doctype doctype) {
  return doctype == mail::Doctype::kFiles ? Kind::kFile : Kind::kMail;
}

mail::Doctype doctype_of(Kind kind) {
  return kind == Kind::kMail ? mail::Doctype::kEmails : mail::Doctype::kFiles;
}

// The entries of these documents; a content document is part of the entry of its message.
std::vector<EntryName> entries_of(std::span<const DocumentName> documents) {
  std::vector<EntryName> entries;
  for (const auto& [doctype, id] : documents) {
    if (doctype == mail::Doctype::kEmails || doctype == mail::Doctype::kFiles)
      entries.push_back({kind_of(doctype), public_id(id)});
  }
  return entries;
}

// Documents that could not be read, and those with a file whose text could not.
std::vector<DocumentName> failed_documents(const Catalog& catalog, const Texts& texts,
                                           const Progress& progress) {
  std::vector<DocumentName> failed;
  for (auto& failure : catalog.failures())
    failed.push_back({failure.doctype, std::move(failure.doc_id)});
  std::uint32_t from = 1;
  for (auto entries = catalog.entries(from, kRenewBatch); !entries.empty();
       entries = catalog.entries(from, kRenewBatch)) {
    progress.step();
    for (auto& entry : entries) {
      if (!texts.unreadable_files(entry).empty())
        failed.push_back({doctype_of(entry.kind), std::move(entry.doc_id)});
    }
    from = entries.back().number + 1;
  }
  return failed;
}

// Files whose text could not be read are read again when their entries are renewed; each once,
// however many entries have it.
class SecondTries {
 public:
  explicit SecondTries(const Stores& stores) : stores_(stores), texts_(stores) {}

  void allow(const Catalog& catalog, std::span<const DocumentName> documents) {
    for (const auto& [kind, id] : entries_of(documents)) {
      const auto entry = catalog.text_entry(kind, id);
      if (!entry) continue;
      for (const auto& file : texts_.unreadable_files(*entry)) {
        if (tried_.insert(file).second) stores_.extracts().forget(file.first, file.second);
      }
    }
  }

 private:
  const Stores& stores_;
  const Texts texts_;
  std::set<std::pair<std::string, FileType>> tried_;
};

}  // namespace

std::size_t Account::renew(std::span<const DocumentName> documents, Progress& progress) {
  std::size_t renewed = 0;
  while (!documents.empty()) {
    const auto batch = documents.first(std::min(batch_size(progress), documents.size()));
    documents = documents.subspan(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) progress.pace();
    const std::lock_guard text_working(state_->text_work);
    const auto live = state_->generation();
    if (!live) return renewed;
    {
      const std::lock_guard catalog_working(state_->catalog_work);
      while (live->catalog().project(stores_, kRenewBatch).more) progress.step();
      live->catalog().project_again(stores_, batch);
    }
    if (!live->has_index()) continue;
    live->follow_index(stores_, progress);
    const auto entries = entries_of(batch);
    live->renew_entries(stores_, entries, progress);
    renewed += entries.size();
  }
  return renewed;
}

QueryResult<std::size_t> Account::renew_matching(const Query& query, std::string_view task,
                                                 Progress& progress) {
  const auto live = state_->generation();
  if (!live || !live->has_index()) return 0;
  const RenewalMark mark(live->folder(), task);
  Renewal renewal = mark.read().value_or(Renewal{});
  progress.done = renewal.entries;
  SearchRequest request;
  request.query = &query;
  request.limit = batch_size(progress);
  request.timeout = kNoTimeLimit;
  for (bool more = true; more;) {
    if (renewal.after) request.after.emplace().newest_first = *renewal.after;
    const auto page = live->reader()->search(request, live->catalog());
    if (!page) return page.error();
    progress.of = std::max(progress.done.load(), page->total);
    std::vector<DocumentName> found;
    for (const auto& hit : page->hits) {
      if (auto id = live->catalog().document_id(hit.kind, hit.id))
        found.push_back({doctype_of(hit.kind), std::move(*id)});
    }
    renewal.entries += static_cast<std::int64_t>(renew(found, progress));
    more = page->more && !page->hits.empty();
    if (more) {
      renewal.after = page->hits.back().place.newest_first;
      mark.write(renewal);
    }
  }
  mark.remove();
  return static_cast<std::size_t>(renewal.entries);
}

std::size_t Account::renew_failed(std::string_view task, Progress& progress) {
  const auto live = state_->generation();
  if (!live) return 0;
  const RenewalMark mark(live->folder(), task);
  Renewal renewal = mark.read().value_or(Renewal{});
  // First what was begun: it may not count as failed any more.
  std::vector<DocumentName> documents = std::exchange(renewal.begun, {});
  const std::set<DocumentName> begun(documents.begin(), documents.end());
  for (auto& failed : failed_documents(live->catalog(), Texts(stores_), progress)) {
    if (!begun.contains(failed)) documents.push_back(std::move(failed));
  }
  progress.done = renewal.entries;
  progress.of = renewal.entries + static_cast<std::int64_t>(documents.size());
  SecondTries second_tries(stores_);
  for (std::span<const DocumentName> rest = documents; !rest.empty();) {
    const auto batch = rest.first(std::min(batch_size(progress), rest.size()));
    rest = rest.subspan(batch.size());
    renewal.begun.assign(batch.begin(), batch.end());
    mark.write(renewal);
    second_tries.allow(live->catalog(), batch);
    renewal.entries += static_cast<std::int64_t>(renew(batch, progress));
  }
  mark.remove();
  return static_cast<std::size_t>(renewal.entries);
}

}  // namespace indexer
