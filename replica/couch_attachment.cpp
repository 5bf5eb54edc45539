// The bytes of an attachment, as they are sent.
#include <boost/beast/core/string.hpp>
#include <charconv>
#include <fmt/core.h>

#include "replica/couch_routes.hpp"

namespace replica {

namespace http = boost::beast::http;
using Kind = SourceError::Kind;

namespace {

// A slash in the name of an attachment is one of the path.
std::string attachment_path(const std::string& database, const AttachmentQuery& query) {
  std::string path = document_path(database, query.id);
  std::string_view name = query.name;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = name.find('/');
    path += '/' + percent_encode(name.substr(0, end));
    if (end != std::string_view::npos) name.remove_prefix(end + 1);
  }
  if (!query.rev.empty()) path += "?rev=" + percent_encode(query.rev);
  return path;
}

// "bytes 100-199/200": where the bytes begin.
std::optional<std::uint64_t> first_byte(const std::string& content_range) {
  constexpr std::string_view kUnit = "bytes ";
  std::uint64_t first = 0;
  if (!content_range.starts_with(kUnit)) return std::nullopt;
  const char* const begin = content_range.data() + kUnit.size();
  const auto [end, error] =
      std::from_chars(begin, content_range.data() + content_range.size(), first);
  if (error != std::errc{} || end == begin) return std::nullopt;
  return first;
}

AttachmentAnswer describe(const Response& response, const AttachmentQuery& query) {
  AttachmentAnswer described;
  const std::string encoding = response.field(http::field::content_encoding);
  described.is_gzip = is_gzip(encoding);
  if (!described.is_gzip && !encoding.empty() && !boost::beast::iequals(encoding, "identity")) {
    throw SourceError(Kind::kProtocol, response.status(),
                      fmt::format("{}: the attachment comes in the encoding '{}', which was not "
                                  "asked for",
                                  response.location(), encoding));
  }
  if (response.status() != http_status::kPartialContent) return described;
  const auto first = first_byte(response.field(http::field::content_range));
  if (first != query.offset) {
    throw SourceError(
        Kind::kProtocol, response.status(),
        fmt::format("{}: not the part of the attachment that was asked for", response.location()));
  }
  described.offset = query.offset;
  return described;
}

}  // namespace

net::awaitable<void> attachment_of(ServerPtr server, std::string database, AttachmentQuery query,
                                   std::function<net::awaitable<void>(AttachmentAnswer)> begin,
                                   std::function<net::awaitable<void>(std::string_view)> piece) {
  const Dialect dialect = co_await dialect_of(server);
  const bool is_cozy = dialect == Dialect::kCozy;
  Request request;
  request.path =
      is_cozy ? beside_data(server->http->url(), "/files/download/" + percent_encode(query.id))
              : attachment_path(database, query);
  request.ignores_prefix = is_cozy;
  request.inflates = false;
  // CouchDB keeps text compressed, and the digest is of that. Others compress on the way, if at all.
  request.accepts_gzip = dialect == Dialect::kCouchdb;
  request.offset = query.offset;
  std::optional<Response> response(co_await server->http->send(request));
  if (response->status() == http_status::kRangeNotSatisfiable && query.offset > 0) {
    // Nothing lies behind what is here: perhaps it is all, perhaps it is of something else.
    query.offset = request.offset = 0;
    response.reset();
    response.emplace(co_await server->http->send(request));
  }
  if (!http_status::is_success(response->status())) {
    const ErrorResponse refused = co_await read_error_response(*response);
    throw to_source_error(*server, response->location(), database, refused);
  }
  co_await begin(describe(*response, query));
  constexpr std::size_t kPiece = 64 * 1024;
  std::string bytes(kPiece, '\0');
  for (;;) {
    const std::size_t size = co_await response->read(bytes, tuning::kMaxStreamedAnswer);
    if (size == 0) co_return;
    co_await piece({bytes.data(), size});
  }
}

}  // namespace replica
