#include "tests/support/raw_http.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <cstdlib>

namespace support {
namespace {

using boost::beast::iequals;

template <typename Visit>
void for_each_line(std::string_view head, const Visit& visit) {
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    visit(head.substr(at, end - at));
    at = end + 2;
  }
}

std::string_view name_of(std::string_view line) { return line.substr(0, line.find(':')); }

}  // namespace

std::string_view RawHead::word(std::size_t number) const {
  std::string_view line = std::string_view(bytes).substr(0, bytes.find("\r\n"));
  for (; number > 0; --number) line.remove_prefix(std::min(line.find(' ') + 1, line.size()));
  return line.substr(0, line.find(' '));
}

std::string_view RawHead::field(std::string_view name) const {
  std::string_view found;
  for_each_line(bytes, [&](std::string_view line) {
    if (line.size() <= name.size() || !iequals(name_of(line), name)) return;
    found = line.substr(name.size() + 1);
    while (found.starts_with(' ')) found.remove_prefix(1);
  });
  return found;
}

int RawHead::status() const { return std::atoi(std::string(word(1)).c_str()); }

std::string RawHead::unframed() const {
  std::string kept;
  for_each_line(bytes, [&](std::string_view line) {
    if (line.empty() || iequals(name_of(line), "Content-Length") ||
        iequals(name_of(line), "Transfer-Encoding"))
      return;
    kept.append(line).append("\r\n");
  });
  return kept;
}

RawPayload RawPayload::of_request(const RawHead& head) {
  RawPayload payload;
  payload.is_chunked_ = iequals(head.field("Transfer-Encoding"), "chunked");
  if (payload.is_chunked_) return payload;
  payload.left_ = std::strtoull(std::string(head.field("Content-Length")).c_str(), nullptr, 10);
  payload.done_ = payload.left_ == 0;
  return payload;
}

RawPayload RawPayload::of_answer(const RawHead& head, std::string_view method) {
  RawPayload payload = of_request(head);
  const int status = head.status();
  if (method == "HEAD" || status == 204 || status == 304) {
    payload.done_ = true;
  } else if (!payload.is_chunked_ && head.field("Content-Length").empty()) {
    payload.done_ = false;
    payload.ends_with_connection_ = true;
  }
  return payload;
}

std::size_t RawPayload::take(std::string_view bytes, std::string* decoded) {
  std::size_t at = 0;
  while (at < bytes.size() && !done_) {
    if (ends_with_connection_ || left_ > 0) {
      const std::size_t size =
          ends_with_connection_
              ? bytes.size() - at
              : static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
      if (decoded != nullptr) decoded->append(bytes.substr(at, size));
      at += size;
      if (ends_with_connection_) continue;
      left_ -= size;
      done_ = left_ == 0 && !is_chunked_;
      continue;
    }
    line_ += bytes[at++];
    if (line_.back() == '\n') end_of_line();
  }
  return at;
}

void RawPayload::end_of_line() {
  if (in_trailer_) {
    done_ = line_ == "\r\n";
  } else if (after_chunk_) {
    after_chunk_ = false;
  } else {
    left_ = std::strtoull(line_.c_str(), nullptr, 16);
    in_trailer_ = left_ == 0;
    after_chunk_ = left_ > 0;
  }
  line_.clear();
}

}  // namespace support
