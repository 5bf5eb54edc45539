// Revisions of documents, each the child of the one before it.
#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mail/documents.hpp"
#include "replica/store.hpp"

namespace indexer {

class DocumentHistory {
 public:
  [[nodiscard]] replica::IncomingRevision next(mail::Doctype doctype, const std::string& id,
                                               std::string body, bool deleted = false) {
    auto& ancestors = ancestors_[{doctype, id}];
    replica::IncomingRevision revision;
    revision.id = id;
    revision.rev = {ancestors.size() + 1, fmt::format("{:032x}", ++revisions_)};
    revision.ancestors = ancestors;
    revision.deleted = deleted;
    revision.body = std::move(body);
    ancestors.insert(ancestors.begin(), revision.rev.digest);
    return revision;
  }

 private:
  std::map<std::pair<mail::Doctype, std::string>, std::vector<std::string>> ancestors_;
  std::uint64_t revisions_ = 0;
};

}  // namespace indexer
