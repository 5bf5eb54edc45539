// What CouchDB's answers mean: rows of its feed, of `_bulk_get`, of `open_revs`, and the small ones. A row that makes no sense
// becomes a value that says so; a whole answer that does is nullopt. A large document takes its row's memory with it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replica/couch_client.hpp"
#include "replica/row_scanner.hpp"

namespace replica {

// A revision as `_bulk_get` and `open_revs` send it, or the news that it is not there.
struct SentRevision {
  IncomingRevision revision;  // `rev` has generation 0 when the row did not say it
  std::string problem;
  bool is_unread =
      false;  // nodes of the cluster did not answer: it says nothing about the revision
};

class AnswerReader {
 public:
  AnswerReader();
  ~AnswerReader();

  // A row of `_changes`. `keep_document`: false leaves `document` empty, though its size is told.
  [[nodiscard]] FeedRow feed_row(const RowScanner::Row& row, bool keep_document);
  // A row of `_bulk_get` ({"id","docs":[…]}), several revisions of one document.
  [[nodiscard]] std::vector<SentRevision> bulk_get_row(const RowScanner::Row& row);
  // A row of `open_revs` ({"ok":…} or {"missing":…}) of the document `id`.
  [[nodiscard]] SentRevision open_revs_row(const RowScanner::Row& row, const std::string& id);
  [[nodiscard]] std::optional<BulkDocsRow> bulk_docs_row(const RowScanner::Row& row);

  // What is left of a `_changes` answer without its rows.
  struct FeedEnd {
    SourceSeq last_seq;
    std::optional<std::int64_t> pending;
  };
  [[nodiscard]] std::optional<FeedEnd> feed_end(std::string_view json);
  [[nodiscard]] std::optional<ServerInfo> server_info(std::string_view json);
  [[nodiscard]] std::optional<DatabaseInfo> database_info(std::string_view json);
  [[nodiscard]] std::optional<std::int64_t> count_rows(std::string_view json);  // of a view
  // Of `_all_docs` with keys: those of which there is nothing.
  [[nodiscard]] std::optional<std::vector<std::string>> keys_not_found(std::string_view json);
  // `error` and `reason` of an answer that refuses, as CouchDB or cozy-stack say it; `id` and `rev` of one that says yes.
  [[nodiscard]] std::optional<BulkDocsRow> verdict(std::string_view json);
  // A row of `_dbs_info`; nothing for a database that is not there.
  [[nodiscard]] std::optional<DatabaseInfo> dbs_info_row(const RowScanner::Row& row);
  // An array of strings, or null for an empty one.
  [[nodiscard]] std::optional<std::vector<std::string>> names(std::string_view json);
  [[nodiscard]] std::optional<std::vector<RevisionsOfDocument>> purged_infos(std::string_view json);

  // A row of a feed that says what moved: of `_changes`, where `database` is empty, or of `_db_updates`.
  struct FeedSignal {
    std::string database;
    bool is_deleted = false;  // the database
    SourceSeq seq;  // JSON, empty when the row has none
    bool is_last = false;  // the row ends the feed, nothing moved
    std::string error;  // the feed broke off: why
  };
  [[nodiscard]] std::optional<FeedSignal> feed_signal(std::string_view json);
  // A message of cozy-stack's /realtime/.
  struct RealtimeEvent {
    std::string doctype;
    int status = 0;  // of an error, as HTTP counts; 0: something moved
    std::string title;  // of an error
  };
  [[nodiscard]] std::optional<RealtimeEvent> realtime_event(std::string_view json);
  // The value of `since` that a sequence stands for: a string without its quotes, all else as it is.
  [[nodiscard]] std::string since_value(const SourceSeq& seq);

 private:
  void recover_id(const RowScanner::Row& row, FeedRow& result);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace replica
