// What is known of the sources' databases without opening an account: the file <data_dir>/davenport.db. With it a gap is
// closed by comparing sequences, an account that went from its source stays known, and whose lists are behind is known after
// a crash. It is not derived, but the sources can fill it anew. Any thread; throws replica::sqlite::Error.
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

// In place of a sequence: the database was pulled, but is to be compared with its source, whatever its sequence is.
inline constexpr std::string_view kToBeCompared = "null";

struct KnownDatabase {
  std::string source;  // SourceConfig::name
  std::string name;
  std::string account;
  std::optional<mail::Doctype> doctype;  // none: all of them
  bool is_gone = false;
  // JSON: all up to this update sequence was pulled; or kToBeCompared. Empty: never.
  std::string seen;
  std::string incarnation;
  std::int64_t quarantined = 0;
  std::optional<std::chrono::sys_seconds> next_attempt;

  friend bool operator==(const KnownDatabase&, const KnownDatabase&) = default;
};

// What was decided of an account.
enum class Standing : std::uint8_t {
  kFollowed,
  kPaused,  // nothing is pulled
  kRemoved,  // it does not come back by itself while a source has it
};

class Registry {
 public:
  // kReadOnly opens the file when it is there, and knows nothing until it is.
  Registry(std::filesystem::path file, replica::sqlite::Access access);
  ~Registry();

  // Those of a source, by name; one row at a time, since there may be tens of thousands. `visit` must not
  // use the registry.
  void each_database(std::string_view source,
                     const std::function<void(const KnownDatabase&)>& visit) const;
  [[nodiscard]] std::vector<KnownDatabase> databases_of(std::string_view account) const;
  [[nodiscard]] std::vector<std::string> accounts() const;  // sorted
  // The name of the source that the account was found at, also when it is gone.
  [[nodiscard]] std::optional<std::string> source_of(std::string_view account) const;
  [[nodiscard]] bool is_gone(std::string_view account) const;  // all of its databases are
  // Puts rows in the place of those of the same source and name. Durable when it returns.
  void record(std::span<const KnownDatabase> databases);
  // What was pulled of the account is kToBeCompared from now on. Durable when it returns.
  void forget_sequences(std::string_view account);

  [[nodiscard]] Standing standing(std::string_view account) const;
  // Those that are not kFollowed. Reading them all is cheap: there are as many as were decided of.
  [[nodiscard]] std::map<std::string, Standing, std::less<>> standings() const;
  void set_standing(std::string_view account, Standing standing);  // durable when it returns
  // All that is known of the account but its standing, which becomes that. Durable when it returns.
  void forget(std::string_view account, Standing standing);

  // Before documents of the account are committed. Durable when it returns.
  void mark_behind(std::string_view account);
  void clear_behind(std::string_view account);
  [[nodiscard]] std::vector<std::string> behind() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
