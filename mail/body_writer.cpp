#include "mail/body_writer.hpp"

#include "mail/charset.hpp"
#include "mail/flowed.hpp"
#include "mail/html.hpp"
#include "mail/text.hpp"
#include "mail/transfer.hpp"

namespace mail {
namespace {

void to_line_feeds(std::string& text) {
  std::size_t to = text.find('\r');
  if (to == std::string::npos) return;
  for (std::size_t from = to; from < text.size(); ++from) {
    if (text[from] == '\r') {
      if (from + 1 < text.size() && text[from + 1] == '\n') continue;
      text[to++] = '\n';
    } else {
      text[to++] = text[from];
    }
  }
  text.resize(to);
}

std::string escaped_html(std::string_view text) {
  std::string out;
  append_html_escaped(out, text);
  return out;
}

}  // namespace

std::optional<ContentDocument> BodyWriter::body(const std::vector<const Part*>& parts,
                                                std::string_view type) {
  if (std::none_of(parts.begin(), parts.end(),
                   [type](const Part* part) { return part->body_type() == type; })) {
    return std::nullopt;
  }
  ContentDocument body;
  body.type = type;
  for (const auto* part : parts) {
    if (!body.truncated && !part->body_type().empty()) append(body, *part);
  }
  if (body.truncated)
    cuts_.push_back(body.type + " body is longer than " + std::to_string(limits_.max_body_bytes) +
                    " bytes");
  if (body.content.empty()) return std::nullopt;
  return body;
}

void BodyWriter::append(ContentDocument& body, const Part& part) {
  auto content = text_of(part, body.truncated);
  if (part.body_type() != body.type) {
    content = body.type == "text/plain" ? html_to_text(content)
                                        : "<pre>" + escaped_html(content) + "</pre>";
  }
  if (!body.content.empty() && body.content.back() != '\n' && !content.empty())
    body.content += '\n';
  if (body.content.empty()) {
    body.content = std::move(content);
  } else {
    body.content += content;
  }
  if (body.content.size() > limits_.max_body_bytes) {
    body.content.resize(beginning(body.content).size());
    body.truncated = true;
  }
}

// UTF-8 with line feeds.
std::string BodyWriter::text_of(const Part& part, bool& truncated) const {
  // No encoding of text makes more than four bytes out of one that stays.
  const auto most = limits_.max_body_bytes * 4;
  truncated = part.body.size() > most;
  const auto raw = part.body.substr(0, most);
  const auto& fields = part.fields;
  const bool encoded = !is_identity(fields.encoding);
  const std::string decoded = encoded ? decode_transfer(raw, fields.encoding) : std::string();
  const std::string_view bytes = encoded ? std::string_view(decoded) : raw;
  const bool names_itself = fields.charset.empty() && fields.type == "text/html";
  auto text = to_utf8(bytes, names_itself ? html_charset(bytes) : fields.charset);
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  to_line_feeds(text);
  if (fields.is_flowed && fields.type == "text/plain")
    return join_flowed_lines(text, fields.deletes_space);
  return text;
}

std::string_view BodyWriter::beginning(std::string_view text) const {
  auto size = limits_.max_body_bytes;
  while (size > 0 && is_continuation(text[size])) --size;
  return text.substr(0, size);
}

}  // namespace mail
