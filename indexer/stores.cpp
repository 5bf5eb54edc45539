#include "indexer/stores.hpp"

#include <charconv>
#include <fmt/format.h>
#include <stdexcept>
#include <tuple>

#include "mail/json_writer.hpp"

namespace indexer {
namespace {

// Reads the JSON that `to_json` writes. uuids and epochs are plain ASCII without escapes, so what
// holds a backslash is not ours.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool skip(char expected) {
    if (text_.empty() || text_.front() != expected) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool read_string(std::string& value) {
    if (!skip('"')) return false;
    const auto end = text_.find('"');
    if (end == std::string_view::npos) return false;
    value = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return value.find('\\') == std::string::npos;
  }
  bool read_integer(std::int64_t& value) {
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc{}) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }
  [[nodiscard]] bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

}  // namespace

replica::LocalSeq DerivedCheckpoint::of(const replica::StoreIdentity& store) const {
  const auto found = by_uuid_.find(store.uuid);
  return found != by_uuid_.end() && found->second.first == store.epoch ? found->second.second
                                                                       : replica::LocalSeq{};
}

void DerivedCheckpoint::advance(const replica::StoreIdentity& store, replica::LocalSeq seq) {
  by_uuid_[store.uuid] = {store.epoch, seq};
}

bool DerivedCheckpoint::continues(const replica::Store& store) const {
  const auto identity = store.identity();
  const auto found = by_uuid_.find(identity.uuid);
  if (found == by_uuid_.end()) return true;
  return found->second.first == identity.epoch && found->second.second <= store.last_seq();
}

bool DerivedCheckpoint::is_beyond(const replica::Store& store) const {
  return of(store.identity()) > store.last_seq();
}

std::string DerivedCheckpoint::to_json() const {
  std::string json;
  mail::JsonWriter writer(json);
  writer.begin_object();
  for (const auto& [uuid, reached] : by_uuid_) {
    writer.key(uuid).begin_array().string(reached.first).number(reached.second.value).end_array();
  }
  writer.end_object();
  return json;
}

DerivedCheckpoint DerivedCheckpoint::parse(std::string_view json) {
  Scanner scanner(json);
  DerivedCheckpoint checkpoint;
  if (!scanner.skip('{')) return {};
  if (scanner.skip('}')) return scanner.at_end() ? checkpoint : DerivedCheckpoint{};
  do {
    std::string uuid, epoch;
    std::int64_t seq = 0;
    if (!scanner.read_string(uuid) || !scanner.skip(':') || !scanner.skip('[') ||
        !scanner.read_string(epoch) || !scanner.skip(',') || !scanner.read_integer(seq) ||
        !scanner.skip(']')) {
      return {};
    }
    checkpoint.by_uuid_[uuid] = {epoch, replica::LocalSeq{seq}};
  } while (scanner.skip(','));
  return scanner.skip('}') && scanner.at_end() ? checkpoint : DerivedCheckpoint{};
}

Stores::Stores(const std::filesystem::path& folder, replica::sqlite::Access access,
               std::optional<std::string> doctype_member)
    : folder_(folder),
      access_(access),
      doctype_member_(std::move(doctype_member)),
      extracts_(std::make_unique<ExtractCache>(folder / "extracts.db", access)) {
  for (const auto doctype : mail::kDoctypes) std::ignore = find(doctype);
}

const replica::Store* Stores::find(mail::Doctype doctype) const {
  const std::lock_guard lock(mutex_);
  auto& store = place_of(doctype);
  if (!store) {
    const auto file = file_of(doctype);
    if (std::filesystem::exists(file)) store = std::make_unique<replica::Store>(file, access_);
  }
  return store.get();
}

std::vector<Stores::Named> Stores::all() const {
  std::vector<Named> stores;
  for (const auto doctype : mail::kDoctypes) {
    const auto* const store = find(doctype);
    if (store != nullptr) stores.push_back({database_name(doctype), store});
    if (doctype_member_) break;
  }
  return stores;
}

std::optional<std::string> Stores::read_live(mail::Doctype doctype,
                                             const std::string& doc_id) const {
  const auto* const store = find(doctype);
  auto stored = store != nullptr ? store->read(doc_id) : std::nullopt;
  if (!stored || stored->change.deleted) return std::nullopt;
  return std::move(stored->body);
}

std::int64_t Stores::rows_after(const DerivedCheckpoint& checkpoint) const {
  std::int64_t rows = 0;
  for (const auto& each : all()) rows += each.store->pending(checkpoint.of(each.store->identity()));
  return rows;
}

replica::Store& Stores::create(mail::Doctype doctype) {
  const std::lock_guard lock(mutex_);
  auto& store = place_of(doctype);
  if (!store)
    store = std::make_unique<replica::Store>(file_of(doctype), replica::sqlite::Access::kReadWrite);
  return *store;
}

std::string Stores::database_name(mail::Doctype doctype) const {
  return doctype_member_ ? std::string(kAllDoctypes) : database_part(doctype);
}

std::filesystem::path Stores::file_of(mail::Doctype doctype) const {
  return folder_ / "store" / (database_name(doctype) + ".db");
}

std::unique_ptr<replica::Store>& Stores::place_of(mail::Doctype doctype) const {
  return stores_[doctype_member_ ? 0 : static_cast<std::size_t>(doctype)];
}

replica::Blobs& Stores::blobs() const {
  const std::lock_guard lock(mutex_);
  if (!blobs_) blobs_ = std::make_unique<replica::Blobs>(folder_ / "blobs", access_);
  return *blobs_;
}

std::shared_ptr<replica::Blobs> Stores::fetched() const {
  const std::lock_guard lock(mutex_);
  if (!fetched_) fetched_ = std::make_shared<replica::Blobs>(folder_ / "fetched", access_);
  return fetched_;
}

void Stores::forget_fetched() const {
  const std::lock_guard lock(mutex_);
  fetched_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_ / "fetched", ignored);
}

std::optional<std::string> Stores::attachment_bytes(std::string_view digest) const {
  if (auto bytes = blobs().get(digest)) return bytes;
  try {
    return fetched()->get(digest);
  } catch (const replica::sqlite::Error& error) {
    if (!error.tells_damage()) throw;
    if (access_ == replica::sqlite::Access::kReadWrite) forget_fetched();
    return std::nullopt;
  }
}

std::string Stores::database_part(mail::Doctype doctype) {
  std::string part(mail::doctype_name(doctype));
  for (char& c : part) {
    if (c == '.' || c == ':') c = '-';
  }
  return part;
}

void throw_store_missing(const std::filesystem::path& account_folder, const std::string& account,
                         mail::Doctype doctype) {
  throw std::runtime_error(fmt::format(
      "account '{}': its store of {} is not in {}: put it back, or remove {} to go on without it",
      account, mail::doctype_name(doctype), (account_folder / "store").string(),
      (account_folder / "derived").string()));
}

}  // namespace indexer
