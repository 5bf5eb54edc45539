// Lists of messages and files, read from the catalog by splicing bytes: no JSON is read.
#include <algorithm>
#include <unordered_map>

#include "indexer/catalog_state.hpp"
#include "indexer/selection.hpp"
#include "mail/json_writer.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxParticipants = 10;
// Messages of a thread that participants are looked for in, oldest first: a page stays cheap when threads are long.
constexpr int kParticipantsFrom = 100;

// How far the text index got in each store.
struct TextReach {
  TextReach(const Meta& meta, const DerivedCheckpoint& text)
      : emails(meta.reached(text, mail::Doctype::kEmails)),
        contents(meta.reached(text, mail::Doctype::kContents)),
        files(meta.reached(text, mail::Doctype::kFiles)) {}

  std::int64_t emails, contents, files;
};

void append_level(std::string& row, std::string_view level) {
  row.append(R"(,"level":")").append(level).append("\"");
}

void append_thread(std::string& row, Reader& reader, std::int64_t thread, std::int64_t count,
                   std::int64_t unread) {
  row += R"(,"thread":)";
  mail::JsonWriter writer(row);
  writer.begin_object().key("count").number(count).key("unread").number(unread);
  writer.key("participants").begin_array();
  std::vector<std::string> names;
  for (Rows rows(reader.thread_oldest_first, thread, kParticipantsFrom);
       names.size() < kMaxParticipants && rows.next();) {
    const auto name = rows.text(1);
    if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) continue;
    names.emplace_back(name);
    writer.string(name);
  }
  writer.end_array().end_object();
}

// `rows` is of Reader::message_row. Attachments are indexed together with what the document itself says.
std::string_view message_level(const Rows& rows, const TextReach& reach) {
  if (rows.integer(5) > reach.emails || rows.integer(6) > reach.contents) return "metadata";
  if ((rows.integer(8) & kFilesHere) != 0) return "attachments";
  return rows.integer(7) > 0 ? "body" : "metadata";
}

std::string read_message_row(Reader& reader, std::int64_t entry, const TextReach& reach,
                             bool with_thread) {
  std::string row;
  Rows rows(reader.message_row, entry);
  if (!rows.next()) return row;
  const auto rendered = rows.text(0), thread_id = rows.text(1);
  row.reserve(rendered.size() + thread_id.size() + 64);
  row.append(rendered).append(R"(,"threadId":")").append(thread_id).append("\"");
  append_level(row, message_level(rows, reach));
  if (with_thread) append_thread(row, reader, rows.integer(4), rows.integer(2), rows.integer(3));
  row += '}';
  return row;
}

std::string read_file_row(Reader& reader, std::int64_t entry, const TextReach& reach) {
  Rows rows(reader.file_row, entry);
  if (!rows.next()) return {};
  std::string row(rows.text(0));
  append_level(row, rows.integer(1) <= reach.files && rows.integer(2) > 0 ? "body" : "metadata");
  row += '}';
  return row;
}

// Tells which message stands for its thread: the newest one that is in the selection. Each thread is looked at once.
class Representatives {
 public:
  Representatives(Reader& reader, const Selection& selection)
      : reader_(reader), selection_(selection) {}

  [[nodiscard]] bool includes(std::int64_t entry) {
    std::int64_t thread = 0;
    if (Rows rows(reader_.thread_of, entry); rows.next()) thread = rows.integer(0);
    const auto [known, is_new] = by_thread_.try_emplace(thread, 0);
    if (is_new) known->second = newest(thread);
    return known->second == entry;
  }

 private:
  [[nodiscard]] std::int64_t newest(std::int64_t thread) {
    for (Rows rows(reader_.thread_newest_first, thread); rows.next();) {
      if (selection_.contains(reader_, rows.integer(0), rows.text(1))) return rows.integer(2);
    }
    return 0;
  }

  Reader& reader_;
  const Selection& selection_;
  std::unordered_map<std::int64_t, std::int64_t> by_thread_;
};

}  // namespace

ListPage Catalog::list(const ListQuery& query, const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto meta = Meta::load(reader->meta);
  ListPage page;
  page.state = meta.state();
  const auto selection = Selection::of(*reader, query.filter);
  if (selection.is_empty()) return page;

  const TextReach reach(meta, text);
  Representatives representatives(*reader, selection);
  OrderKey last;
  for (Walk walk(*reader, selection.driver().view, query.after, query.ascending); walk.next();) {
    if (!selection.holds(*reader, walk.date(), walk.id())) continue;
    if (query.threads && !representatives.includes(walk.entry())) continue;
    if (page.rows.size() == query.limit) {
      if (query.limit > 0) page.next = last;
      break;
    }
    last.date = walk.date();
    last.id = walk.id();
    page.rows.push_back(read_message_row(*reader, walk.entry(), reach, query.threads));
  }

  const auto total = selection.size(*reader, query.threads);
  page.total = total.count;
  page.total_is_exact = total.is_exact;
  auto unread = query.filter;
  unread.unread = true;
  page.unread = query.filter.unread
                    ? total.count
                    : Selection::of(*reader, unread).size(*reader, query.threads).count;
  return page;
}

std::optional<std::string> Catalog::message(std::string_view id,
                                            const DerivedCheckpoint& text) const {
  auto rows = messages({std::string(id)}, text);
  return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

std::vector<std::string> Catalog::messages(const std::vector<std::string>& ids,
                                           const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const TextReach reach(Meta::load(reader->meta), text);
  std::vector<std::string> rows;
  for (const auto& id : ids) {
    if (const auto entry = reader->entry(Kind::kMail, id)) {
      rows.push_back(read_message_row(*reader, *entry, reach, false));
    }
  }
  return rows;
}

std::vector<std::string> Catalog::thread(std::string_view id, const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const TextReach reach(Meta::load(reader->meta), text);
  std::vector<std::string> rows;
  const auto entry = reader->entry(Kind::kMail, id);
  if (!entry) return rows;
  std::int64_t thread = 0;
  if (Rows found(reader->thread_of, *entry); found.next()) thread = found.integer(0);
  for (Rows members(reader->thread_oldest_first, thread, -1); members.next();) {
    rows.push_back(read_message_row(*reader, members.integer(0), reach, false));
  }
  return rows;
}

std::optional<std::string> Catalog::file(std::string_view id, const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto entry = reader->entry(Kind::kFile, id);
  if (!entry) return {};
  return read_file_row(*reader, *entry, TextReach(Meta::load(reader->meta), text));
}

std::vector<std::string> Catalog::files(std::size_t limit, const std::optional<OrderKey>& after,
                                        std::optional<OrderKey>& next,
                                        const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const TextReach reach(Meta::load(reader->meta), text);
  std::vector<std::string> rows;
  Walk walk(*reader, kAllFiles, after, false);
  next.reset();  // it may be the object that `after` is
  OrderKey last;
  while (walk.next()) {
    if (rows.size() == limit) {
      if (limit > 0) next = last;
      break;
    }
    last = {walk.date(), std::string(walk.id())};
    rows.push_back(read_file_row(*reader, walk.entry(), reach));
  }
  return rows;
}

}  // namespace indexer
