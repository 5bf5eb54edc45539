#include "mail/threads.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <iterator>

namespace mail {
namespace {

TEST(Threads, BaseSubject) {
  struct Case {
    std::string_view subject, expected;
  };
  const Case cases[] = {
      {"", ""},
      {"Report", "report"},
      {"  Two\t words\r\n here ", "two words here"},
      {"Re: Report", "report"},
      {"RE[2]: Re (3): re^4: RE : Report", "report"},
      {"Fwd: FW: AW: WG: SV: VS: VB: RV: TR: Antw: Odp: YNT: Rif: R: Ref: Enc: x", "x"},
      {"\xC4\xB0LT: konu", "konu"},
      {"\xE5\x9B\x9E\xE5\xA4\x8D\xEF\xBC\x9A\xE7\xAD\x94\xE5\xA4\x8D: \xE8\xBD\xAC\xE5\x8F\x91: x",
       "x"},
      {"Vá: Továbbítás: Trả lời: Chuyển tiếp: Antwort: Betreff: x", "x"},
      {"Rép: Réf. : I: Odp.: Betr.: ΑΠ: ΠΡΘ: Ответ: x", "x"},
      {"תשובה: הועבר: 답장: 전달: 轉發：x", "x"},
      {"Automatic reply: Automatische Antwort: Out of Office: Undeliverable: x", "x"},
      {"Accepted: Zugesagt: Tentatively Accepted: Invitation: Read: Recall: x", "x"},
      {"**SPAM** *** external *** EXTERNAL: [SPAM] [EXTERNAL] Re: x", "x"},
      {"*spam* x", "*spam* x"},
      {"**urgent** x", "**urgent** x"},
      {"** spam", "** spam"},
      {"**", "**"},
      {"Readers: x", "readers: x"},
      {"I: me", "me"},
      {"Item: x", "item: x"},
      {"[dev] Re: [dev] Report", "report"},
      {"Re: [dev] [PATCH 1/2] fix", "fix"},
      {"Re [dev]: Report", "report"},
      {"[Fwd: Report]", "report"},
      {"Report (fwd)", "report"},
      {"Re: Report (fwd) (FWD) ", "report"},
      {"[dev]", "[dev]"},
      {"Re: [dev]", "[dev]"},
      {"Re:", ""},
      {"Regarding: x", "regarding: x"},
      {"React: x", "react: x"},
      {"re", "re"},
      {"[unclosed Re: x", "[unclosed re: x"},
      {"STRASSE Stra\xC3\x9F"
       "e \xC3\x89t\xC3\xA9",
       "strasse strasse \xC3\xA9t\xC3\xA9"},
      {"bad \xFF", "bad \xEF\xBF\xBD"},
  };
  for (const auto& c : cases) EXPECT_EQ(base_subject(c.subject), c.expected) << c.subject;
}

TEST(Threads, BaseSubjectOfHostileInputEnds) {
  for (const std::string_view unit :
       {"re:", "[", "[x]", "(fwd)", "[fwd:", "re[2]", "]", "\xC2\xA0", "**spam**", "*", "re."}) {
    std::string subject;
    for (int i = 0; i < 100'000; ++i) subject += unit;
    EXPECT_LE(base_subject(subject).size(), 3'000U) << unit;
  }
}

MetadataDocument message(std::string id, std::string subject, std::vector<std::string> message_ids,
                         std::vector<std::string> references = {}) {
  MetadataDocument m;
  m.id = std::move(id);
  m.subject = std::move(subject);
  m.message_ids = std::move(message_ids);
  m.references = std::move(references);
  return m;
}

TEST(Threads, KeysAreSortedUniqueAndStable) {
  const auto keys = thread_keys(message("d", "Re: S", {"a@x"}, {"b@x", "a@x", ""}));
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_LT(keys[0], keys[1]);
  // They are kept in catalogs: a change of these values is a change of the catalog's format.
  EXPECT_EQ(thread_keys(message("d", "S", {"a@x"})), std::vector<ThreadKey>{15733226528262150235U});
  EXPECT_EQ(thread_keys(message("d", "S", {})).size(), 1U);
  EXPECT_NE(thread_keys(message("d", "S", {})), thread_keys(message("e", "S", {})));
}

TEST(Threads, MessagesAreLinkedByIdsAndSubject) {
  const auto first = message("0", "S", {"a@x"});
  const auto are_linked = [](const MetadataDocument& a, const MetadataDocument& b) {
    std::vector<ThreadKey> shared;
    std::ranges::set_intersection(thread_keys(a), thread_keys(b), std::back_inserter(shared));
    return !shared.empty();
  };
  EXPECT_TRUE(are_linked(first, message("1", "AW: S", {"b@x"}, {"a@x"})));
  EXPECT_FALSE(are_linked(first, message("2", "Other", {"b@x"}, {"a@x"}))) << "another subject";
  EXPECT_FALSE(are_linked(first, message("3", "Re: S", {"c@x"}, {"d@x"}))) << "no id in common";
  EXPECT_FALSE(are_linked(message("4", "S", {}), message("5", "S", {}))) << "no ids";
}

}  // namespace
}  // namespace mail
