// The connection that writes a store, with its prepared statements. Belongs to one thread at a
// time.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "replica/compression.hpp"
#include "replica/sqlite.hpp"
#include "replica/store.hpp"

namespace replica {

// When another store first saw documents, by id.
using Arrivals = std::unordered_map<std::string_view, std::chrono::sys_seconds>;

class StoreWriter {
 public:
  explicit StoreWriter(const std::filesystem::path& file);

  // Documents that are new here arrived at the time that `arrivals` has for them, else now.
  CommitSummary commit(const Batch& batch, const Arrivals& arrivals = {});
  void begin_sweep();
  void set_replication_log(std::string_view json);
  void renew_epoch();
  void compact() { connection_.compact(); }
  std::int64_t retry(const std::optional<std::string>& id);
  std::int64_t ignore(std::string_view id);

 private:
  // What a transaction has changed so far; and whether there is anything in quarantine, wanted or being swept, since a document
  // costs additional statements only then.
  struct Progress {
    std::int64_t seq = 0;
    std::size_t changed = 0;  // documents
    std::int64_t documents = 0;  // live ones, more or fewer
    std::int64_t deleted = 0;
    std::chrono::sys_seconds now{};
    const Arrivals* arrivals = nullptr;  // null: all arrive now
    bool has_quarantined = false, has_wanted = false, is_sweeping = false;
    bool is_refreshed = false;  // as Batch::is_refreshed
  };
  // One statement of a batch about a document: one of the three, or none when bytes that the document wanted arrived.
  struct Step {
    std::string_view id;
    const RevisionsOfDocument* exact = nullptr;
    const IncomingRevision* revision = nullptr;
    bool is_quarantined = false;
  };
  // A document's row before the change; `seq` is 0 when there is none.
  struct Row {
    std::int64_t seq = 0;
    bool deleted = false;
    RevisionTree tree;
  };

  [[nodiscard]] Progress begin();
  [[nodiscard]] static std::chrono::sys_seconds arrival_of(std::string_view id,
                                                           const Progress& progress);
  void finish(const Progress& progress);
  [[nodiscard]] Row find(std::string_view id);
  // The steps of a batch, those of a document one after the other. `moved`: ids of documents whose bytes arrived.
  [[nodiscard]] static std::vector<Step> steps_by_document(const Batch& batch,
                                                           std::span<const std::string> moved);
  void apply(std::span<const Step> steps, Progress& progress);
  // False when the sweep under way has met that row before.
  bool meet(std::int64_t seq);
  void drop_other_leaves(std::span<const Step> steps, bool may_be_stale, RevisionTree& tree);
  void graft(const IncomingRevision& revision, RevisionTree& tree);
  [[nodiscard]] std::int64_t write_body(std::string_view body, std::int64_t replaced);
  void write_row(std::string_view id, const Row& before, const RevisionTree& tree,
                 Progress& progress);
  void write_purged(std::string_view id, const Row& before, Progress& progress);
  void end_sweep(Progress& progress);
  void set_checkpoint(const Checkpoint& checkpoint);
  void set_meta(std::string_view key, std::string_view value);

  void update_quarantine(const Batch& batch, const Progress& progress);
  void update_wanted(const Batch& batch, const Progress& progress);
  // These bytes are not wanted any more. Returns the ids of the documents that wanted them.
  [[nodiscard]] std::vector<std::string> mark_arrived(std::span<const std::string> arrived);
  // Attachments that no leaf of the tree names are not wanted any more.
  void drop_unnamed_blobs(std::string_view id, const RevisionTree& tree);

  sqlite::Connection connection_;
  Compressor compressor_;
  sqlite::Statement state_, find_, insert_, update_, purge_, insert_body_, update_body_,
      delete_body_, set_meta_, count_, quarantine_attempts_, quarantine_, release_, want_,
      wanted_attempts_, fail_wanted_, arrive_, wanted_of_, drop_wanted_, meet_, carry_unmet_,
      unmet_;
};

}  // namespace replica
