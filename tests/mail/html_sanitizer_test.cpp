#include <gtest/gtest.h>

#include "mail/html.hpp"

namespace mail {
namespace {

TEST(HtmlSanitizer, KeepsWhatIsHarmless) {
  struct Case {
    std::string html, expected;
  };
  const Case cases[] = {
      {"<p>Hello <b>w</b>", "<p>Hello <b>w</b></p>"},
      {"a < b & \"c\" &lt;script&gt;", "a &lt; b &amp; &quot;c&quot; &lt;script&gt;"},
      {"<a href=\"https://x.org/?a=1&amp;b=2\">x</a>",
       "<a href=\"https://x.org/?a=1&amp;b=2\" rel=\"noopener noreferrer nofollow\" "
       "target=\"_blank\">x</a>"},
      {"<a href='mailto:a@x' target=_top rel=opener>x</a>",
       "<a href=\"mailto:a@x\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">x</a>"},
      {"<img src=cid:1@x alt=\"a'b\" width=10>",
       "<img alt=\"a&#39;b\" src=\"cid:1@x\" width=\"10\">"},
      {"<img src='data:image/png;base64,AAAA'>", "<img src=\"data:image/png;base64,AAAA\">"},
      {"<td colspan=2 onclick=x align=left>a<td>b",
       "<td align=\"left\" colspan=\"2\">a</td><td>b</td>"},
      {"<p style='color: RED ; position:fixed; background:url(x); font-weight:bold'>a</p>",
       "<p style=\"color:RED;font-weight:bold\">a</p>"},
      {"<p style='color:rgb(1, 2,3);background-color:rgba(0,0,0,.5) !important'>a</p>",
       "<p style=\"color:rgb(1, 2,3);background-color:rgba(0,0,0,.5) !important\">a</p>"},
      {"<p style='font-family:\"A B\", sans-serif'>a</p>",
       "<p style=\"font-family:&quot;A B&quot;, sans-serif\">a</p>"},
      {"<b><i>a</b>b</i>", "<b><i>a</i></b>b"},
      {"<li><p>a<li>b", "<li><p>a</p></li><li>b</li>"},
      {"a<br>b<hr/>", "a<br>b<hr>"},
  };
  for (const auto& c : cases) EXPECT_EQ(sanitize_html(c.html), c.expected) << c.html;
}

TEST(HtmlSanitizer, DropsWhatIsActiveOrRemote) {
  struct Case {
    std::string html, expected;
  };
  const Case cases[] = {
      {"<script>alert(1)</script>a", "a"},
      {"<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"},
      {"<img src=http://tracker/x alt=logo>", "logo"},
      {"<img src=x onerror=alert(1)>", ""},
      {"<img src='data:image/svg+xml,<svg onload=x>'>", ""},
      {"<a href=\"javascript:alert(1)\">x</a>", "<a>x</a>"},
      {"<a href=\" java&#10;script:alert(1)\">x</a>", "<a>x</a>"},
      {"<a href='&#x6A;avascript:x'>x</a>", "<a>x</a>"},
      {"<a href='//x.org'>x</a>", "<a>x</a>"},
      {"<a href='https://x\"onclick=y'>x</a>",
       "<a href=\"https://x&quot;onclick=y\" rel=\"noopener noreferrer nofollow\" "
       "target=\"_blank\">x</a>"},
      {"<p onclick=x ONLOAD=y>a", "<p>a</p>"},
      {"<p style='width:expression(x)'>a", "<p>a</p>"},
      {"<p style='color:red\\3b x'>a", "<p>a</p>"},
      {"<p style='margin-left:-999px;text-indent:-9em;font-size:12px'>a",
       "<p style=\"font-size:12px\">a</p>"},
      {"<p "
       "style='background:url(http://x);background-image:url(y);list-style:url(z);content:\"x\"'>a",
       "<p>a</p>"},
      {"<p style='position:absolute;top:0;z-index:9;opacity:.5;transform:none;filter:x'>a",
       "<p>a</p>"},
      {"<p style='color:rgb(url(x))'>a", "<p>a</p>"},
      {"<p style='color:/*x*/red'>a", "<p>a</p>"},
      {"<p style='font:bold 12px/1.5 Arial'>a", "<p style=\"font:bold 12px/1.5 Arial\">a</p>"},
      {"<p style='-moz-binding:x;behavior:x'>a", "<p>a</p>"},
      {"<form action=x><input name=y><button>b</button></form>", "b"},
      {"<iframe src=x><p>y</iframe><object data=x></object><embed src=x><link href=x><meta "
       "http-equiv=refresh><base href=x>",
       ""},
      {"<svg><style><img src=x onerror=y></style></svg>", ""},
      {"<math><mtext><table><mglyph><style><img src=x onerror=y>", ""},
      {"<noscript><p title=\"</noscript><img src=x onerror=y>\">", ""},
      {"<title><img src=x></title><textarea><img src=x></textarea>", ""},
      {"<div style=display:none>tracking words</div>a", "a"},
      {"<body background=http://x bgcolor=red>a", "a"},
      {"<td background=http://x>a", "<td>a</td>"},
      {"<!--<img src=x>-->a", "a"},
      {"<b title='\"><script>x</script>'>a",
       "<b title=\"&quot;&gt;&lt;script&gt;x&lt;/script&gt;\">a</b>"},
  };
  for (const auto& c : cases) EXPECT_EQ(sanitize_html(c.html), c.expected) << c.html;
}

TEST(HtmlSanitizer, RemoteImagesWhereTheyAreWanted) {
  SafeHtmlOptions options;
  options.remote_images = true;
  struct Case {
    std::string html, expected;
  };
  const Case cases[] = {
      {"<img src='http://x.org/a.png?b=1&amp;c=2'>",
       "<img src=\"http://x.org/a.png?b=1&amp;c=2\">"},
      {"<img src=' HTTPS://x.org/'>", "<img src=\"HTTPS://x.org/\">"},
      {"<img src='https://x\" onerror=\"y'>", "<img src=\"https://x&quot; onerror=&quot;y\">"},
      {"<img src='javascript:x' alt=a>", "a"},
      {"<img src=//x.org/a.png><img src=/a.png><img src=ftp://x/a.png>", ""},
      {"<img srcset='http://x 2x' src=''>", ""},
      {"<p style='background:url(http://x)'>a", "<p>a</p>"},
      {"<link rel=stylesheet href=http://x><video src=http://x></video>a", "a"},
  };
  for (const auto& c : cases) EXPECT_EQ(sanitize_html(c.html, options), c.expected) << c.html;
}

TEST(HtmlSanitizer, ImagesOfTheMessageComeFromItsAttachments) {
  SafeHtmlOptions options;
  options.attachment_url = [](std::string_view content_id) {
    return content_id == "one@x" ? std::string("/attachments/2?a&b") : std::string();
  };
  struct Case {
    std::string html, expected;
  };
  const Case cases[] = {
      {"<img src='cid:one@x' alt=a>", "<img alt=\"a\" src=\"/attachments/2?a&amp;b\">"},
      {"<img src='CID:one%40x'>", "<img src=\"/attachments/2?a&amp;b\">"},
      {"<img src='cid:one&#64;x'>", "<img src=\"/attachments/2?a&amp;b\">"},
      {"<img src='cid:two@x' alt=words>", "words"},
      {"<p style='font-size:0'><img src='cid:two@x' alt=words>", "<p style=\"font-size:0\"></p>"},
      {"<img src='cid:'><img src='cid:%'><img src='cid:%4'>", ""},
      {"<a href='cid:two@x'>a</a>", "<a>a</a>"},
  };
  for (const auto& c : cases) EXPECT_EQ(sanitize_html(c.html, options), c.expected) << c.html;
}

TEST(HtmlSanitizer, SanitizedHtmlStaysAsItIs) {
  for (const std::string html :
       {"<p>a<b title=\"&quot;\">c</b></p>", "a &amp;lt; b",
        "<a href=\"http://x/\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">x</a>"}) {
    EXPECT_EQ(sanitize_html(html), html);
  }
}

}  // namespace
}  // namespace mail
