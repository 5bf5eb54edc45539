// The catalog of one generation: lists, counts and threads of an account, projected from its stores
// into one SQLite file.
//
// Every list is a view: a set of entries in the order (date, id), newest first. There is one for
// all mail, one for each mailbox and keyword, and for each of those (but keywords) one of its
// unread, flagged, answered, draft and attachment-bearing messages. All mail and each mailbox stand
// in the order of every sort as well, and every view has the list of the newest message of each
// thread. A page is a range of such a list, or of the smallest that a query names, with each row
// asked for the rest. What a list shows of a message was rendered to JSON when the message was
// projected; thread and level are added as it is read, since they change without it.
//
// One object writes (in the process that holds the account's lock); reading is open to any thread
// and never waits. Throws replica::sqlite::Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/completion.hpp"
#include "indexer/facets.hpp"
#include "indexer/kind.hpp"
#include "indexer/progress.hpp"
#include "indexer/searchable_catalog.hpp"
#include "indexer/stores.hpp"

namespace indexer {

// Format of the file. A catalog of another one cannot be read.
inline constexpr int kCatalogFormat = 4;
// Version of the rules by which documents are projected. A catalog of another version is read until
// it has been rebuilt.
inline constexpr int kProjectionVersion = 5;

// The public id of a document: base64url of its CouchDB id where that fits 255 characters, else of
// its SHA-256.
[[nodiscard]] std::string public_id(std::string_view doc_id);

struct ListQuery {
  MessageFilter filter;
  bool threads = false;  // the newest matching message stands for its thread
  bool ascending = false;
  std::size_t limit = 50;
  // At most one of `after`, `before` and `anchor` is set; without any the page is the first.
  // Cursors come from another page of the same list.
  std::optional<std::string> after{};
  std::optional<std::string> before{};
  struct Anchor {
    std::string id;  // as Catalog::message takes it
    // The page begins this many rows after the message; negative: before it, at most at the first
    // row.
    std::int64_t offset = 0;
    bool fills = false;  // a page that would reach beyond the list's end begins earlier
    friend bool operator==(const Anchor&, const Anchor&) = default;
  };
  std::optional<Anchor> anchor{};
  Sort sort = Sort::kReceived;
  friend bool operator==(const ListQuery&, const ListQuery&) = default;
};

enum class ListRefusal { kBadCursor, kAnchorNotFound };

struct ListPage {
  std::optional<ListRefusal> refused;  // if set, all else is empty
  std::vector<std::string> rows;  // complete JSON objects, one for each message
  std::int64_t total = 0;
  std::int64_t unread = 0;
  bool total_is_exact = true;
  std::optional<std::string> next;  // cursor for `after`; none: this was the last page
  std::optional<std::string> previous;  // cursor for `before`; none: this was the first
  std::string state;  // at which the page was read
  // False while the lists are made, at first or anew: messages are missing.
  bool complete = false;
};

// Whether the text has the form of a list's state; it may be of any catalog.
[[nodiscard]] bool is_list_state(std::string_view text);

// The changes of a list between two states, as ids. A message is in only one of the three. In a
// list by thread, a message also counts as updated when another message of its thread changed.
struct ListChanges {
  std::string state;  // to which these changes lead
  std::vector<std::string> added, updated, removed;
  bool more = false;  // there are changes after `state`
};

struct MailboxCounts {
  mail::Mailbox mailbox;
  std::int64_t total = 0, unread = 0, threads = 0, unread_threads = 0;
};

// Numbers from here on belong to entries for which no gap was left; they do not follow the date.
inline constexpr std::uint32_t kFirstOverflowNumber = 3U << 30;

// An entry as the text index sees it.
struct TextEntry {
  std::uint32_t number = 0;  // docid; 0 while none is given
  Kind kind = Kind::kMail;
  std::string id;
  std::string doc_id;
  std::int64_t date = 0;
  std::uint64_t size = 0;
  // Ids of the content documents that are present, in reading order.
  std::vector<std::string> contents;
  std::vector<std::string> content_types;  // of each of these; may be left empty
};

// One body as the catalog knows it.
struct BodyPart {
  // Id of the content document; empty: the body is in the metadata document or its original
  // message.
  std::string content_id;
  std::string type;
};

// What a projection did.
struct Projected {
  std::size_t changes = 0;  // rows of the stores' feeds that were consumed
  std::size_t failed = 0;  // documents that could not be read; they are in `failures`
  bool more = false;  // the stores hold more
};

// A document that could not be read.
struct Failure {
  mail::Doctype doctype = mail::Doctype::kEmails;
  std::string doc_id;
  std::string reason;
};

struct DocumentName {
  mail::Doctype doctype = mail::Doctype::kEmails;
  std::string id;
  friend auto operator<=>(const DocumentName&, const DocumentName&) = default;
};

// Numbers of messages by level: what of them is in the text index.
struct LevelCounts {
  std::int64_t metadata = 0, body = 0, attachments = 0;
};

class Catalog final : public SearchableCatalog {
 public:
  // kReadWrite creates the file. A file of another format is refused with std::runtime_error
  // (rebuild it).
  Catalog(const std::filesystem::path& file, replica::sqlite::Access access);
  ~Catalog() override;

  // ── Writing ──
  // Applies the next rows of the stores' feeds (all stores together, at most `limit` rows) and the
  // checkpoint, in one transaction. When there are many, lists in other orders than by date are
  // left to `order`; until then they are read slowly.
  Projected project(const Stores& stores, std::size_t limit);
  // Builds the lists that `project` left aside, in linear time; does nothing when there are none.
  // Throws Cancelled between its transactions; after that, or after a kill, the next call begins
  // again.
  void order(const Progress& progress = Progress());
  // Projects these documents again, as the stores have them now. The catalog must have followed its
  // stores to their end.
  void project_again(const Stores& stores, std::span<const DocumentName> documents);
  // As sqlite::Connection; the copy is a catalog of the same states and cursors.
  void copy_to(const std::filesystem::path& file) const;
  // Gives every entry its number: its rank in newest-first order, with gaps. Call it before the
  // text index is built in bulk. Durable when it returns.
  void assign_numbers();
  // Names the assignment of numbers: differs after each call of `assign_numbers`.
  [[nodiscard]] std::string numbering() const;
  [[nodiscard]] DerivedCheckpoint checkpoint() const;
  // The stores that it was projected from.
  [[nodiscard]] std::map<mail::Doctype, replica::StoreIdentity> followed() const;
  // Entries that found no gap and took a number of the overflow range: when they are many, a
  // rebuild is due.
  [[nodiscard]] std::int64_t overflow_count() const;

  // ── Lists ──
  [[nodiscard]] ListPage list(const ListQuery& query, const DerivedCheckpoint& text) const;
  // Changes since the state of an earlier page of the list that the query's filter and `threads`
  // name. Nothing when that state is too old. At most `limit` messages, or all of one step of the
  // projection if that has more.
  [[nodiscard]] std::optional<ListChanges> changes(std::string_view since,
                                                   const ListQuery& query) const;
  [[nodiscard]] std::vector<MailboxCounts> mailboxes() const;
  [[nodiscard]] bool is_complete() const;  // as ListPage::complete
  // Null when there is none. `id` may be a public id or a document id.
  [[nodiscard]] std::optional<std::string> message(std::string_view id,
                                                   const DerivedCheckpoint& text) const;
  // In the order of `ids`; unknown ids are left out.
  [[nodiscard]] std::vector<std::string> messages(const std::vector<std::string>& ids,
                                                  const DerivedCheckpoint& text) const;
  struct Item {
    Kind kind;
    std::string_view id;
    std::uint32_t number = 0;  // in the text index; entries may have been given others since
  };
  // One row for each item, all read in one snapshot; empty for an item that does not exist.
  [[nodiscard]] std::vector<std::string> rows(const std::vector<Item>& items,
                                              const DerivedCheckpoint& text) const;
  // The messages of a thread, oldest first; empty when there is none. `id` of a thread is the id of
  // its earliest message.
  [[nodiscard]] std::vector<std::string> thread(std::string_view id,
                                                const DerivedCheckpoint& text) const;
  [[nodiscard]] std::optional<std::string> file(std::string_view id,
                                                const DerivedCheckpoint& text) const;
  // Filter and `threads` of the query are ignored.
  [[nodiscard]] ListPage files(const ListQuery& query, const DerivedCheckpoint& text) const;
  // Differs whenever a list may have changed.
  [[nodiscard]] std::string state() const;
  [[nodiscard]] std::int64_t message_count() const;
  [[nodiscard]] std::vector<Failure> failures() const;
  [[nodiscard]] std::int64_t failure_count() const;

  [[nodiscard]] std::optional<std::string> find_mailbox(std::string_view name) const override;
  // `id` as message() takes it.
  [[nodiscard]] std::optional<std::string> document_id(Kind kind, std::string_view id) const;
  [[nodiscard]] std::vector<BodyPart> bodies(std::string_view id) const;

  // Addresses that match what was typed, best first: see completion.hpp.
  [[nodiscard]] std::vector<Completion> complete(std::string_view typed, std::size_t limit) const;

  // ── For the text index ──
  // What searches ask: see SearchableCatalog. The numbers for the filters asked for last are kept
  // until a list changes.
  [[nodiscard]] EntryNumbers numbers(const MessageFilter& filter) const override;
  [[nodiscard]] std::uint32_t number_after(const OrderKey& place) const override;
  [[nodiscard]] std::vector<std::string> mailbox_ids() const override;
  [[nodiscard]] std::vector<std::uint32_t> thread_numbers(std::string_view id) const override;
  [[nodiscard]] std::vector<std::int64_t> threads_of(
      const std::vector<std::uint32_t>& numbers) const override;
  [[nodiscard]] std::vector<std::uint32_t> same_threads(
      const std::vector<std::uint32_t>& numbers) const override;
  [[nodiscard]] std::vector<SortedNumber> sorted_numbers(const std::vector<std::uint32_t>& numbers,
                                                         Sort sort, bool ascending,
                                                         const std::string& after,
                                                         std::size_t limit) const override;
  void facet_rows(const std::vector<std::uint32_t>& numbers,
                  const std::function<void(const FacetRow&)>& visit) const override;
  // An entry as the text index takes it; nothing when there is none. `id` as message() takes it.
  [[nodiscard]] std::optional<TextEntry> text_entry(Kind kind, std::string_view id) const;
  // Entries with numbers from `from` on, ascending, at most `limit`.
  [[nodiscard]] std::vector<TextEntry> entries(std::uint32_t from, std::size_t limit) const;
  [[nodiscard]] std::int64_t entry_count() const;
  // What the text index has to do after `text`: entries whose text changed between `text` and the
  // catalog's own checkpoint, and ids that are gone. Reads at most `limit` rows of the feeds;
  // `reached` is the checkpoint after them.
  struct TextChanges {
    std::vector<TextEntry> changed;
    std::vector<std::pair<Kind, std::string>> removed;  // kind and id
    DerivedCheckpoint reached;
    bool more = false;
  };
  [[nodiscard]] TextChanges text_changes(const DerivedCheckpoint& text, std::size_t limit) const;
  // Entries that the text index lacks at `text`.
  [[nodiscard]] std::int64_t text_pending(const DerivedCheckpoint& text) const;
  // Messages by their level when the text index is at `text`; looks at all entries: 0.1 s for
  // 1,000,000.
  [[nodiscard]] LevelCounts levels(const DerivedCheckpoint& text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
