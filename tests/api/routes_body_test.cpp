// What a reader is given of a message's HTML.
#include <gmock/gmock.h>

#include "tests/api/routes_fixture.hpp"

namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kNewsletter =
    "From: Ada <ada@example.org>\r\nSubject: News\r\nMIME-Version: 1.0\r\nContent-Type: "
    "multipart/related; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    "<p onclick=x>Words</p><img src='cid:logo@x' alt=Logo><img src='cid:none@x' alt=Lost>"
    "<img src='https://example.org/a.png' alt=Remote><form action=x>f</form><a "
    "href='https://example.org/'>link</a>\r\n"
    "--b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: "
    "base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n";

class RoutesBodyTest : public RoutesFixture {
 protected:
  void SetUp() override { import_message(kNewsletter); }
  api::HttpResponse body(std::multimap<std::string, std::string> query) {
    query.emplace("type", "text/html");
    return get("/v1/accounts/alice/messages/" + id_ + "/body", std::move(query));
  }
};

TEST_F(RoutesBodyTest, HtmlIsSafeAndSandboxed) {
  const auto html = body({});
  EXPECT_EQ(html.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(html.payload, StartsWith("<p>Words</p>"));
  EXPECT_THAT(html.payload, HasSubstr("Remote"));
  EXPECT_THAT(html.payload, Not(HasSubstr("example.org/a.png")));
  EXPECT_THAT(html.payload, Not(HasSubstr("<form")));
  EXPECT_THAT(html.payload, HasSubstr("<a href=\"https://example.org/\" rel=\"noopener noreferrer "
                                      "nofollow\" target=\"_blank\">link</a>"));
  const auto policy = field(html, "Content-Security-Policy");
  EXPECT_THAT(policy, StartsWith("sandbox "));
  EXPECT_THAT(policy, Not(HasSubstr("allow-scripts")));
  EXPECT_THAT(policy, Not(HasSubstr("allow-same-origin")));
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("form-action 'none'"));
  EXPECT_THAT(policy, testing::EndsWith("img-src 'self' data:"));
}

TEST_F(RoutesBodyTest, RemoteImagesStayWhereTheyAreWanted) {
  const auto html = body({{"images", "remote"}});
  EXPECT_THAT(html.payload, HasSubstr("<img alt=\"Remote\" src=\"https://example.org/a.png\">"));
  EXPECT_THAT(field(html, "Content-Security-Policy"),
              testing::EndsWith("img-src 'self' data: http: https:"));
  EXPECT_EQ(body({{"images", "all"}}).status, 400);
}

TEST_F(RoutesBodyTest, ImagesOfTheMessageAreItsAttachments) {
  const auto html = body({}).payload;
  const auto url = "/v1/accounts/alice/messages/" + id_ + "/attachments/2";
  EXPECT_THAT(html, HasSubstr("<img alt=\"Logo\" src=\"" + url + "\">"));
  EXPECT_THAT(html, HasSubstr("Lost"));
  EXPECT_THAT(html, Not(HasSubstr("cid:")));
  const auto image = get(url);
  EXPECT_EQ(image.content_type, "image/png");
  EXPECT_THAT(image.payload, StartsWith("\x89PNG"));
}

TEST_F(RoutesBodyTest, JsonIsAsSafe) {
  const auto response = get("/v1/accounts/alice/messages/" + id_ + "/body", {}, "application/json");
  const std::string content = nlohmann::json::parse(response.payload)["parts"][0]["content"];
  EXPECT_THAT(content, HasSubstr("/attachments/2\""));
  EXPECT_THAT(content, Not(HasSubstr("example.org/a.png")));
}

}  // namespace
