#include "replica/source_url.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <cstdint>
#include <fmt/core.h>
#include <stdexcept>

namespace replica {
namespace {

// Boost takes what is too large by its last 16 bits.
bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && stop == end && port != 0;
}

}  // namespace

SourceUrl SourceUrl::parse(const std::string& url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (url.find('@') != std::string::npos && (!parsed || parsed->has_userinfo())) {
    throw std::invalid_argument(
        "the url of a source must not hold a user or password: put them into `user` and "
        "`password_file`");
  }
  if (!parsed)
    throw std::invalid_argument(fmt::format("'{}' is no URL: write http://host:port", url));
  const std::string_view scheme = parsed->scheme();
  if (scheme != "http" && scheme != "https") {
    throw std::invalid_argument(
        fmt::format("'{}': a source is reached by http:// or https://", url));
  }
  if (parsed->host().empty()) throw std::invalid_argument(fmt::format("'{}' names no host", url));
  if (parsed->has_query() || parsed->has_fragment()) {
    throw std::invalid_argument(fmt::format("'{}': the url of a source has no '?' or '#'", url));
  }
  const bool says_port = parsed->has_port() && !parsed->port().empty();
  if (says_port && !is_port(parsed->port())) {
    throw std::invalid_argument(
        fmt::format("'{}': the port of a source is a number from 1 to 65535", url));
  }

  SourceUrl result;
  result.secure = scheme == "https";
  result.host = parsed->host_address();
  result.port = says_port ? std::string(parsed->port()) : std::string(result.secure ? "443" : "80");
  result.prefix = parsed->encoded_path();
  while (!result.prefix.empty() && result.prefix.back() == '/') result.prefix.pop_back();
  result.origin =
      fmt::format("{}://{}:{}", scheme, std::string(parsed->encoded_host()), result.port);
  return result;
}

std::string_view SourceUrl::authority() const {
  return std::string_view(origin).substr(origin.find("//") + 2);
}

bool SourceUrl::is_loopback() const {
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  return no_address ? host == "localhost" : address.is_loopback();
}

std::string percent_encode(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  result.reserve(name.size() + 8);
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += kHex[byte >> 4];
    result += kHex[byte & 15];
  }
  return result;
}

}  // namespace replica
