// What is known of the sources' databases without opening an account: the file
// <data_dir>/davenport.db. It has the sequence up to which each database was pulled, accounts that
// are gone from their source, and (also after a crash) the accounts whose lists or text are behind.
// It is not derived, but could be filled again from the sources. Any thread; throws
// replica::sqlite::Error.
#pragma once

#include <chrono>
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

#include "mail/documents.hpp"
#include "replica/sqlite.hpp"

namespace api {

// Stored in place of a sequence: the database was pulled, but is to be compared with its source (a
// resync), whatever its sequence.
inline constexpr std::string_view kResyncPending = "null";

struct KnownDatabase {
  std::string source;  // SourceConfig::name
  std::string name;
  std::string account;
  std::optional<mail::Doctype> doctype;  // none: all of them
  bool is_gone = false;
  // JSON: the update sequence up to which everything was pulled, or kResyncPending. Empty: never
  // pulled.
  std::string seen;
  std::string incarnation;
  std::int64_t quarantined = 0;
  std::optional<std::chrono::sys_seconds> next_attempt;

  friend bool operator==(const KnownDatabase&, const KnownDatabase&) = default;
};

// What the operator decided about an account. The numbers are stored (table `standing`).
enum class AccountState : std::uint8_t {
  kFollowed,
  kPaused,  // nothing is pulled
  kRemoved,  // not pulled again by itself, even if a source still has it
};

class Registry {
 public:
  // kReadOnly opens the file once it exists; until then nothing is known.
  Registry(std::filesystem::path file, replica::sqlite::Access access);
  ~Registry();

  // Visits the databases of a source in order of their names, row by row, since there may be tens
  // of thousands. `visit` must not use the registry.
  void each_database(std::string_view source,
                     const std::function<void(const KnownDatabase&)>& visit) const;
  [[nodiscard]] std::vector<KnownDatabase> databases_of(std::string_view account) const;
  [[nodiscard]] std::vector<std::string> accounts() const;  // sorted
  // The name of the source that the account was found at, also when it is gone.
  [[nodiscard]] std::optional<std::string> source_of(std::string_view account) const;
  [[nodiscard]] bool is_gone(std::string_view account) const;  // all of its databases are
  // Inserts or replaces rows by source and name. Durable when it returns.
  void record(std::span<const KnownDatabase> databases);
  // Sets the sequences of all of the account's pulled databases to kResyncPending. Durable when it
  // returns.
  void forget_sequences(std::string_view account);
  // The account's databases with something in quarantine are due at the next start.
  void retry_quarantined(std::string_view account);

  [[nodiscard]] AccountState account_state(std::string_view account) const;
  // Those that are not kFollowed: cheap to read, since there are few.
  [[nodiscard]] std::map<std::string, AccountState, std::less<>> account_states() const;
  void set_account_state(std::string_view account, AccountState state);  // durable when it returns
  // Forgets all that is known of the account, and sets its state. Durable when it returns.
  void forget(std::string_view account, AccountState state);

  // Call before documents of the account are committed. Durable when it returns.
  void mark_behind(std::string_view account);
  void clear_behind(std::string_view account);
  [[nodiscard]] std::vector<std::string> behind() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
