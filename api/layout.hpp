// How the databases of a source are named, and whose documents each holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/documents.hpp"

namespace api {

// What one database holds: a doctype of an account, or (without doctype) all of the account's
// documents.
struct DatabaseName {
  std::string account;
  std::optional<mail::Doctype> doctype;

  friend bool operator==(const DatabaseName&, const DatabaseName&) = default;
};

// A pattern: "{account}/{doctype}", where the doctype stands as "io-cozy-emails"; without {doctype}
// ("{account}", "mail") one database has all doctypes; "{doctype}" alone is cozy-stack's, where it
// stands as "io.cozy.emails". Without {account} the databases are those of one account.
class Layout {
 public:
  // `pattern` must be one in which `mistake_in` finds nothing.
  explicit Layout(std::string pattern = "{account}/{doctype}");

  // What is wrong with a pattern; nothing when it can be used.
  [[nodiscard]] static std::optional<std::string> mistake_in(std::string_view pattern);

  [[nodiscard]] bool names_accounts() const;
  [[nodiscard]] bool has_all_doctypes_in_one() const;
  [[nodiscard]] const std::string& pattern() const { return pattern_; }

  // `doctype` is ignored when one database has all doctypes.
  [[nodiscard]] std::string database(std::string_view account, mail::Doctype doctype) const;
  // Nothing for a database whose name does not fit the pattern. `only_account` is the account when
  // the pattern has no {account}.
  [[nodiscard]] std::optional<DatabaseName> parse(std::string_view database,
                                                  std::string_view only_account) const;

 private:
  [[nodiscard]] std::string with_doctype(mail::Doctype doctype) const;

  std::string pattern_;
};

// Account names are folder and database names: lower-case letters, digits, and _ - + $ ( ) . after
// a first letter or digit.
[[nodiscard]] bool is_valid_account_name(std::string_view name);

}  // namespace api
