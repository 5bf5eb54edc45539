// The connection that writes a store, with its prepared statements. Belongs to one thread at a
// time.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "replica/compression.hpp"
#include "replica/sqlite.hpp"
#include "replica/store.hpp"

namespace replica {

class StoreWriter {
 public:
  explicit StoreWriter(const std::filesystem::path& file);

  CommitSummary commit(const Batch& batch);
  LocalSeq purge(std::span<const std::string> ids);

 private:
  // What a transaction has changed so far.
  struct Progress {
    std::int64_t seq = 0;
    std::int64_t documents = 0;  // live ones, more or fewer
    std::int64_t deleted = 0;
    std::chrono::sys_seconds now{};
  };
  // A document's row before the change; `seq` is 0 when there is none.
  struct Row {
    std::int64_t seq = 0;
    bool deleted = false;
    RevisionTree tree;
  };

  [[nodiscard]] Progress begin();
  void finish(const Progress& progress);
  [[nodiscard]] Row find(std::string_view id);
  // Takes revisions of one document; true when that changed the document.
  bool take(std::span<const IncomingRevision* const> revisions, Progress& progress);
  [[nodiscard]] std::int64_t write_body(std::string_view body, std::int64_t replaced);
  void write_row(std::string_view id, const Row& before, const RevisionTree& tree,
                 Progress& progress);
  void update_quarantine(const Batch& batch, std::chrono::sys_seconds now);
  void set_meta(std::string_view key, std::string_view value);

  sqlite::Connection connection_;
  Compressor compressor_;
  sqlite::Statement last_seq_, find_, insert_, update_, purge_, insert_body_, update_body_,
      delete_body_, set_meta_, count_, is_quarantined_, quarantine_, release_;
};

}  // namespace replica
