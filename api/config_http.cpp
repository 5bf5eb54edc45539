// The [http] section: where to answer, and who may ask.
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "api/config_section.hpp"

namespace api {
namespace {

// The address of "127.0.0.1:8825" or "[::1]:8825"; nothing when it is none, or has no port.
std::optional<boost::asio::ip::address> address_in(std::string_view listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = listen.substr(0, colon);
  const std::string_view port = listen.substr(colon + 1);
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size())
    return std::nullopt;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(host), error);
  return error ? std::nullopt : std::optional(address);
}

// "https://mail.example.org", as browsers send it: without a path, in lower case.
bool is_origin(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == text.npos ||
      (text.substr(0, scheme) != "https" && text.substr(0, scheme) != "http"))
    return false;
  const auto host = text.substr(scheme + 3);
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view(".-:[]").find(c) != std::string_view::npos;
  });
}

void read_listen(Section& section, HttpConfig& http) {
  auto listen = section.text("listen");
  if (!listen) return;
  const auto address = address_in(*listen);
  if (!address) {
    section.note(*section.find("listen"),
                 fmt::format("http.listen = \"{}\" is no address with a port, such as "
                             "127.0.0.1:8825 or [::1]:8825",
                             *listen));
    return;
  }
  http.listen = std::move(*listen);
  http.is_loopback = address->is_loopback();
}

void read_tls(Section& section, HttpConfig& http) {
  http.tls_certificate = section.text("tls_certificate").value_or("");
  http.tls_key = section.text("tls_key").value_or("");
  http.plain_text = section.flag("plain_text").value_or(http.plain_text);
  if (http.tls_certificate.empty() != http.tls_key.empty())
    section.note_section("http.tls_certificate and http.tls_key go together: name both files");
  if (http.is_loopback || !http.tls_certificate.empty() || http.plain_text) return;
  section.note(
      *section.find("listen"),
      fmt::format("http.listen = \"{}\" can be reached by others: name tls_certificate and "
                  "tls_key, or set plain_text = true where a proxy in a network of your "
                  "own adds TLS",
                  http.listen));
}

}  // namespace

HttpConfig read_http(Section section) {
  HttpConfig http;
  read_listen(section, http);
  read_tls(section, http);
  http.workers = static_cast<unsigned>(section.number("workers", 1, 256, http.workers));
  http.open_on_loopback = section.flag("open_on_loopback").value_or(http.open_on_loopback);
  for (auto& [origin, node] : section.texts("cors_origins", "[\"https://mail.example.org\"]")) {
    if (!is_origin(origin)) {
      section.note(*node, fmt::format("http.cors_origins: \"{}\" is no origin, such as "
                                      "https://mail.example.org",
                                      origin));
      continue;
    }
    http.cors_origins.push_back(std::move(origin));
  }
  http.requests_per_second =
      section.number("requests_per_second", 0, 1'000'000, http.requests_per_second);
  http.max_connections = section.number("max_connections", 16, 100'000, http.max_connections);
  http.connections_per_address =
      section.number("connections_per_address", 1, 100'000, http.connections_per_address);
  http.max_listeners = section.number("max_listeners", 0, 100'000, http.max_listeners);
  section.finish();
  return http;
}

}  // namespace api
