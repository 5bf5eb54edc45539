#include <gtest/gtest.h>

#include "mail/html.hpp"
#include "mail/text.hpp"

namespace mail {
namespace {

struct PreviewCase {
  std::string text, expected;
};

TEST(Preview, IsOneLineOfNewText) {
  const PreviewCase cases[] = {
      {"", ""},
      {" Hello,\r\n\r\n\tworld  ", "Hello, world"},
      {"On Monday Ada wrote:\n> old words\n> more\n\nMy answer", "My answer"},
      {"My answer\n\nOn Monday Ada wrote:\n\n> old words\n", "My answer"},
      {"My answer\n\n-----Original Message-----\nFrom: Ada\n\nold words\n", "My answer"},
      {"Note:\nfirst", "Note: first"},
      {"> only\n> quoted", "> only > quoted"},
      {"words\n-- \nAda\nPhone", "words"},
      {"-- \nAda", "-- Ada"},
      {"Sent from my iPhone", "Sent from my iPhone"},
      {"a\xC2\xA0\xE2\x80\x8C\xC2\xA0\xE2\x80\x8C b", "a b"},
      {"a \xC2\xAD\xE2\x80\x8B b", "a b"},
      {"ver\xC2\xADschie\xE2\x80\x8B"
       "ben",
       "verschieben"},
      {"\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xB1", "\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xB1"},  // Persian
      {std::string(300, 'x'), std::string(256, 'x')},
  };
  for (const auto& c : cases) EXPECT_EQ(preview_of(c.text), c.expected) << c.text;
}

TEST(Preview, LeavesOutBoilerplate) {
  const PreviewCase cases[] = {
      {"View this email in your browser\n\nSale!", "Sale!"},
      {"Having trouble viewing this? Click here.\nSale!\nUnsubscribe", "Sale!"},
      {"Im Browser ansehen\nVersion en ligne\nSale!", "Sale!"},
      {"CAUTION: This email originated from outside of the organisation.\n\nHello", "Hello"},
      {"Unsubscribe", "Unsubscribe"},
  };
  for (const auto& c : cases) EXPECT_EQ(preview_of(c.text), c.expected) << c.text;
}

TEST(Preview, OfHtml) {
  const PreviewCase cases[] = {
      {"<div>Yes.</div><br><div class=gmail_quote><div>On Fri, Jan 3, 2020 at 12:00 PM Ada "
       "&lt;<a>ada@example.org</a>&gt; "
       "wrote:<br></div><blockquote class=gmail_quote>old<br>words</blockquote></div>",
       "Yes."},
      {"<blockquote type=cite>old</blockquote><p>New</p>", "New"},
      {"<p>Yes.</p><div style='border-top:solid'><p><b>From:</b> Ada<br><b>Sent:</b> "
       "Monday<br><b>To:</b> Bob</p></div><p>old</p>",
       "Yes."},
      {"<div style='display:none;max-height:0px;overflow:hidden'>Preheader &zwnj;</div><a>View in "
       "browser</a><p>Sale!</p>",
       "Sale!"},
  };
  for (const auto& c : cases) EXPECT_EQ(preview_of(html_to_text(c.text)), c.expected) << c.text;
}

TEST(Preview, HasAtMost256Characters) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "\xC3\xA9\n ";
  const auto preview = preview_of(text);
  EXPECT_EQ(preview.size(), 128 * 2 + 127U);
  EXPECT_EQ(preview_of(text.substr(0, 4)), "\xC3\xA9");
}

TEST(Preview, OfEndlessQuotationEnds) {
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) text += "x:\n\n";
  EXPECT_FALSE(preview_of(text).empty());
}

}  // namespace
}  // namespace mail
