// Ways to get past a sanitiser that were found elsewhere: odd tags, addresses in disguise, style sheets, and markup that a
// browser reads otherwise when it is written down and read again.
#include <gtest/gtest.h>

#include "mail/html.hpp"
#include "tests/fuzz/safe_html.hpp"

namespace mail {
namespace {

using std::literals::operator""sv;

constexpr std::string_view kAttacks[] = {
    // Tags.
    R"~(<script>x()</script>)~",
    R"~(<SCRIPT SRC=http://x/x.js></SCRIPT>)~",
    R"~(<script/x src="http://x/x.js"></script>)~",
    R"~(<<script>x();//<</script>)~",
    R"~(<script src=http://x/x.js?<b>)~",
    R"~(<scr<script>ipt>x()</scr</script>ipt>)~",
    "<scr\0ipt>x()</script>"sv,
    R"~(</title><script>x()</script>)~",
    R"~(<svg/onload=x()>)~",
    R"~(<svg><script>x()</script></svg>)~",
    R"~(<svg><animate onbegin=x() attributeName=x dur=1s>)~",
    R"~(<svg><a xlink:href="javascript:x()"><text y=9>a</text></a></svg>)~",
    R"~(<svg><use href="data:image/svg+xml,x#y"></svg>)~",
    R"~(<math><a xlink:href="javascript:x()">a</a></math>)~",
    R"~(<body onload=x()>)~",
    R"~(<body background="javascript:x()">)~",
    R"~(<iframe src="javascript:x()"></iframe>)~",
    R"~(<iframe srcdoc="<img src=x onerror=x()>"></iframe>)~",
    R"~(<object data="data:text/html,<script>x()</script>"></object>)~",
    R"~(<embed src="data:image/svg+xml;base64,AAAA">)~",
    R"~(<form action="javascript:x()"><input type=submit></form>)~",
    R"~(<button formaction="javascript:x()">a</button>)~",
    R"~(<isindex type=image src=1 onerror=x()>)~",
    R"~(<input autofocus onfocus=x()>)~",
    R"~(<details open ontoggle=x()>)~",
    R"~(<video><source onerror="x()"></video>)~",
    R"~(<video poster="javascript:x()"></video>)~",
    R"~(<audio src=x onerror=x()>)~",
    R"~(<marquee onstart=x()>)~",
    R"~(<meta http-equiv=refresh content="0;url=javascript:x()">)~",
    R"~(<base href="javascript:x()//">)~",
    R"~(<link rel=stylesheet href="http://x/x.css">)~",
    R"~(<frameset><frame src="javascript:x()"></frameset>)~",
    R"~(<?xml-stylesheet href="javascript:x()"?>)~",
    R"~(<xml id=i><x><c><![CDATA[<img src="javas]]><![CDATA[cript:x();">]]></c></x></xml>)~",
    // Attributes.
    R"~(<img src=x onerror=x()>)~",
    R"~(<img src="x"onerror="x()">)~",
    R"~(<img/src="x"/onerror=x()>)~",
    R"~(<img """><script>x()</script>">)~",
    "<img src='cid:a' title='`onerror=x()`'>",
    "<a\nhref\n=\n\"javascript:x()\">a</a>",
    R"~(<a onmouseover="x()">a</a>)~",
    R"~(<a href="http://x" onclick="x()" ping="http://y" download>a</a>)~",
    R"~(<b title='"><img src=x onerror=x()>'>a</b>)~",
    R"~(<p id=location name=cookie class=x data-x=y>a</p>)~",
    R"~(<td background="http://x/x.png">a</td>)~",
    // Addresses.
    R"~(<a href="javascript:x()">a</a>)~",
    R"~(<a href="JaVaScRiPt:x()">a</a>)~",
    "<a href=\"jav\tascript:x()\">a</a>",
    "<a href=\"\x01\x02javascript:x()\">a</a>",
    "<a href=\"java\0script:x()\">a</a>"sv,
    R"~(<a href=" &#14; javascript:x()">a</a>)~",
    R"~(<a href="&#106;&#97;&#118;&#97;script:x()">a</a>)~",
    R"~(<a href="&#x6A&#x61&#x76&#x61script:x()">a</a>)~",
    R"~(<a href="&#0000106avascript:x()">a</a>)~",
    R"~(<a href="javascript&colon;x()">a</a>)~",
    R"~(<a href="jav&Tab;ascript&colon;x()">a</a>)~",
    R"~(<a href="vbscript:x()">a</a>)~",
    R"~(<a href="data:text/html,<script>x()</script>">a</a>)~",
    R"~(<a href="data:image/svg+xml,<svg onload=x()>">a</a>)~",
    R"~(<a href="file:///etc/passwd">a</a>)~",
    R"~(<a href="//x/">a</a>)~",
    R"~(<a href="\\x\y">a</a>)~",
    R"~(<a href="feed:javascript:x()">a</a>)~",
    R"~(<img src="javascript:x()">)~",
    R"~(<img src="data:image/svg+xml;base64,PHN2Zy8+">)~",
    R"~(<img src="data:text/html;image/png;,x">)~",
    R"~(<img srcset="http://x/x.png 1x" src="http://x/y.png" lowsrc="http://x/z.png" dynsrc="x">)~",
    R"~(<image src="http://x/x.png">)~",
    // Style.
    R"~(<style>@import "http://x/x.css";</style>)~",
    R"~(<style>body{background:url(http://x)}</style>)~",
    R"~(<p style="background:url(http://x)">a</p>)~",
    R"~(<p style="background:u\72l(http://x)">a</p>)~",
    R"~(<p style="width:expression(x())">a</p>)~",
    R"~(<p style="width:exp/**/ression(x())">a</p>)~",
    R"~(<p style="-moz-binding:url(http://x#x)">a</p>)~",
    R"~(<p style="color:red;}body{background:url(http://x)">a</p>)~",
    R"~(<p style="font-family:'a\22);background:url(http://x)">a</p>)~",
    R"~(<p style="color:red&#59;background:url&#40;http://x&#41;">a</p>)~",
    R"~(<p style="list-style-image:url(http://x);cursor:url(http://x),auto">a</p>)~",
    R"~(<p style="color:image-set('http://x' 1x)">a</p>)~",
    R"~(<div style="position:fixed;top:0;left:0;width:100%;height:100%">a</div>)~",
    // Comments, and what a second reading makes of it.
    R"~(<!--[if gte IE 4]><script>x()</script><![endif]-->)~",
    R"~(<!--><img src=x onerror=x()>-->)~",
    R"~(<!--><script>x()</script>)~",
    R"~(<!-- --!><img src=x onerror=x()> -->)~",
    R"~(<![CDATA[<img src=x onerror=x()>]]>)~",
    R"~(<noscript><p title="</noscript><img src=x onerror=x()>"></noscript>)~",
    R"~(<noembed><img title="</noembed><img src onerror=x()>"></noembed>)~",
    R"~(<textarea><img title="</textarea><img src=x onerror=x()>"></textarea>)~",
    R"~(<title><a title="</title><img src=x onerror=x()>"></title>)~",
    R"~(<style><a title="</style><img src=x onerror=x()>"></style>)~",
    R"~(<xmp><p title="</xmp><img src=x onerror=x()>"></xmp>)~",
    R"~(<svg></p><style><a id="</style><img src=1 onerror=x()>">)~",
    R"~(<svg><desc><noscript><img src=x onerror=x()></noscript></desc></svg>)~",
    R"~(<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=x()&gt;">)~",
    R"~(<form><math><mtext></form><form><mglyph><style></math><img src onerror=x()>)~",
    R"~(<math><mi><table><mglyph><style><math><table id="</table>"><img src onerror=x()">)~",
    R"~(<table><td><math><annotation-xml encoding="text/html"><style><img title="</style><img src onerror=x()>">)~",
    R"~(<select><template><style><!--</style><a rel="--></style></template></select><img src=x onerror=x()>">)~",
    R"~(<p><svg><title><template><img src=x onerror=x()></template></title></svg>)~",
    R"~(<plaintext><img src=x onerror=x()>)~",
    R"~(&lt;script&gt;x()&lt;/script&gt;)~",
    R"~(&amp;lt;img src=x onerror=x()&amp;gt;)~",
    R"~(<b title="&lt;img src=x onerror=x()&gt;">a</b>)~",
    "\xC2<img src=x onerror=x()>",
    "\xF0\x80<script>x()</script>",
    "+ADw-script+AD4-x()+ADw-/script+AD4-",
};

TEST(HtmlAttacks, LeadToNothingActive) {
  for (const auto attack : kAttacks) {
    const auto safe = sanitize_html(attack);
    EXPECT_EQ(fuzz::danger_in(safe), "") << attack << "\n" << safe;
    EXPECT_EQ(sanitize_html(safe), safe) << attack;
  }
}

// The same in the middle of a document, and broken off anywhere.
TEST(HtmlAttacks, BrokenOffAnywhere) {
  for (const auto attack : kAttacks) {
    for (std::size_t size = 0; size <= attack.size(); ++size) {
      const auto html =
          "<table><tr><td>" + std::string(attack.substr(0, size)) + "<b title='x'>y</b>\"><p>";
      const auto safe = sanitize_html(html);
      EXPECT_EQ(fuzz::danger_in(safe), "") << html << "\n" << safe;
      EXPECT_EQ(sanitize_html(safe), safe) << html;
    }
  }
}

}  // namespace
}  // namespace mail
