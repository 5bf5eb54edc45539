#include "indexer/extraction/file_type.hpp"

#include <algorithm>
#include <string>

#include "mail/ascii.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

struct Known {
  std::string_view key;
  FileType type;
};

constexpr Known kTypes[] = {
    {"application/javascript", FileType::kText},
    {"application/json", FileType::kText},
    {"application/pdf", FileType::kPdf},
    {"application/rtf", FileType::kRtf},
    {"application/x-pdf", FileType::kPdf},
    {"application/x-sh", FileType::kText},
    {"application/xhtml+xml", FileType::kHtml},
    {"application/xml", FileType::kText},
    {"message/delivery-status", FileType::kText},
    {"message/disposition-notification", FileType::kText},
    {"message/feedback-report", FileType::kText},
    {"message/global", FileType::kMessage},
    {"message/partial", FileType::kText},
    {"message/rfc822", FileType::kMessage},
    {"text/calendar", FileType::kCalendar},
    {"text/html", FileType::kHtml},
    {"text/richtext", FileType::kText},
    {"text/rtf", FileType::kRtf},
    {"text/vcard", FileType::kCalendar},
    {"text/x-vcard", FileType::kCalendar},
};

constexpr std::string_view kOfficeTypes[] = {
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.ms-excel.",
    "application/vnd.ms-powerpoint.",
    "application/vnd.ms-word.",
};

// Types that senders give to anything.
constexpr std::string_view kVague[] = {
    "",
    "application/binary",
    "application/download",
    "application/force-download",
    "application/msword",
    "application/octet-stream",
    "application/unknown",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/x-download",
    "application/x-zip-compressed",
    "application/zip",
    "binary/octet-stream",
};

constexpr Known kExtensions[] = {
    {"7z", FileType::kNone},     {"bmp", FileType::kNone},    {"bz2", FileType::kNone},
    {"c", FileType::kText},      {"cpp", FileType::kText},    {"csv", FileType::kText},
    {"diff", FileType::kText},   {"docm", FileType::kOffice}, {"docx", FileType::kOffice},
    {"dotx", FileType::kOffice}, {"eml", FileType::kMessage}, {"exe", FileType::kNone},
    {"gif", FileType::kNone},    {"gz", FileType::kNone},     {"h", FileType::kText},
    {"htm", FileType::kHtml},    {"html", FileType::kHtml},   {"ics", FileType::kCalendar},
    {"jpeg", FileType::kNone},   {"jpg", FileType::kNone},    {"json", FileType::kText},
    {"log", FileType::kText},    {"md", FileType::kText},     {"mov", FileType::kNone},
    {"mp3", FileType::kNone},    {"mp4", FileType::kNone},    {"odg", FileType::kOffice},
    {"odp", FileType::kOffice},  {"ods", FileType::kOffice},  {"odt", FileType::kOffice},
    {"otp", FileType::kOffice},  {"ots", FileType::kOffice},  {"ott", FileType::kOffice},
    {"patch", FileType::kText},  {"pdf", FileType::kPdf},     {"png", FileType::kNone},
    {"potx", FileType::kOffice}, {"ppsx", FileType::kOffice}, {"pptm", FileType::kOffice},
    {"pptx", FileType::kOffice}, {"py", FileType::kText},     {"rar", FileType::kNone},
    {"rst", FileType::kText},    {"rtf", FileType::kRtf},     {"tar", FileType::kNone},
    {"tgz", FileType::kNone},    {"tif", FileType::kNone},    {"tiff", FileType::kNone},
    {"tsv", FileType::kText},    {"txt", FileType::kText},    {"vcf", FileType::kCalendar},
    {"xhtml", FileType::kHtml},  {"xlsm", FileType::kOffice}, {"xlsx", FileType::kOffice},
    {"xltx", FileType::kOffice}, {"xml", FileType::kText},    {"xz", FileType::kNone},
    {"zip", FileType::kNone},
};

constexpr std::size_t kLookedAt = 4'096;  // bytes that tell whether a file is text

template <std::size_t kSize>
const Known* find(const Known (&table)[kSize], std::string_view key) {
  const auto* known =
      std::lower_bound(std::begin(table), std::end(table), key,
                       [](const Known& one, std::string_view wanted) { return one.key < wanted; });
  return known != std::end(table) && known->key == key ? known : nullptr;
}

FileType type_of_name(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return FileType::kUnknown;
  const auto* known = find(kExtensions, mail::lower_ascii(name.substr(dot + 1)));
  return known != nullptr ? known->type : FileType::kUnknown;
}

bool looks_like_text(std::string_view bytes) {
  const auto begin = bytes.substr(0, kLookedAt);
  if (begin.empty() || begin.find('\0') != std::string_view::npos) return false;
  const auto valid = mail::to_valid_utf8(begin);
  // A character may be cut where the look ends: up to three bytes that mean nothing.
  constexpr std::size_t kCutCharacter = 3 * std::string_view("\uFFFD").size();
  const auto tolerated = bytes.size() > kLookedAt ? std::min(valid.size(), kCutCharacter) : 0;
  return valid.find("\uFFFD") >= valid.size() - tolerated;
}

}  // namespace

FileType file_type(std::string_view declared, std::string_view name) {
  const auto end = declared.find_first_of("; \t");
  const std::string type = mail::lower_ascii(declared.substr(0, end));
  if (const auto* known = find(kTypes, type)) return known->type;
  if (type.starts_with("text/")) return FileType::kText;
  const bool is_office = std::any_of(std::begin(kOfficeTypes), std::end(kOfficeTypes),
                                     [&](auto prefix) { return type.starts_with(prefix); });
  if (is_office) return FileType::kOffice;
  const bool is_vague = std::find(std::begin(kVague), std::end(kVague), type) != std::end(kVague);
  return is_vague ? type_of_name(name) : FileType::kNone;
}

FileType file_type_of_bytes(std::string_view bytes, FileType declared) {
  if (bytes.starts_with("%PDF-")) return FileType::kPdf;
  if (bytes.starts_with("{\\rtf")) return FileType::kRtf;
  if (bytes.starts_with("PK\x03\x04") && declared != FileType::kNone) return FileType::kOffice;
  if (declared != FileType::kUnknown) return declared;
  if (bytes.starts_with("<!DOCTYPE html") || bytes.starts_with("<html")) return FileType::kHtml;
  return looks_like_text(bytes) ? FileType::kText : FileType::kNone;
}

}  // namespace indexer
