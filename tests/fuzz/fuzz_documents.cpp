// JSON documents of a source: every reader; and what is written of one reads as the same.
#include "mail/documents.hpp"
#include "tests/fuzz/check.hpp"

namespace {

template <typename Document>
void check_round_trip(mail::Result<Document> (*read)(std::string_view), std::string_view json) {
  const auto document = read(json);
  if (!document) return;
  const auto written = mail::to_json(*document);
  const auto again = read(written);
  fuzz::check(again.has_value(), "what is written can be read");
  fuzz::check(mail::to_json(*again) == written, "what is read again is the same");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = fuzz::text_of(data, size);
  check_round_trip<mail::MetadataDocument>(mail::read_metadata, json);
  check_round_trip<mail::ContentDocument>(mail::read_content, json);
  check_round_trip<mail::Mailbox>(mail::read_mailbox, json);
  static_cast<void>(mail::read_file(json));
  static_cast<void>(mail::read_message_date(json));
  static_cast<void>(mail::read_doctype(json, "doctype"));
  return 0;
}
