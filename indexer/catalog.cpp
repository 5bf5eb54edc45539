#include "indexer/catalog.hpp"

#include <algorithm>

#include "indexer/base64url.hpp"
#include "indexer/catalog_state.hpp"
#include "indexer/projection.hpp"
#include "indexer/sha256.hpp"
#include "indexer/unicode.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxIdLength = 255;  // of a JMAP Id

// Names that differ in case, or in how a character is composed, fold to the same text.
std::string fold_name(std::string_view text) {
  const auto folded = map_unicode(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
  return folded ? *folded : std::string(text);
}

mail::Mailbox read_mailbox_row(const Rows& rows) {
  mail::Mailbox mailbox;
  mailbox.id = rows.text(0);
  mailbox.name = rows.text(1);
  if (!rows.is_null(2)) mailbox.parent_id = std::string(rows.text(2));
  if (!rows.is_null(3)) mailbox.role = std::string(rows.text(3));
  mailbox.sort_order = rows.integer(4);
  return mailbox;
}

// Those that have a document, then those that only messages name.
std::vector<mail::Mailbox> all_mailboxes(const Connection& connection) {
  std::vector<mail::Mailbox> mailboxes;
  auto documents = connection.prepare(
      "SELECT id, name, parent, role, sort_order FROM mailboxes ORDER BY sort_order, name, id");
  for (Rows rows(documents); rows.next();) mailboxes.push_back(read_mailbox_row(rows));
  auto named = connection.prepare(
      "SELECT substr(name, 3) AS id FROM views WHERE name >= '*m' AND name < '*n' AND total > 0 "
      "AND substr(name, 3) NOT IN (SELECT id FROM mailboxes) ORDER BY id");
  for (Rows rows(named); rows.next();) {
    mail::Mailbox mailbox;
    mailbox.id = mailbox.name = rows.text(0);
    mailboxes.push_back(std::move(mailbox));
  }
  return mailboxes;
}

bool is_mailbox(Reader& reader, std::string_view id) {
  if (Rows(reader.has_mailbox, id).next()) return true;
  const auto view = reader.view(view_name('*', 'm', id));
  return view && view->total > 0;
}

// "Sent/2020" of a mailbox "2020" below "Sent".
std::string path_of(const mail::Mailbox& mailbox, const std::vector<mail::Mailbox>& all) {
  constexpr int kMaxDepth = 20;  // parents may go round in a circle
  std::string path = mailbox.name;
  const mail::Mailbox* at = &mailbox;
  for (int depth = 0; depth < kMaxDepth && at->parent_id; ++depth) {
    const auto parent = std::find_if(all.begin(), all.end(), [at](const mail::Mailbox& each) {
      return each.id == *at->parent_id;
    });
    if (parent == all.end()) break;
    path.insert(0, parent->name + "/");
    at = &*parent;
  }
  return path;
}

// From so many pending rows on, and this share of all entries, it costs less to sort everything
// anew than to insert them one by one (10 rows each, in random places).
constexpr std::int64_t kBulkRows = 20'000;
constexpr std::int64_t kBulkRowsShare = 2;

bool is_bulk(Writer& writer, const Stores& stores) {
  const auto meta = Meta::load(writer.select_meta);
  if (!meta.ordered) return false;
  const auto pending = stores.rows_after(meta.checkpoint);
  if (pending < kBulkRows) return false;
  auto entries = writer.connection.prepare("SELECT sum(total) FROM views WHERE view IN (8, 56)");
  Rows rows(entries);
  return rows.next() && pending >= rows.integer(0) / kBulkRowsShare;
}

}  // namespace

std::string public_id(std::string_view doc_id) {
  if ((doc_id.size() * 4 + 2) / 3 <= kMaxIdLength) return to_base64url(doc_id);
  return to_base64url(sha256(doc_id));
}

Catalog::Catalog(const std::filesystem::path& file, replica::sqlite::Access access)
    : state_(std::make_unique<State>(file, access)) {}

Catalog::~Catalog() = default;

Projected Catalog::project(const Stores& stores, std::size_t limit) {
  auto& writer = state_->writing();
  replica::sqlite::Transaction transaction(writer.connection);
  if (is_bulk(writer, stores)) {
    writer.connection.execute("DELETE FROM sorted");
    writer.set_meta("ordered", "0");
  }
  Projection projection(writer, stores);
  const auto projected = projection.run(limit);
  if (projection.consumed_anything()) transaction.commit();
  return projected;
}

void Catalog::project_again(const Stores& stores, std::span<const DocumentName> documents) {
  auto& writer = state_->writing();
  replica::sqlite::Transaction transaction(writer.connection);
  Projection projection(writer, stores);
  projection.run_again(documents);
  transaction.commit();
}

void Catalog::copy_to(const std::filesystem::path& file) const {
  state_->readers.take()->connection.copy_to(file);
}

std::optional<TextEntry> Catalog::text_entry(Kind kind, std::string_view id) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto key = reader->entry(kind, id);
  if (!key) return {};
  Rows rows(reader->text_by_key, *key);
  return rows.next() ? std::optional(reader->text_entry(rows)) : std::nullopt;
}

DerivedCheckpoint Catalog::checkpoint() const {
  const auto reader = state_->readers.take();
  return Meta::load(reader->meta).checkpoint;
}

std::map<mail::Doctype, replica::StoreIdentity> Catalog::followed() const {
  const auto reader = state_->readers.take();
  return Meta::load(reader->meta).stores;
}

std::int64_t Catalog::overflow_count() const {
  const auto reader = state_->readers.take();
  auto select = reader->connection.prepare("SELECT count(*) FROM entries WHERE number >= ?");
  Rows rows(select, kFirstOverflowNumber);
  return rows.next() ? rows.integer(0) : 0;
}

std::string Catalog::state() const {
  const auto reader = state_->readers.take();
  return Meta::load(reader->meta).state();
}

std::int64_t Catalog::message_count() const {
  const auto reader = state_->readers.take();
  return reader->view(view_name('*', 'a'))->total;
}

std::int64_t Catalog::entry_count() const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  return reader->view(view_name('*', 'a'))->total + reader->view(view_name('*', 'F'))->total;
}

std::int64_t Catalog::failure_count() const {
  const auto reader = state_->readers.take();
  Rows rows(reader->count_failures);
  return rows.next() ? rows.integer(0) : 0;
}

std::vector<Failure> Catalog::failures() const {
  const auto reader = state_->readers.take();
  std::vector<Failure> failures;
  auto select = reader->connection.prepare(
      "SELECT doctype, doc_id, reason FROM failures ORDER BY doctype, doc_id");
  for (Rows rows(select); rows.next();) {
    const auto* const doctype =
        std::find_if(std::begin(mail::kDoctypes), std::end(mail::kDoctypes),
                     [&](mail::Doctype each) { return mail::doctype_name(each) == rows.text(0); });
    if (doctype == std::end(mail::kDoctypes)) continue;
    failures.push_back({*doctype, std::string(rows.text(1)), std::string(rows.text(2))});
  }
  return failures;
}

std::vector<MailboxCounts> Catalog::mailboxes() const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  std::vector<MailboxCounts> counts;
  for (auto& mailbox : all_mailboxes(reader->connection)) {
    const auto all = reader->view(view_name('*', 'm', mailbox.id)).value_or(View{});
    const auto unread = reader->view(view_name('u', 'm', mailbox.id)).value_or(View{});
    // What is in the trash counts as threads of its own (RFC 8621 section 2).
    const auto unread_threads = mailbox.role == "trash" ? unread.threads : all.unread_threads;
    counts.push_back({std::move(mailbox), all.total, unread.total, all.threads, unread_threads});
  }
  return counts;
}

std::optional<std::string> Catalog::find_mailbox(std::string_view name) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  if (is_mailbox(*reader, name)) return std::string(name);
  const auto mailboxes = all_mailboxes(reader->connection);
  const auto find = [&](const auto& matches) -> std::optional<std::string> {
    for (const auto& mailbox : mailboxes) {
      if (matches(mailbox)) return mailbox.id;
    }
    return {};
  };
  const std::string folded = fold_name(name);
  if (auto id = find([&](const mail::Mailbox& mailbox) {
        return mailbox.role && fold_name(*mailbox.role) == folded;
      }))
    return id;
  // Names may differ by case alone.
  if (auto id =
          find([&](const mail::Mailbox& mailbox) { return path_of(mailbox, mailboxes) == name; }))
    return id;
  if (auto id =
          find([&](const mail::Mailbox& mailbox) { return fold_name(mailbox.name) == folded; }))
    return id;
  return find([&](const mail::Mailbox& mailbox) {
    return fold_name(path_of(mailbox, mailboxes)) == folded;
  });
}

std::optional<std::string> Catalog::document_id(Kind kind, std::string_view id) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto entry = reader->entry(kind, id);
  if (!entry) return {};
  Rows rows(reader->doc_id_of, *entry);
  return rows.next() ? std::optional(std::string(rows.text(0))) : std::nullopt;
}

std::vector<BodyPart> Catalog::bodies(std::string_view id) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto entry = reader->entry(Kind::kMail, id);
  if (!entry) return {};
  auto parts = reader->content_parts(*entry);
  Rows rows(reader->inline_types, *entry);
  if (rows.next()) {
    for (auto& type : unpack_texts(rows.blob(0))) parts.push_back({"", std::move(type)});
  }
  return parts;
}

}  // namespace indexer
