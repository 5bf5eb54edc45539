#include "indexer/export_format.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <utility>

#include "indexer/base64url.hpp"
#include "mail/json_writer.hpp"

namespace indexer {
namespace {

constexpr std::string_view kFormatName = "davenport-export";
constexpr std::size_t kDigestLines = std::size_t{1} << 20;  // bytes of a member
constexpr std::size_t kMaxState = 4'096;  // characters

}  // namespace

std::string begin_json(const ExportHeader& header) {
  std::string json;
  mail::JsonWriter writer(json);
  writer.begin_object().key("format").string(kFormatName).key("version").number(kExportVersion);
  writer.key("account").string(header.account).key("since");
  header.since.empty() ? writer.null() : writer.string(header.since);
  writer.key("state").string(header.state);
  return json;
}

ExportHeader read_export_header(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("format", nlohmann::json()) != kFormatName)
    throw ExportRefused("this is no davenport export");
  if (json.value("version", nlohmann::json()) != kExportVersion) {
    throw ExportRefused(fmt::format(
        "this export has another format than {}: import it with the davenport that made it",
        kExportVersion));
  }
  const auto text_of = [&json](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  ExportHeader header{text_of("account"), text_of("since"), text_of("state")};
  if (!decode_state(header.state)) throw ExportRefused("this export does not say its state");
  return header;
}

std::string encode_state(const DerivedCheckpoint& checkpoint) {
  return to_base64url(checkpoint.to_json());
}

std::optional<DerivedCheckpoint> decode_state(std::string_view state) {
  if (state.empty() || state.size() > kMaxState) return std::nullopt;
  const auto json = from_base64url(state);
  if (!json) return std::nullopt;
  auto checkpoint = DerivedCheckpoint::parse(*json);
  if (checkpoint.to_json() != *json) return std::nullopt;
  return checkpoint;
}

std::string documents_member(mail::Doctype doctype) {
  return fmt::format("documents/{}.jsonl", mail::doctype_name(doctype));
}

std::optional<mail::Doctype> doctype_of_member(std::string_view path) {
  for (const mail::Doctype doctype : mail::kDoctypes) {
    if (path == documents_member(doctype)) return doctype;
  }
  return std::nullopt;
}

void DigestList::add(std::string_view path, std::string_view sha256_hex) {
  lines_ += fmt::format("{}  {}\n", sha256_hex, path);
  ++size_;
}

bool DigestList::is_full() const { return lines_.size() >= kDigestLines; }

std::string DigestList::next_member() const {
  return fmt::format("digests/{:06}.sha256", members_ + 1);
}

std::string DigestList::take() {
  sum_.update(lines_);
  ++members_;
  return std::exchange(lines_, {});
}

}  // namespace indexer
