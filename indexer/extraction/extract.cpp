#include "indexer/extraction/extract.hpp"

#include <exception>
#include <new>
#include <vector>

#include "indexer/extraction/office.hpp"
#include "indexer/extraction/pdf.hpp"
#include "indexer/extraction/rtf.hpp"
#include "indexer/extraction/text_output.hpp"
#include "mail/charset.hpp"
#include "mail/html.hpp"
#include "mail/parser.hpp"

namespace indexer {
namespace {

std::string utf8_of(std::string_view bytes, std::string_view charset = {}) {
  if (bytes.starts_with("\xFF\xFE")) return mail::to_utf8(bytes.substr(2), "utf-16le");
  if (bytes.starts_with("\xFE\xFF")) return mail::to_utf8(bytes.substr(2), "utf-16be");
  return mail::to_utf8(bytes, charset);
}

// Lines unfolded and characters as they are meant (RFC 5545 sections 3.1 and 3.3.11; vCards alike).
std::string calendar_text(std::string_view folded) {
  std::string text;
  for (std::size_t at = 0; at < folded.size(); ++at) {
    const auto rest = folded.substr(at);
    const std::size_t line_end = rest.starts_with("\r\n") ? 2 : rest.starts_with('\n') ? 1 : 0;
    const bool is_fold =
        line_end > 0 && rest.size() > line_end && (rest[line_end] == ' ' || rest[line_end] == '\t');
    if (is_fold) {
      at += line_end;
    } else if (rest[0] == '\\' && rest.size() > 1) {
      text += rest[1] == 'n' || rest[1] == 'N' ? '\n' : rest[1];
      ++at;
    } else {
      text += rest[0];
    }
  }
  return text;
}

void add_addresses(TextOutput& out, const std::vector<mail::Address>& addresses) {
  for (const auto& address : addresses) {
    out.add(address.name);
    out.separate(' ');
    out.add(address.email);
    out.separate('\n');
  }
}

// Plain text comes before HTML, which counts where there is none of it.
std::string body_text(const std::vector<mail::ContentDocument>& bodies) {
  for (const auto& body : bodies) {
    auto text = body.type == "text/html" ? mail::html_to_text(body.content) : body.content;
    if (text.find_first_not_of(" \t\r\n") != std::string::npos) return text;
  }
  return {};
}

void read_message(std::string_view bytes, TextOutput& out) {
  const auto message = mail::parse_message(bytes);
  if (!message) throw std::runtime_error(message.error().reason);
  out.add(message->metadata.subject);
  out.separate('\n');
  add_addresses(out, message->metadata.from);
  add_addresses(out, message->metadata.to);
  add_addresses(out, message->metadata.cc);
  out.add(body_text(message->bodies));
  out.separate('\n');
  for (const auto& attachment : message->metadata.attachments) {
    out.add(attachment.name);
    out.separate('\n');
  }
}

void read_as(FileType type, std::string_view bytes, TextOutput& out) {
  switch (type) {
    case FileType::kText:
      return out.add(utf8_of(bytes));
    case FileType::kHtml:
      return out.add(mail::html_to_text(utf8_of(bytes, mail::html_charset(bytes))));
    case FileType::kCalendar:
      return out.add(calendar_text(utf8_of(bytes)));
    case FileType::kMessage:
      return read_message(bytes, out);
    case FileType::kPdf:
      return read_pdf(bytes, out);
    case FileType::kOffice:
      return read_office(bytes, out);
    case FileType::kRtf:
      return read_rtf(bytes, out);
    case FileType::kNone:
    case FileType::kUnknown:
      throw std::runtime_error("it is of no type that has text");
  }
}

}  // namespace

Extract extract_text(std::string_view bytes, FileType type) {
  TextOutput out(kMaxExtractBytes);
  try {
    read_as(file_type_of_bytes(bytes, type), bytes, out);
  } catch (const std::bad_alloc&) {
    return Extract::failed("reading it takes too much memory");
  } catch (const std::exception& error) {
    return Extract::failed(error.what());
  }
  Extract extract;
  extract.truncated = out.is_full();
  extract.text = out.take();
  return extract;
}

}  // namespace indexer
