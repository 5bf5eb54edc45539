#include "indexer/catalog_tables.hpp"

#include <cstddef>

namespace indexer {
namespace {

constexpr ComparedColumn kEntries[] = {{"id"},         {"kind", Form::kNumber},
                                       {"docId"},      {"date"},
                                       {"flags"},      {"bodies"},
                                       {"size"},       {"textHash"},
                                       {"sender"},     {"textSeq", Form::kAtMost},
                                       {"thread"},     {"views", Form::kViews},
                                       {"threadKeys"}, {"contents"},
                                       {"inline"},     {"sortKeys"},
                                       {"row"},        {"addresses"},
                                       {"listed"},     {"listedThread"}};
constexpr ComparedColumn kViews[] = {
    {"name"}, {"total"}, {"unread"}, {"threads"}, {"unreadThreads"}};
constexpr ComparedColumn kThreads[] = {
    {"id"}, {"date"}, {"count"}, {"unread"}, {"views", Form::kParts}, {"participants"}};
constexpr ComparedColumn kThreadKeys[] = {{"key", Form::kNumber}, {"thread"}, {"uses"}};
constexpr ComparedColumn kContents[] = {{"id"},   {"email"}, {"type"},
                                        {"size"}, {"seq"},   {"truncated"}};
constexpr ComparedColumn kNamed[] = {{"content"}, {"entry"}};
constexpr ComparedColumn kMailboxes[] = {{"id"}, {"name"}, {"parent"}, {"role"}, {"sortOrder"}};
constexpr ComparedColumn kFailures[] = {{"doctype"}, {"docId"}, {"reason"}};
constexpr ComparedColumn kAddresses[] = {{"address", Form::kNumber},
                                         {"email"},
                                         {"name"},
                                         {"nameScore"},
                                         {"text"},
                                         {"class"},
                                         {"score"},
                                         {"count"},
                                         {"written"},
                                         {"uses"}};
constexpr ComparedColumn kAddressNames[] = {
    {"address", Form::kNumber}, {"number", Form::kNumber}, {"name"}, {"uses"}, {"score"}};
constexpr ComparedColumn kAddressDates[] = {
    {"address", Form::kNumber}, {"date", Form::kNumber}, {"uses"}};
constexpr ComparedColumn kAddressKeys[] = {
    {"class", Form::kNumber}, {"key"}, {"address", Form::kNumber}};
constexpr ComparedColumn kListing[] = {{"key"}, {"kind"}, {"entry"}, {"flags"}};
constexpr ComparedColumn kSorted[] = {{"key"}, {"kind"}, {"entry"}};

constexpr ComparedTable kTables[] = {
    {"entries",
     "SELECT e.doc_id, e.id, e.kind, e.doc_id, e.date, e.flags, e.bodies, e.size, e.text_hash, "
     "e.sender, e.text_seq, t.id, d.views, d.thread_keys, d.contents, d.inline, d.sort_keys, "
     "d.row, a.uses, d.thread IS e.thread AND d.text_seq = e.text_seq AND d.body_seq = e.body_seq "
     "AND d.bodies = e.bodies AND d.here = e.flags & 8, d.thread_id FROM entries e LEFT JOIN "
     "details d ON d.entry = e.key LEFT JOIN threads t ON "
     "t.thread = e.thread LEFT JOIN entry_addresses a ON a.entry = e.key ORDER BY e.id, e.kind",
     kEntries, 2},
    {"views",
     "SELECT '', name, total, unread, threads, unread_threads FROM views WHERE total <> 0 OR "
     "unread <> 0 OR threads <> 0 OR unread_threads <> 0 ORDER BY name",
     kViews, 1},
    {"threads",
     "SELECT (SELECT doc_id FROM entries WHERE entries.id = t.id AND kind = 0), t.id, date, count, "
     "unread, views, participants FROM threads t ORDER BY t.id",
     kThreads, 1},
    {"thread_keys",
     "SELECT '', k.key, t.id, k.uses FROM thread_keys k LEFT JOIN threads t ON t.thread = "
     "k.thread ORDER BY k.key",
     kThreadKeys, 1},
    {"contents",
     "SELECT doc_id, doc_id, email, type, size, seq, truncated FROM contents WHERE present ORDER "
     "BY doc_id",
     kContents, 1},
    {"named",
     "SELECT e.doc_id, n.content, e.id FROM named n LEFT JOIN entries e ON e.key = n.entry ORDER "
     "BY n.content, e.id",
     kNamed, 2},
    {"mailboxes", "SELECT id, id, name, parent, role, sort_order FROM mailboxes ORDER BY id",
     kMailboxes, 1},
    {"failures", "SELECT doc_id, doctype, doc_id, reason FROM failures ORDER BY doctype, doc_id",
     kFailures, 2},
    {"addresses",
     "SELECT '', address, email, name, name_score, text, class, score, count, written, uses FROM "
     "addresses ORDER BY address",
     kAddresses, 1},
    {"address_names",
     "SELECT '', address, number, name, uses, score FROM address_names WHERE uses <> 0 OR score <> "
     "0 ORDER BY address, number",
     kAddressNames, 2},
    {"address_dates",
     "SELECT '', address, date, uses FROM address_dates WHERE uses <> 0 ORDER BY address, date",
     kAddressDates, 2},
    {"address_keys",
     "SELECT '', class, key, address FROM address_keys ORDER BY class, key, address", kAddressKeys,
     3},
};

constexpr ComparedTable kListingOfView = {
    "listing",
    "SELECT e.doc_id, l.key, e.kind, e.id, l.flags FROM listing l LEFT JOIN entries e ON e.key = "
    "l.entry WHERE l.view = ? ORDER BY l.key",
    kListing, 1};
constexpr ComparedTable kSortedOfView = {
    "sorted",
    "SELECT e.doc_id, s.key, e.kind, e.id FROM sorted s LEFT JOIN entries e ON e.key = s.entry "
    "WHERE s.view = ? ORDER BY s.key",
    kSorted, 1};

}  // namespace

std::span<const ComparedTable> compared_tables() { return kTables; }
const ComparedTable& compared_listing() { return kListingOfView; }
const ComparedTable& compared_sorted() { return kSortedOfView; }

}  // namespace indexer
