// Stores that tests fill document by document, and a catalog over them.
#pragma once

#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "indexer/catalog.hpp"
#include "indexer/stores.hpp"
#include "tests/indexer/document_history.hpp"
#include "tests/support/store_edits.hpp"
#include "tests/support/support.hpp"

namespace indexer {

class CatalogFixture : public testing::Test {
 protected:
  using Doctype = mail::Doctype;

  // A new revision of that document, in its store with the next `flush` or `project`; `members`
  // without _id.
  void put(Doctype doctype, const std::string& id, const std::string& members) {
    revise(doctype, id, false,
           members.empty() ? fmt::format(R"({{"_id":"{}"}})", id)
                           : fmt::format(R"({{"_id":"{}",{}}})", id, members));
  }
  void put_raw(Doctype doctype, const std::string& id, const std::string& body) {
    revise(doctype, id, false, body);
  }
  void remove(Doctype doctype, const std::string& id) {
    revise(doctype, id, true, fmt::format(R"({{"_id":"{}","_deleted":true}})", id));
  }
  void purge(Doctype doctype, const std::string& id) {
    flush();
    support::purge(stores_.create(doctype), {id});
  }
  void message(const std::string& id, const std::string& received_at,
               const std::string& more = "") {
    put(Doctype::kEmails, id,
        fmt::format(R"("receivedAt":"{}"{}{})", received_at, more.empty() ? "" : ",", more));
  }

  void flush() {
    for (auto& [doctype, batch] : batches_) stores_.create(doctype).commit(batch);
    batches_.clear();
  }
  void project(Catalog& catalog, std::size_t limit = 1'000'000) {
    flush();
    while (catalog.project(stores_, limit).more) {
    }
    catalog.order();
  }
  void project() { project(catalog_); }

  [[nodiscard]] static std::string member(const std::string& row, const std::string& name) {
    return nlohmann::json::parse(row).at(name).dump();
  }
  [[nodiscard]] static std::vector<std::string> doc_ids(const std::vector<std::string>& rows) {
    std::vector<std::string> ids;
    for (const auto& row : rows) ids.push_back(nlohmann::json::parse(row).at("docId"));
    return ids;
  }
  [[nodiscard]] std::vector<std::string> listed(const ListQuery& query = {}) const {
    return doc_ids(catalog_.list(query, catalog_.checkpoint()).rows);
  }
  [[nodiscard]] std::string row_of(const std::string& doc_id) const {
    return catalog_.message(doc_id, catalog_.checkpoint()).value_or("");
  }

  support::TemporaryFolder folder_;
  Stores stores_{folder_.path(), replica::sqlite::Access::kReadWrite};
  Catalog catalog_{folder_ / "derived/1/catalog.db", replica::sqlite::Access::kReadWrite};

 private:
  void revise(Doctype doctype, const std::string& id, bool deleted, const std::string& body) {
    batches_[doctype].revisions.push_back(history_.next(doctype, id, body, deleted));
  }

  DocumentHistory history_;
  std::map<Doctype, replica::Batch> batches_;
};

}  // namespace indexer
