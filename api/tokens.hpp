// Access tokens: what a client shows in place of a password. davenport.db has only their
// hashes, so that file gives no access. Any thread; throws replica::sqlite::Error.
//
// A token is "dav_<id>_<secret>": the id names it in lists and when it is revoked, the secret is 32
// random bytes. Its hash is one SHA-256: a slow hash makes guessing dear, and 256 random bits
// cannot be guessed at any price.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replica/sqlite.hpp"

namespace api {

struct Token {
  std::string id;
  bool has_all_accounts = false;
  std::vector<std::string> accounts;  // sorted; empty where it has all
  bool is_admin = false;  // else it may only read
  std::chrono::sys_seconds created{};
  std::optional<std::chrono::sys_seconds> expires;  // none: never

  [[nodiscard]] bool may_see(std::string_view account) const;
};

class Tokens {
 public:
  // kReadOnly opens the file once it exists; until then there are no tokens.
  Tokens(std::filesystem::path davenport_db, replica::sqlite::Access access);
  ~Tokens();

  // Creates a token with the rights in `token`, whose id and time it sets. Returns its text, which
  // cannot be had again. Durable when it returns.
  [[nodiscard]] std::string create(Token& token);
  [[nodiscard]] std::vector<Token> list() const;  // oldest first, expired ones too
  bool revoke(std::string_view id);  // false when there is none

  // The token with that text; null when there is none or it has expired by `now`. Tokens that
  // another process created or revoked count at once. Takes the same time for every wrong text.
  [[nodiscard]] std::shared_ptr<const Token> check(std::string_view text,
                                                   std::chrono::sys_seconds now) const;
  // Whether a token that was checked before is still valid.
  [[nodiscard]] bool is_valid(std::string_view id, std::chrono::sys_seconds now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
