#include "tests/support/memory_database.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>

#include "tests/support/bytes.hpp"

namespace support::memory {
namespace {

constexpr std::string_view kOpaqueHead = "g1AAAACbeJz";  // an Erlang term, compressed, as it looks
constexpr std::size_t kOpaquePayload =
    96;  // bytes; makes sequences as long as those of a q=2 database
constexpr std::size_t kPurgedInfosKept = 1000;  // CouchDB's purged_infos_limit

bool is_compressible(std::string_view content_type) {
  const auto type = content_type.substr(0, content_type.find(';'));
  return type.starts_with("text/") || type == "application/javascript" ||
         type == "application/json" || type == "application/xml";
}

std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 1469598103934665603ULL;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return value ^ (value >> 29);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// As CouchDB does, a function of what is written: the same edit made twice gives the same revision.
std::string digest_of(const std::optional<Rev>& parent, const Content& content) {
  std::string text = fmt::format("{}|{}|{}", parent ? parent->to_string() : std::string(),
                                 content.deleted, content.members);
  for (const auto& named : content.attachments)
    text += fmt::format("|{}={}", named.name, named.attachment->digest);
  return hex(md5(text));
}

}  // namespace

std::optional<Rev> Rev::parse(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash + 1 == text.size()) return std::nullopt;
  const auto generation = number(text.substr(0, dash));
  if (!generation || *generation == 0) return std::nullopt;
  return Rev{*generation, std::string(text.substr(dash + 1))};
}

std::string Rev::to_string() const { return fmt::format("{}-{}", generation, digest); }

std::shared_ptr<const Attachment> make_attachment(std::string content_type,
                                                  const std::string& bytes) {
  auto attachment = std::make_shared<Attachment>();
  attachment->is_gzip = is_compressible(content_type);
  attachment->content_type = std::move(content_type);
  attachment->length = bytes.size();
  attachment->stored = attachment->is_gzip ? gzip(bytes) : bytes;
  attachment->digest = "md5-" + base64(md5(attachment->stored));
  return attachment;
}

std::string bytes_of(const Attachment& attachment) {
  return attachment.is_gzip ? gunzip(attachment.stored).value() : attachment.stored;
}

std::optional<std::size_t> DocumentTree::find(const Rev& rev) const {
  for (std::size_t i = 0; i < revisions_.size(); ++i) {
    if (revisions_[i].rev == rev) return i;
  }
  return std::nullopt;
}

std::vector<std::string> DocumentTree::path(std::size_t index) const {
  std::vector<std::string> digests;
  for (std::optional<std::size_t> at = index; at; at = revisions_[*at].parent)
    digests.push_back(revisions_[*at].rev.digest);
  return digests;
}

std::vector<std::size_t> DocumentTree::leaves_below(std::size_t index) const {
  std::vector<std::size_t> below;
  for (const std::size_t leaf : leaves_) {
    for (std::optional<std::size_t> at = leaf; at; at = revisions_[*at].parent) {
      if (*at == index) below.push_back(leaf);
    }
  }
  return below;
}

bool DocumentTree::graft(std::uint64_t generation, std::span<const std::string> path,
                         Content content) {
  std::optional<std::size_t> child;
  bool added = false;
  for (std::size_t i = 0; i < path.size() && i < generation; ++i) {
    const Rev rev{generation - i, path[i]};
    auto known = find(rev);
    const bool joins = known && (i > 0 || revisions_[*known].content);
    if (!known) {
      known = revisions_.size();
      revisions_.push_back({rev, std::nullopt, std::nullopt});
    }
    if (child && !revisions_[*child].parent) revisions_[*child].parent = known;
    if (i == 0 && !revisions_[*known].content) {
      revisions_[*known].content = std::move(content);
      added = true;
    }
    // What lies above a known revision is known, unless its history had been cut there.
    if (joins && revisions_[*known].parent) break;
    child = known;
  }
  find_leaves();
  return added;
}

bool DocumentTree::remove_leaf(const Rev& rev) {
  const auto index = find(rev);
  if (!index || std::ranges::find(leaves_, *index) == leaves_.end()) return false;
  std::vector<bool> kept(revisions_.size());
  for (const std::size_t leaf : leaves_) {
    if (leaf == *index) continue;
    for (std::optional<std::size_t> at = leaf; at; at = revisions_[*at].parent) kept[*at] = true;
  }
  keep_only(kept);
  return true;
}

void DocumentTree::stem(std::size_t revisions_kept) {
  if (revisions_.size() <= revisions_kept) return;
  std::vector<bool> kept(revisions_.size());
  for (const std::size_t leaf : leaves_) {
    std::size_t left = revisions_kept;
    for (std::optional<std::size_t> at = leaf; at && left > 0; at = revisions_[*at].parent, --left)
      kept[*at] = true;
  }
  keep_only(kept);
}

void DocumentTree::forget_old_contents() {
  for (std::size_t i = 0; i < revisions_.size(); ++i) {
    if (std::ranges::find(leaves_, i) == leaves_.end()) revisions_[i].content.reset();
  }
}

void DocumentTree::keep_only(const std::vector<bool>& kept) {
  std::vector<std::size_t> moved(revisions_.size());
  std::vector<Revision> left;
  for (std::size_t i = 0; i < revisions_.size(); ++i) {
    moved[i] = left.size();
    if (kept[i]) left.push_back(std::move(revisions_[i]));
  }
  for (auto& revision : left) {
    if (!revision.parent) continue;
    if (kept[*revision.parent]) {
      revision.parent = moved[*revision.parent];
    } else {
      revision.parent.reset();
    }
  }
  revisions_ = std::move(left);
  find_leaves();
}

void DocumentTree::find_leaves() {
  std::vector<bool> is_parent(revisions_.size());
  for (const auto& revision : revisions_) {
    if (revision.parent) is_parent[*revision.parent] = true;
  }
  leaves_.clear();
  for (std::size_t i = 0; i < revisions_.size(); ++i) {
    if (!is_parent[i]) leaves_.push_back(i);
  }
  std::ranges::sort(leaves_, [this](std::size_t a, std::size_t b) {
    const auto& left = revisions_[a];
    const auto& right = revisions_[b];
    const bool left_deleted = left.content && left.content->deleted;
    const bool right_deleted = right.content && right.content->deleted;
    if (left_deleted != right_deleted) return right_deleted;
    return left.rev > right.rev;
  });
}

std::uint64_t Position::total() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t seq : shards) sum += seq;
  return sum;
}

Database::Database(std::string name, std::uint64_t incarnation, Options options)
    : name_(std::move(name)),
      incarnation_(incarnation),
      sequences_(options.sequences),
      shards_(options.sequences == SequenceStyle::kNumber ? 1 : options.shards) {}

const Document* Database::find(std::string_view id) const {
  const auto found = documents_.find(id);
  return found == documents_.end() ? nullptr : &found->second;
}

Document& Database::document(const std::string& id) {
  const auto [place, is_new] = documents_.try_emplace(id);
  if (is_new) {
    place->second.id = id;
    place->second.shard = hash(id) % shards_.size();
  }
  return place->second;
}

std::optional<Rev> Database::edit(const std::string& id, std::optional<Rev> parent,
                                  Content content) {
  if (const Document* known = find(id)) {
    const auto& tree = known->tree;
    if (!parent) {
      if (!tree.winner().content->deleted) return std::nullopt;
      parent = tree.winner().rev;
    }
    const auto index = tree.find(*parent);
    if (!index || std::ranges::find(tree.leaves(), *index) == tree.leaves().end())
      return std::nullopt;
  } else if (parent) {
    return std::nullopt;
  }
  Rev rev{parent ? parent->generation + 1 : 1, digest_of(parent, content)};
  for (auto& named : content.attachments) {
    if (named.revpos == 0) named.revpos = rev.generation;
  }
  std::vector<std::string> path{rev.digest};
  if (parent) path.push_back(parent->digest);
  graft(id, rev.generation, path, std::move(content));
  return rev;
}

void Database::graft(const std::string& id, std::uint64_t generation,
                     std::span<const std::string> path, Content content) {
  Document& target = document(id);
  if (target.tree.size() > 0) count(target, -1);
  const bool added = target.tree.graft(generation, path, std::move(content));
  target.tree.stem(revs_limit_);
  count(target, +1);
  if (!added) return;
  leave_feed(target);
  enter_feed(target);
}

std::vector<Rev> Database::purge(const std::string& id, std::span<const Rev> revs) {
  std::vector<Rev> gone;
  const auto found = documents_.find(id);
  if (found == documents_.end()) return gone;
  Document& target = found->second;
  count(target, -1);
  for (const Rev& rev : revs) {
    if (target.tree.remove_leaf(rev)) gone.push_back(rev);
  }
  if (gone.empty()) {
    count(target, +1);
    return gone;
  }
  leave_feed(target);
  purged_.push_back({id, gone});
  if (target.tree.size() == 0) {
    ++shards_[target.shard].update_seq;  // moves without a row
    documents_.erase(found);
  } else {
    count(target, +1);
    enter_feed(target);
  }
  return gone;
}

void Database::compact() {
  for (auto& [id, document] : documents_) document.tree.forget_old_contents();
  if (purged_.size() > kPurgedInfosKept)
    purged_.erase(purged_.begin(), purged_.end() - kPurgedInfosKept);
}

void Database::count(const Document& document, int sign) {
  auto& counter = document.tree.winner().content->deleted ? deleted_ : live_;
  counter += sign;
}

void Database::leave_feed(const Document& document) {
  if (document.seq == 0) return;
  Shard& shard = shards_[document.shard];
  const auto entry =
      std::ranges::lower_bound(shard.feed, document.seq, std::ranges::less(), &Entry::seq);
  entry->document = nullptr;
  ++shard.moved_on;
  if (shard.moved_on * 2 > shard.feed.size() + 1000) {
    std::erase_if(shard.feed, [](const Entry& old) { return old.document == nullptr; });
    shard.moved_on = 0;
  }
}

void Database::enter_feed(Document& document) {
  Shard& shard = shards_[document.shard];
  document.seq = ++shard.update_seq;
  shard.feed.push_back({document.seq, &document});
}

Position Database::start() const { return {std::vector<std::uint64_t>(shards_.size())}; }

Position Database::end() const {
  Position position;
  for (const Shard& shard : shards_) position.shards.push_back(shard.update_seq);
  return position;
}

const Document* Database::next(Position& at, const Position& end, std::uint64_t& turn) const {
  // Shards send runs of rows, of which none knows how many the other had ready.
  const auto first = static_cast<std::size_t>(hash(std::to_string(turn++ / 5)) % shards_.size());
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const std::size_t index = (first + i) % shards_.size();
    const auto& feed = shards_[index].feed;
    auto entry = std::ranges::upper_bound(feed, at.shards[index], std::ranges::less(), &Entry::seq);
    while (entry != feed.end() && entry->document == nullptr) ++entry;
    if (entry == feed.end() || entry->seq > end.shards[index]) continue;
    at.shards[index] = entry->seq;
    return entry->document;
  }
  return nullptr;
}

std::int64_t Database::pending(const Position& at) const {
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const auto& feed = shards_[i].feed;
    const auto entry =
        std::ranges::upper_bound(feed, at.shards[i], std::ranges::less(), &Entry::seq);
    rows += std::count_if(entry, feed.end(), [](const Entry& e) { return e.document != nullptr; });
  }
  return rows;
}

std::string Database::sequence(const Position& at) const {
  const std::uint64_t number = at.total();
  switch (sequences_) {
    case SequenceStyle::kNumber:
      return std::to_string(number);
    case SequenceStyle::kOpaque:
      return '"' + opaque(number, at) + '"';
    case SequenceStyle::kFalling:
      return '"' + opaque(number == 0 ? 0 : number ^ 1U, at) + '"';
  }
  return {};
}

std::string Database::purge_seq() const {
  if (sequences_ == SequenceStyle::kNumber) return std::to_string(purged_.size());
  Position at = start();
  at.shards[0] = purged_.size();
  return '"' + opaque(purged_.size(), at) + '"';
}

std::string Database::opaque(std::uint64_t number, const Position& at) const {
  std::string payload(kOpaquePayload, '\0');
  std::memcpy(payload.data(), &incarnation_, sizeof incarnation_);
  std::memcpy(payload.data() + sizeof incarnation_, at.shards.data(),
              std::min(at.shards.size() * 8, kOpaquePayload - 8));
  std::string text = fmt::format("{}-{}{}", number, kOpaqueHead, base64(payload));
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::optional<Position> Database::parse_since(std::string_view text) const {
  if (text.empty() || text == "0") return start();
  if (text == "now") return end();
  if (sequences_ == SequenceStyle::kNumber) {
    const auto seq = number(text);
    if (!seq) return std::nullopt;
    return Position{{*seq}};
  }
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || !number(text.substr(0, dash))) return std::nullopt;
  if (!text.substr(dash + 1).starts_with(kOpaqueHead)) return std::nullopt;
  std::string encoded(text.substr(dash + 1 + kOpaqueHead.size()));
  for (char& c : encoded) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  const auto payload = from_base64(encoded);
  if (!payload || payload->size() != kOpaquePayload) return std::nullopt;
  std::uint64_t incarnation = 0;
  std::memcpy(&incarnation, payload->data(), sizeof incarnation);
  if (incarnation != incarnation_) return start();
  Position position = start();
  std::memcpy(position.shards.data(), payload->data() + sizeof incarnation,
              position.shards.size() * sizeof(std::uint64_t));
  return position;
}

}  // namespace support::memory
