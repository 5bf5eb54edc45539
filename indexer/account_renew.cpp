// Mending a part in place: documents are projected and indexed once more.
#include <algorithm>

#include "indexer/account_state.hpp"

namespace indexer {
namespace {

// Documents of a batch: a transaction of the catalog, a commit of the text index.
constexpr std::size_t kRenewBatch = 500;
constexpr std::chrono::hours kNoTimeLimit{24};

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
      if (texts.has_failed(entry))
        failed.push_back({doctype_of(entry.kind), std::move(entry.doc_id)});
    }
    from = entries.back().number + 1;
  }
  return failed;
}

}  // namespace

std::size_t Account::renew(std::span<const DocumentName> documents, Progress& progress) {
  std::size_t renewed = 0;
  while (!documents.empty()) {
    progress.step();
    const auto batch = documents.first(std::min(kRenewBatch, documents.size()));
    documents = documents.subspan(batch.size());
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

QueryResult<std::size_t> Account::renew_matching(const Query& query, Progress& progress) {
  SearchRequest request;
  request.query = &query;
  request.limit = kRenewBatch;
  request.timeout = kNoTimeLimit;
  std::size_t renewed = 0;
  for (bool more = true; more;) {
    std::vector<DocumentName> found;
    {
      const auto live = state_->generation();
      if (!live || !live->has_index()) return renewed;
      const auto page = live->reader()->search(request, live->catalog());
      if (!page) return page.error();
      progress.of = std::max(progress.done.load(), page->total);
      for (const auto& hit : page->hits) {
        if (auto id = live->catalog().document_id(hit.kind, hit.id))
          found.push_back({doctype_of(hit.kind), std::move(*id)});
      }
      more = page->more && !page->hits.empty();
      if (more) request.after = page->hits.back().place;
    }
    renewed += renew(found, progress);
  }
  return renewed;
}

std::size_t Account::renew_failed(Progress& progress) {
  std::vector<DocumentName> failed;
  {
    const auto live = state_->generation();
    if (!live) return 0;
    failed = failed_documents(live->catalog(), Texts(stores_), progress);
  }
  stores_.extracts().forget_failures();
  progress.of = static_cast<std::int64_t>(failed.size());
  return renew(failed, progress);
}

}  // namespace indexer
