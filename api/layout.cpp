#include "api/layout.hpp"

#include <algorithm>

#include "indexer/stores.hpp"

namespace api {
namespace {

constexpr std::string_view kAccount = "{account}";
constexpr std::string_view kDoctype = "{doctype}";
// With the doctype, CouchDB and file systems allow 238 and 255.
constexpr std::size_t kMaxAccountNameBytes = 200;

std::string replaced(std::string_view text, std::string_view word, std::string_view by) {
  const auto at = text.find(word);
  if (at == std::string_view::npos) return std::string(text);
  return std::string(text.substr(0, at)).append(by).append(text.substr(at + word.size()));
}

}  // namespace

Layout::Layout(std::string pattern) : pattern_(std::move(pattern)) {}

std::optional<std::string> Layout::mistake_in(std::string_view pattern) {
  const auto bare = replaced(replaced(pattern, kAccount, ""), kDoctype, "");
  if (bare.find_first_of("{}") != std::string::npos)
    return "may have {account} and {doctype}, each once, and no other braces";
  if (pattern.empty()) return "names no database";
  if (pattern.find("{account}{doctype}") != std::string_view::npos ||
      pattern.find("{doctype}{account}") != std::string_view::npos) {
    return "needs something between {account} and {doctype}, such as a slash";
  }
  return std::nullopt;
}

bool Layout::names_accounts() const { return pattern_.find(kAccount) != std::string::npos; }

bool Layout::has_all_doctypes_in_one() const {
  return pattern_.find(kDoctype) == std::string::npos;
}

std::string Layout::with_doctype(mail::Doctype doctype) const {
  if (pattern_ == kDoctype) return std::string(mail::doctype_name(doctype));
  return replaced(pattern_, kDoctype, indexer::Stores::database_part(doctype));
}

std::string Layout::database(std::string_view account, mail::Doctype doctype) const {
  return replaced(with_doctype(doctype), kAccount, account);
}

std::optional<DatabaseName> Layout::parse(std::string_view database,
                                          std::string_view only_account) const {
  for (const mail::Doctype doctype : mail::kDoctypes) {
    const std::string expected = with_doctype(doctype);
    const auto held = has_all_doctypes_in_one() ? std::nullopt : std::optional(doctype);
    const auto account = expected.find(kAccount);
    if (account == std::string::npos) {
      if (expected == database) return DatabaseName{std::string(only_account), held};
      continue;
    }
    const auto before = std::string_view(expected).substr(0, account);
    const auto after = std::string_view(expected).substr(account + kAccount.size());
    if (database.size() <= before.size() + after.size() || !database.starts_with(before) ||
        !database.ends_with(after)) {
      continue;
    }
    const auto name =
        database.substr(before.size(), database.size() - before.size() - after.size());
    if (is_valid_account_name(name)) return DatabaseName{std::string(name), held};
  }
  return std::nullopt;
}

bool is_valid_account_name(std::string_view name) {
  const auto is_first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto is_other = [&](char c) {
    return is_first(c) || std::string_view("_-+$().").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= kMaxAccountNameBytes && is_first(name.front()) &&
         std::all_of(name.begin(), name.end(), is_other);
}

}  // namespace api
