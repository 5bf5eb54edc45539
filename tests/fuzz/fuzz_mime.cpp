// A raw message: parsing it, and each of its attachments.
#include "mail/parser.hpp"
#include "tests/fuzz/check.hpp"

namespace {

void check_bodies(const mail::ParsedMessage& message, const mail::ParseLimits& limits) {
  fuzz::check(message.bodies.size() <= 2, "at most one body of each type");
  for (const auto& body : message.bodies) {
    fuzz::check(body.content.size() <= limits.max_body_bytes, "a body keeps to its limit");
    fuzz::check(body.content.find('\0') == std::string::npos, "a body holds no NUL");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = (mail::initialize(), true);
  fuzz::check(ready, "GMime is ready");
  const auto raw = fuzz::text_of(data, size);
  mail::ParseLimits limits;
  limits.max_depth = 8;  // small, so that they are met
  limits.max_parts = 50;
  limits.max_body_bytes = 4'000;
  limits.max_addresses = 20;
  limits.max_header_value_bytes = 1'000;
  const auto message = mail::parse_message(raw, limits);
  if (!message) return 0;
  check_bodies(*message, limits);
  for (const auto& attachment : message->metadata.attachments) {
    const auto part = mail::extract_part(raw, attachment.part_id);
    fuzz::check(part.has_value(), "each attachment can be taken out");
    fuzz::check(part->type == attachment.type, "as the type that it is listed with");
  }
  // What is written of it can be read, or the index would never see it.
  auto metadata = message->metadata;
  metadata.id = "m";
  fuzz::check(mail::read_metadata(mail::to_json(metadata)).has_value(), "its document can be read");
  return 0;
}
