// stalwart's mail-parser: tables of header values and what they mean.
#include <map>

#include "mail/encoded_words.hpp"
#include "mail/mail_date.hpp"
#include "mail/parameters.hpp"
#include "mail/parser.hpp"
#include "tests/hard/expected.hpp"
#include "tests/hard/report.hpp"
#include "tests/hard/stalwart.hpp"

namespace hard {
namespace {

using Json = nlohmann::json;

// The value as the field of that name in a message of its own.
mail::MetadataDocument parsed(const std::string& name, const std::string& value) {
  auto message = mail::parse_message(name + ": " + value + "\n\n");
  return message ? std::move(message->metadata) : mail::MetadataDocument();
}

std::string first_lines(std::string value) {
  for (char& c : value) c = c == '\n' || c == '\r' ? ' ' : c;
  return value;
}

template <typename Compare>
Agreement over_table(const std::filesystem::path& file, const std::string& what, Compare compare) {
  Agreement agreement{"stalwart", what, 0, 0, {}};
  for (const auto& row : read_json(file)) {
    const auto header = row["header"].get<std::string>();
    const auto [expected, got] = compare(header, row["expected"]);
    agreement.compare(first_lines(header), expected, got);
  }
  return agreement;
}

using Pair = std::pair<std::string, std::string>;

Pair compare_dates(const std::string& header, const Json& expected) {
  // One of them is a whole Received field.
  const auto got = header.find(';') == std::string::npos ? parsed("Date", header).sent_at
                                                         : parsed("Received", header).received_at;
  return {stalwart_date(expected), to_text(got)};
}

Pair compare_addresses(const std::string& header, const Json& expected) {
  return {to_text(stalwart_addresses(expected)), to_text(parsed("To", header).to)};
}

Pair compare_emails(const std::string& header, const Json& expected) {
  const auto emails = [](const std::vector<mail::Address>& addresses) {
    std::vector<std::string> out;
    for (const auto& address : addresses) {
      if (!address.email.empty()) out.push_back(address.email);
    }
    return to_text(out);
  };
  return {emails(stalwart_addresses(expected)), emails(parsed("To", header).to)};
}

Pair compare_ids(const std::string& header, const Json& expected) {
  return {expected.is_null() ? "" : to_text(expected.get<std::vector<std::string>>()),
          to_text(parsed("References", header).references)};
}

Pair compare_subjects(const std::string& header, const Json& expected) {
  return {folded(expected.is_null() ? "" : expected.get<std::string>()),
          folded(parsed("Subject", header).subject)};
}

Pair compare_received(const std::string& header, const Json& expected) {
  return {expected.is_null() ? "none" : stalwart_date(expected.value("date", Json())),
          to_text(parsed("Received", header).received_at)};
}

std::string in_words(const std::string& type,
                     const std::map<std::string, std::string>& attributes) {
  std::string out = type;
  for (const auto& [name, value] : attributes) {
    if (!value.empty()) out += "; " + name + "=" + folded(value);
  }
  return out;
}

// Values and parameters, as Content-Type and Content-Disposition have them. Case of values, and languages
// of parameters, which davenport does not keep, do not count.
Pair compare_content_types(const std::string& header, const Json& expected) {
  // The field ends where a line does not begin with a blank.
  auto field = header.substr(0, header.find("\n\n"));
  std::erase_if(field, [](char c) { return c == '\n' || c == '\r'; });
  const auto read = mail::read_parameters(field);
  std::map<std::string, std::string> got(read.parameters.begin(), read.parameters.end());
  const auto slash = read.value.find('/');
  std::string value = slash + 1 == read.value.size() ? read.value.substr(0, slash) : read.value;
  if (slash == 0) value.clear();
  if (expected.is_null()) return {"", value.empty() ? "" : in_words(value, got)};
  std::map<std::string, std::string> wanted;
  for (const auto& attribute : expected.value("attributes", Json::array())) {
    const auto name = attribute[0].get<std::string>();
    if (!name.ends_with("-language")) wanted[name] = attribute[1].get<std::string>();
  }
  const auto subtype = expected["c_subtype"];
  auto type = expected["c_type"].get<std::string>();
  if (!subtype.is_null()) type += "/" + subtype.get<std::string>();
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return {in_words(type, wanted), in_words(value, got)};
}

}  // namespace

std::vector<Agreement> stalwart_tables(const std::filesystem::path& corpora) {
  const auto folder = corpora / "stalwart-mail-parser/resources";
  if (!std::filesystem::exists(folder)) return {};
  return {over_table(folder / "address.json", "addresses, names included", compare_addresses),
          over_table(folder / "address.json", "addresses, e-mail only", compare_emails),
          over_table(folder / "date.json", "dates", compare_dates),
          over_table(folder / "content_type.json", "content types and parameters",
                     compare_content_types),
          over_table(folder / "id.json", "message ids", compare_ids),
          over_table(folder / "unstructured.json", "texts (subjects)", compare_subjects),
          over_table(folder / "received.json", "times of receipt", compare_received)};
}

}  // namespace hard
