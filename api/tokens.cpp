#include "api/tokens.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <mutex>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <span>
#include <stdexcept>

#include "api/clock.hpp"
#include "api/davenport_db.hpp"
#include "api/text_list.hpp"
#include "indexer/base64url.hpp"

namespace api {
namespace {

namespace sqlite = replica::sqlite;
using std::chrono::sys_seconds;

constexpr std::string_view kPrefix = "dav_";
constexpr std::size_t kIdBytes = 5, kSecretBytes = 32;
constexpr std::size_t kLongestText = 128;  // of what may be a token

using Hash = std::array<unsigned char, 32>;

Hash hash_of(std::string_view text) {
  Hash hash{};
  EVP_Digest(text.data(), text.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  return hash;
}

template <std::size_t bytes>
std::array<unsigned char, bytes> random_bytes() {
  std::array<unsigned char, bytes> random{};
  if (RAND_bytes(random.data(), bytes) != 1)
    throw std::runtime_error("the system gives no random bytes");
  return random;
}

std::string_view as_text(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The id in a token's text; empty when there is none.
std::string_view id_in(std::string_view text) {
  if (!text.starts_with(kPrefix) || text.size() > kLongestText) return {};
  text.remove_prefix(kPrefix.size());
  const auto end = text.find('_');
  return end == text.npos ? std::string_view() : text.substr(0, end);
}

bool has_expired(const Token& token, sys_seconds now) {
  return token.expires && *token.expires <= now;
}

struct Known {
  std::shared_ptr<const Token> token;
  Hash hash{};
};

Known known_of(const sqlite::Statement& row) {
  Token token;
  token.id = row.text(0);
  token.has_all_accounts = row.text(2) == "*";
  if (!token.has_all_accounts) {
    for (const auto name : split_list(row.text(2))) token.accounts.emplace_back(name);
  }
  token.is_admin = row.integer(3) != 0;
  token.created = sys_seconds(std::chrono::seconds(row.integer(4)));
  if (!row.is_null(5)) token.expires = sys_seconds(std::chrono::seconds(row.integer(5)));
  Known known;
  const std::string_view hash = row.blob(1);
  if (hash.size() == known.hash.size()) std::copy(hash.begin(), hash.end(), known.hash.begin());
  known.token = std::make_shared<const Token>(std::move(token));
  return known;
}

}  // namespace

struct Tokens::State {
  std::filesystem::path file;
  sqlite::Access access;
  std::mutex mutex;  // of all below
  std::optional<sqlite::Connection> connection;
  std::map<std::string, Known, std::less<>> known;  // by id, as of `version`
  std::optional<std::int64_t> version;  // none: to be read

  sqlite::Connection* open();
  void refresh();
};

// Null when there is no file to read yet.
sqlite::Connection* Tokens::State::open() {
  if (!connection) connection = open_davenport_db(file, access);
  return connection ? &*connection : nullptr;
}

// Reads the table again when something was committed since.
void Tokens::State::refresh() {
  const auto* db = open();
  if (db == nullptr) return;
  const auto now = db->data_version();
  if (version == now) return;
  known.clear();
  auto rows = db->prepare("SELECT id, hash, accounts, admin, created, expires FROM token");
  rows.bind();
  while (rows.step()) {
    auto each = known_of(rows);
    known.emplace(each.token->id, std::move(each));
  }
  version = now;
}

bool Token::may_see(std::string_view account) const {
  return has_all_accounts || std::binary_search(accounts.begin(), accounts.end(), account);
}

Tokens::Tokens(std::filesystem::path davenport_db, sqlite::Access access)
    : state_(std::make_unique<State>()) {
  state_->file = std::move(davenport_db);
  state_->access = access;
}

Tokens::~Tokens() = default;

std::string Tokens::create(Token& token) {
  const auto secret = random_bytes<kSecretBytes>();
  token.id = fmt::format("{:02x}", fmt::join(random_bytes<kIdBytes>(), ""));
  token.created = current_time();
  std::sort(token.accounts.begin(), token.accounts.end());
  const std::string text =
      fmt::format("{}{}_{}", kPrefix, token.id, indexer::to_base64url(as_text(secret)));
  const auto hash = hash_of(text);
  const std::string accounts =
      token.has_all_accounts ? "*" : fmt::format("{}", fmt::join(token.accounts, ","));
  std::optional<std::int64_t> expires;
  if (token.expires) expires = token.expires->time_since_epoch().count();

  const std::lock_guard lock(state_->mutex);
  auto put = state_->open()->prepare(
      "INSERT INTO token (id, hash, accounts, admin, created, expires) VALUES (?, ?, ?, ?, ?, ?)");
  put.bind(token.id, std::as_bytes(std::span(hash)), accounts, token.is_admin,
           token.created.time_since_epoch().count(), expires)
      .run();
  state_->version.reset();  // which does not count what this connection commits
  return text;
}

std::vector<Token> Tokens::list() const {
  const std::lock_guard lock(state_->mutex);
  state_->refresh();
  std::vector<Token> tokens;
  for (const auto& [id, known] : state_->known) tokens.push_back(*known.token);
  std::stable_sort(tokens.begin(), tokens.end(),
                   [](const Token& a, const Token& b) { return a.created < b.created; });
  return tokens;
}

bool Tokens::revoke(std::string_view id) {
  const std::lock_guard lock(state_->mutex);
  auto* db = state_->open();
  auto remove = db->prepare("DELETE FROM token WHERE id = ?");
  remove.bind(id).run();
  state_->version.reset();
  return db->changes() > 0;
}

std::shared_ptr<const Token> Tokens::check(std::string_view text, sys_seconds now) const {
  const auto hash = hash_of(text.substr(0, kLongestText + 1));
  const std::lock_guard lock(state_->mutex);
  state_->refresh();
  static const Known kNone;
  const auto found = state_->known.find(id_in(text));
  const Known& known = found == state_->known.end() ? kNone : found->second;
  const bool is_right = CRYPTO_memcmp(hash.data(), known.hash.data(), hash.size()) == 0;
  if (!is_right || !known.token || has_expired(*known.token, now)) return nullptr;
  return known.token;
}

bool Tokens::is_valid(std::string_view id, sys_seconds now) const {
  const std::lock_guard lock(state_->mutex);
  state_->refresh();
  const auto found = state_->known.find(id);
  return found != state_->known.end() && !has_expired(*found->second.token, now);
}

}  // namespace api
