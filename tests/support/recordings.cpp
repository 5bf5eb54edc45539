#include "tests/support/recordings.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <stdexcept>

#include "tests/support/support.hpp"

namespace support {

namespace net = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::string_view kRequestMark = ">>> ";
constexpr std::string_view kAnswerMark = "<<< ";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

// "<<< 85 bytes…\n" and that many bytes, cut from `text`.
std::string take_block(std::string_view& text, std::string_view mark) {
  std::size_t size = 0;
  const auto begin = text.data() + mark.size();
  if (std::from_chars(begin, text.data() + text.size(), size).ec != std::errc())
    throw std::runtime_error("a recording is damaged");
  const auto line = text.find('\n');
  std::string block(text.substr(line + 1, size));
  text.remove_prefix(std::min(text.size(), line + 1 + size));
  while (text.starts_with('\n')) text.remove_prefix(1);
  return block;
}

std::string unchunked(std::string_view bytes) {
  std::string plain;
  for (;;) {
    std::size_t size = 0;
    std::from_chars(bytes.data(), bytes.data() + bytes.size(), size, 16);
    const auto line = bytes.find("\r\n");
    if (size == 0 || line == std::string_view::npos) return plain;
    plain += bytes.substr(line + 2, size);
    bytes.remove_prefix(std::min(bytes.size(), line + 2 + size + 2));
  }
}

void read_request(Recorded& recorded) {
  const std::string& text = recorded.request;
  const auto space = text.find(' ');
  recorded.method = text.substr(0, space);
  recorded.target = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
  recorded.sent = text.substr(std::min(text.size(), text.find(kHeadEnd) + kHeadEnd.size()));
}

void read_answer(Recorded& recorded) {
  const std::string& text = recorded.answer;
  if (!text.starts_with("HTTP/1.")) return;  // there was none
  recorded.status = std::stoi(text.substr(9, 3));
  const auto head = text.find(kHeadEnd);
  if (head == std::string::npos) return;
  const std::string_view payload = std::string_view(text).substr(head + kHeadEnd.size());
  const bool is_chunked = std::string_view(text).substr(0, head).find(
                              "Transfer-Encoding: chunked") != std::string_view::npos;
  recorded.payload = is_chunked ? unchunked(payload) : std::string(payload);
}

}  // namespace

std::vector<Recorded> recordings(const std::string& server, const std::string& name) {
  const std::string file = read_file(std::filesystem::path(DAVENPORT_SOURCE_DIR) /
                                     "tests/replica/recorded" / server / (name + ".http"));
  std::vector<Recorded> exchanges;
  std::string_view text = file;
  while (!text.empty()) {
    if (text.starts_with(kRequestMark)) {
      exchanges.emplace_back().request = take_block(text, kRequestMark);
    } else if (text.starts_with(kAnswerMark) && !exchanges.empty()) {
      exchanges.back().answer += take_block(text, kAnswerMark);
    } else if (text.starts_with("=== ")) {
      text.remove_prefix(std::min(text.size(), text.find('\n')));
      while (text.starts_with('\n')) text.remove_prefix(1);
    } else {
      throw std::runtime_error("a recording is damaged: " + name);
    }
  }
  for (Recorded& recorded : exchanges) {
    read_request(recorded);
    read_answer(recorded);
  }
  return exchanges;
}

Recorded recording(const std::string& server, const std::string& name, std::size_t exchange) {
  return recordings(server, name).at(exchange);
}

Recorded play(const Recorded& recorded, unsigned short port) {
  net::io_context context;
  net::ip::tcp::socket socket(context);
  socket.connect({net::ip::address_v4::loopback(), port});
  net::write(socket, net::buffer(recorded.request));
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  parser.skip(recorded.method == "HEAD");
  http::read(socket, buffer, parser);
  Recorded played = recorded;
  played.status = static_cast<int>(parser.get().result_int());
  played.payload = parser.get().body();
  return played;
}

}  // namespace support
