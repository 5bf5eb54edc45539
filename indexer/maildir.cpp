#include "indexer/maildir.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <iomanip>
#include <istream>

#include "indexer/archive.hpp"
#include "indexer/mail_files.hpp"
#include "indexer/mh.hpp"
#include "mail/ascii.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

constexpr std::size_t kKeywordLetters = 26;
constexpr std::size_t kMaxKeyword = 255;

struct Flag {
  char letter;
  std::string_view keyword;
};
constexpr std::array kFlags = {Flag{'D', "$draft"},     Flag{'F', "$flagged"},
                               Flag{'P', "$forwarded"}, Flag{'R', "$answered"},
                               Flag{'S', "$seen"},      Flag{'T', "$deleted"}};

// The flags of a file's name; nothing when it has none. Where a name cannot have a colon (Windows),
// programs write another character.
std::optional<std::string_view> flags_of(std::string_view file_name) {
  constexpr std::string_view kInfo = "2,";
  for (std::size_t at = file_name.rfind(kInfo); at != 0 && at != std::string_view::npos;
       at = file_name.rfind(kInfo, at - 1)) {
    const char before = file_name[at - 1];
    if (before == ':' || before == ';' || before == '!') return file_name.substr(at + kInfo.size());
  }
  return std::nullopt;
}

// What stands between "&" and "-" in modified UTF-7: base64 of UTF-16, with "," for "/".
std::optional<std::string> decode_shifted(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
  if (text.empty()) return "&";
  std::string utf8;
  unsigned bits = 0, high = 0;
  int count = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<unsigned>(digit);
    if ((count += 6) < 16) continue;
    count -= 16;
    const unsigned unit = (bits >> count) & 0xffff;
    const bool is_high = unit >= 0xd800 && unit < 0xdc00;
    const bool is_low = unit >= 0xdc00 && unit < 0xe000;
    if (is_low != (high != 0)) return std::nullopt;
    if (is_low) {
      mail::append_character(utf8, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
    } else if (!is_high) {
      mail::append_character(utf8, unit);
    }
    high = is_high ? unit : 0;
  }
  if (high != 0) return std::nullopt;
  return utf8;
}

// Nothing for what is not in modified UTF-7.
std::optional<std::string> decode_utf7(std::string_view text) {
  std::string utf8;
  while (!text.empty()) {
    const std::size_t shift = text.find('&');
    utf8 += text.substr(0, shift);
    if (shift == std::string_view::npos) break;
    const std::size_t end = text.find('-', shift);
    if (end == std::string_view::npos) return std::nullopt;
    const auto decoded = decode_shifted(text.substr(shift + 1, end - shift - 1));
    if (!decoded) return std::nullopt;
    utf8 += *decoded;
    text.remove_prefix(end + 1);
  }
  return utf8;
}

bool is_mbox_extension(const std::filesystem::path& extension) {
  return extension == ".mbox" || extension == ".mbx";
}

std::vector<std::string> components_of(std::string_view path) {
  std::vector<std::string> components;
  for (const auto& part : std::filesystem::path(path).relative_path()) {
    std::string name = part.string();
    if (!name.empty() && name != "." && name != "..") components.push_back(std::move(name));
  }
  return components;
}

}  // namespace

std::string mailbox_name(std::string name) {
  if (name.empty() || mail::lower_ascii(name) == "inbox") return "Inbox";
  return name;
}

std::string below(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + "/" + name;
}

std::string folder_name(const std::string& folder) {
  if (!folder.starts_with('.')) return plain_folder_name(folder);
  std::string dotted = folder.substr(1);
  std::replace(dotted.begin(), dotted.end(), '.', '/');
  return decode_utf7(dotted).value_or(dotted);
}

std::optional<std::string> as_keyword(std::string_view name) {
  constexpr std::string_view kForbidden = "(){]%*\"\\";
  const bool is_plain = std::all_of(name.begin(), name.end(), [&](char c) {
    return c > ' ' && c < '\x7f' && kForbidden.find(c) == std::string_view::npos;
  });
  if (name.empty() || name.size() > kMaxKeyword || !is_plain) return std::nullopt;
  return mail::lower_ascii(name);
}

std::string plain_folder_name(const std::string& folder) {
  const std::filesystem::path name(folder);
  return name.extension() == ".sbd" || name.extension() == ".mbox" ? name.stem().string() : folder;
}

std::string mbox_name(const std::filesystem::path& file, const std::string& parent) {
  const std::filesystem::path name = without_compression(file);
  // Archives of mailing lists are called "2001-January.txt".
  const bool has_extension = is_mbox_extension(name.extension()) || name.extension() == ".txt";
  const std::string mailbox = (has_extension ? name.stem() : name).string();
  return mailbox_name(mailbox == "mbox" ? parent : below(parent, mailbox));
}

bool names_mailbox(const std::filesystem::path& file) {
  const std::filesystem::path name = without_compression(file);
  if (is_mbox_extension(name.extension()) || file.parent_path().extension() == ".sbd") return true;
  const std::string& text = name.native();
  return name.extension().empty() && std::none_of(text.begin(), text.end(), mail::is_digit);
}

bool is_of_mail_program(const std::string& name) {
  // Whole names, or beginnings that mail would hardly have: an mbox may be called "dovecot".
  constexpr std::array kNames = {"maildirfolder", "maildirsize", "subscriptions", "popstate.dat",
                                 "msgFilterRules.dat"};
  constexpr std::array kBeginnings = {"dovecot.index",  "dovecot.list.index", "dovecot.mailbox.log",
                                      "dovecot.sieve",  "dovecot.svbin",      "dovecot-uid",
                                      kDovecotKeywords, "dovecot-acl",        "dovecot-shared",
                                      "courierimap",    "courierpop3"};
  constexpr std::array kExtensions = {".msf", ".sieve", ".svbin"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](const char* begin) { return name.starts_with(begin); }) ||
         std::any_of(kExtensions.begin(), kExtensions.end(),
                     [&](const char* end) { return name.ends_with(end); });
}

std::vector<std::string> read_letters(std::istream& dovecot_keywords) {
  std::vector<std::string> letters;
  std::size_t number = 0;
  std::string name;
  // A longer name is read in part, which ends the list there.
  while (dovecot_keywords >> number >> std::setw(kMaxKeyword + 1) >> name &&
         number < kKeywordLetters) {
    if (letters.size() <= number) letters.resize(number + 1);
    letters[number] = as_keyword(name).value_or("");
  }
  return letters;
}

std::vector<std::string> maildir_keywords(std::string_view file_name,
                                          std::span<const std::string> letters) {
  std::vector<std::string> keywords;
  for (const char letter : flags_of(file_name).value_or("")) {
    const auto* const flag = std::find_if(kFlags.begin(), kFlags.end(),
                                          [&](const Flag& each) { return each.letter == letter; });
    if (flag != kFlags.end()) keywords.emplace_back(flag->keyword);
    const auto number = static_cast<std::size_t>(letter - 'a');
    if (letter >= 'a' && number < letters.size() && !letters[number].empty())
      keywords.push_back(letters[number]);
  }
  return keywords;
}

bool maildir_has_letters(std::string_view file_name) {
  const std::string_view flags = flags_of(file_name).value_or("");
  return std::any_of(flags.begin(), flags.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

ManagedKeywords maildir_managed_keywords(std::string_view file_name,
                                         std::span<const std::string> letters) {
  if (!flags_of(file_name)) return nullptr;
  auto managed = std::make_shared<std::vector<std::string>>();
  for (const Flag& flag : kFlags) managed->emplace_back(flag.keyword);
  managed->insert(managed->end(), letters.begin(), letters.end());
  return managed;
}

std::optional<mail::DateTime> maildir_delivery(std::string_view file_name) {
  using namespace std::chrono;
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(file_name.data(), file_name.data() + file_name.size(), number);
  const auto delivered = sys_seconds(seconds(number));
  const bool is_time = delivered >= sys_days(year(1990) / 1 / 1) &&
                       delivered <= floor<seconds>(system_clock::now()) + days(1);
  if (error != std::errc() || end == file_name.data() + file_name.size() || *end != '.' || !is_time)
    return std::nullopt;
  return mail::DateTime{delivered};
}

std::optional<MemberMailbox> mailbox_of_member(std::string_view path) {
  auto components = components_of(path);
  if (components.empty()) return std::nullopt;
  if (std::any_of(components.begin(), components.end(), is_of_mail_program)) return std::nullopt;
  const std::string file = std::move(components.back());
  components.pop_back();
  if (file.starts_with('.') || is_deleted_in_mh(file)) return std::nullopt;

  MemberMailbox member;
  if (!components.empty()) {
    // A folder of that name need not be a Maildir's.
    if (components.back() == "tmp" && maildir_delivery(file)) return std::nullopt;
    member.is_maildir = components.back() == "cur" || components.back() == "new";
    if (member.is_maildir) components.pop_back();
  }
  // What is packed is usually the Maildir itself, not what is in it.
  const bool is_below_maildir =
      !components.empty() && (mail::lower_ascii(components.front()) == "maildir" ||
                              mail::lower_ascii(components.front()) == ".maildir");
  if (is_below_maildir) components.erase(components.begin());
  std::string folder;
  for (const std::string& component : components) folder = below(folder, folder_name(component));
  member.mailbox = mailbox_name(folder);
  member.mbox_mailbox = mbox_name(file, folder);
  return member;
}

}  // namespace indexer
