#include <array>
#include <fmt/format.h>
#include <openssl/evp.h>

#include "api/route.hpp"
#include "embedded/index_html.hpp"
#include "embedded/openapi_json.hpp"

namespace api {
namespace {

// The source expression of a Content-Security-Policy that allows the one inline element
// `<tag>…</tag>` of the page.
std::string hash_source(std::string_view page, std::string_view tag) {
  const std::string open = fmt::format("<{}>", tag);
  const auto begin = page.find(open) + open.size();
  const std::string_view content =
      page.substr(begin, page.find(fmt::format("</{}>", tag), begin) - begin);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
  return fmt::format("'sha256-{}'", reinterpret_cast<const char*>(base64.data()));
}

const std::string& page_policy() {
  static const std::string policy = fmt::format(
      "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; frame-src 'self'; "
      "img-src data:; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      hash_source(embedded::index_html, "script"), hash_source(embedded::index_html, "style"));
  return policy;
}

}  // namespace

HttpResponse get_web_page(const Call&) {
  HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  response.payload = embedded::index_html;
  response.fields = {{"Content-Security-Policy", page_policy()}, {"Cache-Control", "no-cache"}};
  return response;
}

// Always 200: a restart, which a monitor may do after an error status, would not help.
HttpResponse get_health(const Call& call) {
  const bool is_full = call.accounts.disk().report().is_full;
  return json_response(is_full ? R"({"status":"noSpace"})" : R"({"status":"ok"})");
}

HttpResponse get_metrics(const Call& call) {
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.payload = call.metrics.to_text();
  return response;
}

HttpResponse get_openapi(const Call&) {
  HttpResponse response = json_response(std::string(embedded::openapi_json));
  response.fields.emplace_back("Cache-Control", "no-cache");
  return response;
}

}  // namespace api
