// What an account answers: from the catalog, the text index and, for bodies, the stores.
#include <algorithm>

#include "indexer/account_state.hpp"
#include "indexer/bodies.hpp"
#include "indexer/list_row.hpp"
#include "indexer/snippet.hpp"
#include "mail/documents.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace fs = std::filesystem;
namespace {

// What a snippet's title is cut from: a row has the members of its document.
std::string title_of(Kind kind, std::string_view row) {
  if (kind == Kind::kMail) {
    const auto message = mail::read_metadata(row);
    return message ? message->subject : "";
  }
  const auto file = mail::read_file(row);
  return file ? file->name : "";
}

// What a text holds is escaped, so that a mark is one of a match.
bool shows_match(std::string_view snippet) {
  return snippet.find("<mark>") != std::string_view::npos;
}

// From what the writer of the message wrote himself, where a word of the query stands there.
std::string snippet_of_body(const std::string& text, const Query& query,
                            const std::vector<std::string>& languages) {
  auto own = snippet(new_text(mail::split_quoted(text)), query, Field::kBody, languages);
  if (shows_match(own)) return own;
  auto any = snippet(text, query, Field::kBody, languages);
  return shows_match(any) ? any : own;
}

// Attachments whose texts are looked at for one hit, until one of them matches.
constexpr std::size_t kAttachmentsOfSnippet = 4;

void add_attachment_snippet(SearchAnswer::Found& found, const Texts& texts, const TextEntry& entry,
                            const Query& query, const std::vector<std::string>& languages) {
  std::size_t read = 0;
  for (const auto& file : texts.attachments(entry)) {
    const auto text = texts.known(file);
    if (!text) continue;
    auto preview = snippet(*text, query, Field::kAttachment, languages);
    if (shows_match(preview)) {
      found.preview = std::move(preview);
      found.part = file.part_id;
      return;
    }
    if (++read == kAttachmentsOfSnippet) return;
  }
}

void add_snippet(SearchAnswer::Found& found, const Hit& hit, const Catalog& catalog,
                 const Texts& texts, const Query& query,
                 const std::vector<std::string>& languages) {
  found.subject = snippet(title_of(found.kind, found.row), query, Field::kSubject, languages);
  const auto entries = catalog.entries(hit.number, 1);
  if (entries.empty() || entries.front().id != hit.id) return;
  found.preview = snippet_of_body(texts.snippet_text(entries.front()), query, languages);
  if (!shows_match(found.preview))
    add_attachment_snippet(found, texts, entries.front(), query, languages);
}

std::string with_suggestions(std::string text, const std::vector<Suggestion>& suggestions) {
  // From the end, so that positions before stay right.
  for (auto each = suggestions.rbegin(); each != suggestions.rend(); ++each) {
    if (each->position + each->size <= text.size())
      text.replace(each->position, each->size, each->word);
  }
  return text;
}

std::optional<std::string> corrected(const SearchRequest& request, const HitPage& page,
                                     FulltextReader& reader, const Catalog& catalog) {
  if (!request.is_text || page.suggestions.empty()) return std::nullopt;
  auto text = with_suggestions(request.written, page.suggestions);
  const auto query = parse_query(text);
  if (!query) return std::nullopt;
  SearchRequest check = request;
  check.query = &*query;
  check.limit = 1;
  check.after.reset();
  check.facets.clear();
  check.explain = false;
  const auto found = reader.search(check, catalog);
  if (!found || found->total <= page.total) return std::nullopt;
  return text;
}

}  // namespace

ListPage Account::list(const ListQuery& query) const {
  const auto live = state_->generation();
  return live ? live->catalog().list(query, live->text_checkpoint()) : ListPage{};
}

std::vector<MailboxCounts> Account::mailboxes() const {
  const auto live = state_->generation();
  return live ? live->catalog().mailboxes() : std::vector<MailboxCounts>{};
}

bool Account::has_complete_lists() const {
  const auto live = state_->generation();
  return live && live->catalog().is_complete();
}

std::optional<std::string> Account::message(std::string_view id) const {
  const auto live = state_->generation();
  auto row = live ? live->catalog().message(id, live->text_checkpoint()) : std::nullopt;
  const auto document = row ? metadata_document(id) : std::nullopt;
  auto message = document ? mail::read_metadata(*document) : mail::Malformed{"gone"};
  if (!message) return row;
  complete_from_original(*message, stores_.blobs());
  row->back() = ',';  // two objects become one
  row->append(message_details(*message), 1);
  return row;
}

std::vector<std::string> Account::messages(const std::vector<std::string>& ids) const {
  const auto live = state_->generation();
  return live ? live->catalog().messages(ids, live->text_checkpoint()) : std::vector<std::string>{};
}

std::vector<std::string> Account::thread(std::string_view id) const {
  const auto live = state_->generation();
  return live ? live->catalog().thread(id, live->text_checkpoint()) : std::vector<std::string>{};
}

std::optional<std::string> Account::file(std::string_view id) const {
  const auto live = state_->generation();
  return live ? live->catalog().file(id, live->text_checkpoint()) : std::nullopt;
}

std::optional<std::string> Account::file_text(std::string_view id) const {
  const auto live = state_->generation();
  const auto entry = live ? live->catalog().text_entry(Kind::kFile, id) : std::nullopt;
  if (!entry) return std::nullopt;
  return Texts(stores_).snippet_text(*entry);
}

ListPage Account::files(const ListQuery& query) const {
  const auto live = state_->generation();
  return live ? live->catalog().files(query, live->text_checkpoint()) : ListPage{};
}

std::optional<ListChanges> Account::changes(std::string_view since, const ListQuery& query) const {
  const auto live = state_->generation();
  return live ? live->catalog().changes(since, query) : std::nullopt;
}

QueryResult<SearchAnswer> Account::search(const SearchRequest& request, bool snippets) const {
  SearchAnswer answer;
  answer.index = index_state();
  const auto live = state_->generation();
  if (!live || !live->has_index()) return answer;

  const auto reader = live->reader();
  auto page = reader->search(request, live->catalog());
  if (!page) return page.error();
  answer.total = page->total;
  answer.total_is_exact = page->total_is_exact;
  answer.is_partial = page->is_partial;
  answer.facets = std::move(page->facets);
  answer.did_you_mean = corrected(request, *page, *reader, live->catalog());
  answer.explanation = std::move(page->explanation);
  std::vector<Catalog::Item> items;
  items.reserve(page->hits.size());
  for (const auto& hit : page->hits) items.push_back({hit.kind, hit.id, hit.number});
  auto rows = live->catalog().rows(items, live->text_checkpoint());
  const Texts texts(stores_);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& hit = page->hits[i];
    if (rows[i].empty()) continue;  // gone from the catalog, not yet from the text index
    auto& found = answer.hits.emplace_back();
    found.kind = hit.kind;
    found.row = std::move(rows[i]);
    found.score = hit.score;
    found.place = hit.place;
    if (snippets)
      add_snippet(found, hit, live->catalog(), texts, *request.query,
                  reader->languages_of(hit.number));
  }
  if (page->more && !page->hits.empty()) answer.next = page->hits.back().place;
  return answer;
}

std::optional<std::vector<Body>> Account::bodies(std::string_view id) const {
  const auto live = state_->generation();
  const auto doc_id = live ? live->catalog().document_id(Kind::kMail, id) : std::nullopt;
  if (!doc_id) return std::nullopt;
  const Bodies reader(stores_, stores_.content_reads().body);
  std::vector<Body> bodies;
  for (const auto& part : live->catalog().bodies(id)) {
    if (part.content_id.empty()) continue;
    if (auto body = reader.of_content(part.content_id)) bodies.push_back(*std::move(body));
  }
  const auto document = metadata_document(*doc_id);
  const auto metadata = document ? mail::read_metadata(*document) : mail::Malformed{"gone"};
  if (!metadata) return bodies;
  for (auto& body : reader.of_metadata(*metadata)) bodies.push_back(std::move(body));
  const bool has_any = std::any_of(bodies.begin(), bodies.end(), [](const Body& body) {
    return mail::has_content(body.content);
  });
  if (has_any) return bodies;
  for (auto& body : reader.of_original(*metadata)) bodies.push_back(std::move(body));
  return bodies;
}

std::optional<std::string> Account::metadata_document(std::string_view id) const {
  const auto live = state_->generation();
  const auto doc_id = live ? live->catalog().document_id(Kind::kMail, id) : std::nullopt;
  return doc_id ? stores_.read_live(mail::Doctype::kEmails, *doc_id) : std::nullopt;
}

std::optional<std::vector<LeafRevision>> Account::conflicts(std::string_view id) const {
  const auto live = state_->generation();
  const auto doc_id = live ? live->catalog().document_id(Kind::kMail, id) : std::nullopt;
  const auto* emails = stores_.find(mail::Doctype::kEmails);
  const auto tree = doc_id && emails != nullptr ? emails->tree(*doc_id) : std::nullopt;
  if (!tree) return std::nullopt;
  std::vector<LeafRevision> leaves;
  for (const auto& leaf : tree->leaves()) {
    // One that was replaced since the tree was read is a leaf no more.
    if (auto document = emails->body(*doc_id, leaf.rev))
      leaves.push_back({leaf.rev.to_string(), leaf.deleted, std::move(*document)});
  }
  return leaves;
}

std::optional<std::string> Account::raw(std::string_view id) const {
  const auto document = metadata_document(id);
  if (!document) return std::nullopt;
  const auto metadata = mail::read_metadata(*document);
  if (!metadata || !metadata->original) return std::nullopt;
  return stores_.attachment_bytes(metadata->original->digest);
}

std::optional<std::string> Account::find_mailbox(std::string_view name) const {
  const auto live = state_->generation();
  return live ? live->catalog().find_mailbox(name) : std::nullopt;
}

std::vector<Completion> Account::complete(std::string_view typed, std::size_t limit) const {
  const auto live = state_->generation();
  return live ? live->catalog().complete(typed, limit) : std::vector<Completion>{};
}

std::string Account::state() const {
  const auto live = state_->generation();
  return live ? live->catalog().state() : std::string();
}

bool Account::shows(std::string_view doc_id, const replica::RevId& rev, VisibleIn where) const {
  const auto live = state_->generation();
  if (!live || (where == VisibleIn::kText && !live->has_index())) return false;
  // Before the stores are looked at: what comes meanwhile counts as not shown yet.
  const auto shown =
      where == VisibleIn::kLists ? live->catalog().checkpoint() : live->text_checkpoint();
  for (const auto& each : stores_.all()) {
    const auto tree = each.store->tree(doc_id);
    if (!tree || !tree->contains(rev)) continue;
    const auto document = each.store->read(doc_id);
    return document && document->change.seq <= shown.of(each.store->identity());
  }
  return false;
}

IndexState Account::index_state() const {
  IndexState state;
  const auto live = state_->generation();
  const auto projected = live ? live->catalog().checkpoint() : DerivedCheckpoint{};
  state.pending = stores_.rows_after(projected);
  if (!live) {
    state.complete = state.pending == 0;
    return state;
  }
  state.generation = live->name();
  state.failed = live->catalog().failure_count();
  const auto text = live->text_checkpoint();
  if (!live->has_index()) {
    state.pending += live->catalog().entry_count();
  } else if (text != projected) {
    state.pending += live->catalog().text_pending(text);
  }
  state.complete = state.pending == 0 && state.failed == 0;
  return state;
}

std::int64_t Account::message_count() const {
  const auto live = state_->generation();
  return live ? live->catalog().message_count() : 0;
}

LevelCounts Account::levels() const {
  const auto live = state_->generation();
  if (!live) return {};
  if (!live->has_index()) return {live->catalog().message_count(), 0, 0};
  return live->catalog().levels(live->text_checkpoint());
}

std::vector<Failure> Account::failures() const {
  const auto live = state_->generation();
  return live ? live->catalog().failures() : std::vector<Failure>{};
}

Account::Bytes Account::bytes() const {
  Bytes bytes;
  bytes.store = bytes_of(state_->folder / "store") + bytes_of(state_->folder / "blobs");
  if (const auto live = state_->generation()) {
    bytes.index = bytes_of(live->folder() / "index");
    bytes.catalog = bytes_of(live->folder()) - bytes.index;
  }
  return bytes;
}

}  // namespace indexer
