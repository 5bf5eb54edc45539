#include "replica/source_comparison.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <future>
#include <map>
#include <set>
#include <utility>

#include "replica/http_status.hpp"
#include "replica/sqlite.hpp"

namespace replica {
namespace {

constexpr std::size_t kDocumentsPerFetch = 50;
constexpr std::size_t kChangesPerRead = 2'000;

// Ids in a file that is unlinked at once: memory stays bounded, and nothing is left behind.
class ScratchTables {
 public:
  explicit ScratchTables(const std::filesystem::path& file)
      : connection_(file, sqlite::Access::kReadWrite, sqlite::Durability::kNormal) {
    connection_.execute(
        "PRAGMA synchronous=OFF; DROP TABLE IF EXISTS met; DROP TABLE IF EXISTS differing; "
        "CREATE TABLE met (id TEXT PRIMARY KEY) WITHOUT ROWID; "
        "CREATE TABLE differing (id TEXT PRIMARY KEY) WITHOUT ROWID");
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
    add_met_ = connection_.prepare("INSERT OR IGNORE INTO met VALUES (?)");
    is_met_ = connection_.prepare("SELECT 1 FROM met WHERE id=?");
    add_ = connection_.prepare("INSERT OR IGNORE INTO differing VALUES (?)");
    drop_ = connection_.prepare("DELETE FROM differing WHERE id=?");
    next_ = connection_.prepare("SELECT id FROM differing WHERE id>? ORDER BY id LIMIT ?");
  }
  void add_met(const std::string& id) { add_met_.bind(id).run(); }
  [[nodiscard]] bool is_met(const std::string& id) {
    const sqlite::ResetAtEnd reset(is_met_);
    return is_met_.bind(id).step();
  }
  void add_differing(const std::string& id) { add_.bind(id).run(); }
  void drop_differing(const std::string& id) { drop_.bind(id).run(); }
  [[nodiscard]] std::vector<std::string> differing_after(const std::string& id) {
    std::vector<std::string> ids;
    const sqlite::ResetAtEnd reset(next_);
    next_.bind(id, static_cast<std::int64_t>(kDocumentsPerFetch));
    while (next_.step()) ids.emplace_back(next_.text(0));
    return ids;
  }
  [[nodiscard]] std::int64_t count_differing() const {
    return connection_.prepare("SELECT count(*) FROM differing").scalar();
  }
  [[nodiscard]] sqlite::Connection& connection() { return connection_; }

 private:
  sqlite::Connection connection_;
  sqlite::Statement add_met_, is_met_, add_, drop_, next_;
};

// The leaves of one document as the source has them.
struct SourceDocument {
  std::set<RevId> leaves;
  std::string winner;  // JSON
  std::string problem;
};

class Comparison {
 public:
  Comparison(const SourceQuestion& question, const Store* store,
             const std::function<void(const SourceDifference&)>& differs,
             const std::function<void()>& between)
      : question_(question),
        store_(store),
        differs_(differs),
        between_(between),
        client_(context_.get_executor(), question.address),
        scratch_(question.scratch) {}

  ComparedSource run() {
    try {
      std::ignore = wait_for(client_.server_info());
      std::ignore = wait_for(client_.database_info(question_.database));
    } catch (const SourceError& error) {
      if (error.kind() != SourceError::Kind::kNotFound) throw;
      compared_.is_absent = true;
      return compared_;
    }
    compared_.is_being_swept = store_ != nullptr && store_->is_sweeping();
    read_source();
    if (store_ != nullptr) read_store();
    if (!is_pulled()) {
      report_never_pulled();
      return compared_;
    }
    if (!compared_.is_being_swept) drop_not_yet_pulled();
    confirm_differences();
    return compared_;
  }

 private:
  [[nodiscard]] bool is_pulled() const {
    return store_ != nullptr &&
           (compared_.is_being_swept || !store_->checkpoint().since.json.empty());
  }

  template <typename T>
  T wait_for(net::awaitable<T> asked) {
    between_();
    auto answer = net::co_spawn(context_, std::move(asked), net::use_future);
    context_.restart();
    // Not until it has nothing to do: the client keeps a connection, and a timer that will close it.
    while (answer.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
      context_.run_one();
    return answer.get();
  }

  // Calls `visit` with the rows of the feed after `since`, page by page.
  void read_feed(SourceSeq since, const std::function<void(const FeedRow&)>& visit) {
    for (bool is_last = false; !is_last;) {
      ChangesQuery query;
      query.since = since;
      query.limit = tuning::kWindowRows;
      const ChangesPage page = wait_for(client_.changes(question_.database, query));
      sqlite::Transaction transaction(scratch_.connection());
      for (const FeedRow& row : page.rows) {
        if (names_revisions(row)) visit(row);
      }
      transaction.commit();
      is_last =
          page.rows.empty() || (page.pending ? *page.pending == 0 : page.rows.size() < query.limit);
      since = page.last_seq;
    }
  }

  void read_source() {
    read_feed({}, [this](const FeedRow& row) {
      if (!row.deleted) ++compared_.documents;
      scratch_.add_met(row.id);
      const std::set<RevId> leaves(row.leaves.begin(), row.leaves.end());
      if (leaves != leaves_in_store(row.id)) scratch_.add_differing(row.id);
    });
  }

  void read_store() {
    LocalSeq since;
    for (auto changes = store_->changes(since, kChangesPerRead); !changes.empty();
         changes = store_->changes(since, kChangesPerRead)) {
      between_();
      sqlite::Transaction transaction(scratch_.connection());
      for (const Change& change : changes) {
        if (!change.purged && !is_reserved_id(change.id) && !scratch_.is_met(change.id))
          scratch_.add_differing(change.id);
      }
      transaction.commit();
      since = changes.back().seq;
    }
  }

  void drop_not_yet_pulled() {
    const SourceSeq since = store_->checkpoint().since;
    try {
      read_feed(since, [this](const FeedRow& row) {
        ++compared_.not_pulled;
        scratch_.drop_differing(row.id);
      });
    } catch (const SourceError& error) {
      if (error.status() != http_status::kBadRequest) throw;
      differs_({SourceDifference::Kind::kDiffers, "",
                fmt::format("{}: it does not know the sequence that the store was pulled up to",
                            question_.database)});
    }
  }

  // Which documents the source changed since the last pull is not known: there was none.
  void report_never_pulled() {
    const auto differing = scratch_.count_differing();
    if (differing == 0) return;
    differs_({SourceDifference::Kind::kDiffers, "",
              fmt::format("{}: not compared: it was never pulled; {} documents differ",
                          question_.database, differing)});
  }

  // Fetches the documents that differ once more: those that were pulled meanwhile do not differ any more.
  void confirm_differences() {
    for (const Quarantined& document : store_->quarantined()) quarantined_.insert(document.id);
    for (auto ids = scratch_.differing_after(""); !ids.empty();
         ids = scratch_.differing_after(ids.back())) {
      std::vector<RevisionsOfDocument> asked;
      for (const auto& id : ids) asked.push_back({id, {}});
      auto source = leaves_at_source(wait_for(client_.fetch(question_.database, std::move(asked))));
      for (const auto& id : ids) report_if_different(id, source[id]);
    }
  }

  void report_if_different(const std::string& id, const SourceDocument& source) {
    const auto local = leaves_in_store(id);
    if (source.leaves == local) return;
    if (quarantined_.contains(id)) {
      ++compared_.quarantined;
      return;
    }
    const bool is_left_out =
        local.empty() && question_.keep && !source.winner.empty() && !question_.keep(source.winner);
    if (is_left_out) return;
    const auto kind = local.empty()           ? SourceDifference::Kind::kMissing
                      : source.leaves.empty() ? SourceDifference::Kind::kExtra
                                              : SourceDifference::Kind::kDiffers;
    std::string detail = fmt::format("{}: {} there, {} here", question_.database,
                                     in_words(source.leaves), in_words(local));
    if (!source.problem.empty()) detail += fmt::format(" ({})", source.problem);
    differs_({kind, id, std::move(detail)});
  }
  [[nodiscard]] static std::string in_words(const std::set<RevId>& leaves) {
    constexpr std::size_t kMostNamed = 5;
    if (leaves.empty()) return "nothing";
    std::vector<std::string> revs;
    for (const auto& leaf : leaves) {
      if (revs.size() < kMostNamed) revs.push_back(leaf.to_string());
    }
    return fmt::format("{}{}", fmt::join(revs, ", "), leaves.size() > kMostNamed ? " …" : "");
  }

  [[nodiscard]] static std::map<std::string, SourceDocument> leaves_at_source(
      const std::vector<FetchedRevision>& fetched) {
    std::map<std::string, SourceDocument> documents;
    std::map<std::string, RevisionTree> trees;
    for (const FetchedRevision& each : fetched) {
      const IncomingRevision& revision = each.revision;
      SourceDocument& document = documents[revision.id];
      if (!each.problem.empty()) {
        document.problem = each.problem;
        continue;
      }
      document.leaves.insert(revision.rev);
      RevisionTree& tree = trees[revision.id];
      Leaf leaf;
      leaf.rev = revision.rev;
      leaf.deleted = revision.deleted;
      tree.graft(std::move(leaf));
      if (tree.winner() != nullptr && tree.winner()->rev == revision.rev)
        document.winner = revision.body;
    }
    return documents;
  }

  [[nodiscard]] std::set<RevId> leaves_in_store(const std::string& id) const {
    std::set<RevId> leaves;
    if (store_ == nullptr) return leaves;
    if (const auto tree = store_->tree(id)) {
      for (const Leaf& leaf : tree->leaves()) leaves.insert(leaf.rev);
    }
    return leaves;
  }

  const SourceQuestion& question_;
  const Store* const store_;
  const std::function<void(const SourceDifference&)>& differs_;
  const std::function<void()>& between_;
  net::io_context context_{1};
  CouchClient client_;
  ScratchTables scratch_;
  std::set<std::string> quarantined_;
  ComparedSource compared_;
};

}  // namespace

bool has_database(const SourceAddress& source, const std::string& database) {
  net::io_context context{1};
  CouchClient client(context.get_executor(), source);
  auto asked = net::co_spawn(context, client.database_info(database), net::use_future);
  while (asked.wait_for(std::chrono::seconds(0)) != std::future_status::ready) context.run_one();
  try {
    std::ignore = asked.get();
    return true;
  } catch (const SourceError& error) {
    if (error.kind() != SourceError::Kind::kNotFound) throw;
    return false;
  }
}

ComparedSource compare_with_source(const SourceQuestion& question, const Store* store,
                                   const std::function<void(const SourceDifference&)>& differs,
                                   const std::function<void()>& between) {
  return Comparison(question, store, differs, between).run();
}

}  // namespace replica
