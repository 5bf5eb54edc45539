#include "indexer/analyzer.hpp"

#include <algorithm>
#include <ctime>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace indexer {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

struct Row {
  std::string_view text;
  std::vector<std::string> words;
};

TEST(Analyzer, FindsWords) {
  const Row rows[] = {
      {"", {}},
      {" \t\r\n-- ... ###", {}},
      {"Hello, World!", {"hello", "world"}},
      {"x86_64 C++20", {"x86", "64", "c", "20"}},
      {"ada@example.org", {"ada", "example", "org"}},
      {"https://example.org/a/b?c=1", {"https", "example", "org", "a", "b", "c", "1"}},
      // nothing joins: parts are found by themselves, the whole as a phrase
      {"Don't rock'n'roll", {"don", "t", "rock", "n", "roll"}},
      {"l\u2019\u00e9t\u00e9 l'\u00c9T\u00c9", {"l", "ete", "l", "ete"}},
      {"3.14 192.168.0.1 v1.2.3", {"3", "14", "192", "168", "0", "1", "v", "1", "2", "3"}},
      {"V8 v8x v2.10-rc1 (v3) xv4 v5",
       {"v", "8", "v8x", "v", "2", "10", "rc1", "v", "3", "xv4", "v", "5"}},
      {"CVE-2024-1234 foo_bar", {"cve", "2024", "1234", "foo", "bar"}},
      {"12:30 2001-05-14", {"12", "30", "2001", "05", "14"}},
      // accents go, composed and decomposed alike
      {"Caf\u00e9 Cafe\u0301 CAFE\u0301", {"cafe", "cafe", "cafe"}},
      {"na\u00efve\u2014word", {"naive", "word"}},
      {"\u00d8re \u0141\u00f3d\u017a \u00c6r\u00f8 \u0152uvre", {"ore", "lodz", "aero", "oeuvre"}},
      {"D\u0130YARBAKIR Diyarbak\u0131r", {"diyarbakir", "diyarbakir"}},
      {"\u0451\u043b\u043a\u0430 \u043c\u043e\u0439",
       {"\u0435\u043b\u043a\u0430", "\u043c\u043e\u0439"}},  // \u0439 is a letter of its own
      {"\u0643\u0650\u062a\u064e\u0627\u0628", {"\u0643\u062a\u0627\u0628"}},  // vowel points
      {"Stra\u00dfe STRASSE", {"strasse", "strasse"}},
      {"Silben\u00adtrennung zero\u200bwidth", {"silbentrennung", "zerowidth"}},
      {"\u043c\u02bc\u044f\u0447 \u043c'\u044f\u0447",
       {"\u043c", "\u044f\u0447", "\u043c", "\u044f\u0447"}},
      {"\u0645\u06a9\u062a\u0628\u0629 \u0645\u0643\u062a\u0628\u0647",
       {"\u0645\u0643\u062a\u0628\u0647", "\u0645\u0643\u062a\u0628\u0647"}},
      {"\u0639\u0644\u0649 \u0639\u0644\u06cc", {"\u0639\u0644\u064a", "\u0639\u0644\u064a"}},
      {"\u06f1\u06f2\u06f3 \u0664\u0665 \u0967\u0968", {"123", "45", "12"}},
      {"\uff28\uff45\uff4c\uff4c\uff4f \ufb01x", {"hello", "fix"}},  // full width, ligature
      // scripts with spaces
      {"\u041f\u0440\u0438\u0432\u0435\u0442, \u041c\u0418\u0420",
       {"\u043f\u0440\u0438\u0432\u0435\u0442", "\u043c\u0438\u0440"}},
      {"\u039f\u03b4\u03c5\u03c3\u03c3\u03b5\u03cd\u03c2",
       {"\u03bf\u03b4\u03c5\u03c3\u03c3\u03b5\u03c5\u03c3"}},  // final sigma
      {"\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
       {"\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627"}},
      {"\u0939\u093f\u0928\u094d\u0926\u0940",
       {"\u0939\u093f\u0928\u094d\u0926\u0940"}},  // Devanagari with marks
      // scripts without
      {"\u65e5\u672c\u8a9eABC", {"\u65e5", "\u672c", "\u8a9e", "abc"}},
      {"abc\u65e5", {"abc", "\u65e5"}},
      {"\u304b\u3099 \u304c \uff76\uff9e", {"\u304c", "\u304c", "\u30ac"}},  // voice marks
      {"\ud55c\uad6d", {"\ud55c", "\uad6d"}},
      {"\u1112\u1161\u11ab\u1100\u116e\u11a8", {"\ud55c", "\uad6d"}},  // the same, in jamo
      {"\U00020000\u3007", {"\U00020000", "\u3007"}},
      {"\u0e44\u0e17\u0e22", {"\u0e44", "\u0e17", "\u0e22"}},
      {"\u0301mark", {"mark"}},
      {"\U0001F600 smile", {"smile"}},
      // what is no UTF-8 separates
      {"ab\xff"
       "cd \xc3",
       {"ab", "cd"}},
      {"\xed\xa0\x80x", {"x"}},
  };
  for (const auto& row : rows)
    EXPECT_THAT(words_of(row.text), ElementsAreArray(row.words)) << row.text;
}

TEST(Analyzer, SaysWhereWordsStand) {
  const std::string_view text = "A caf\u00e9: \u65e5\u672c don't";
  std::vector<std::string> found;
  for_each_word(text, [&](const Word& word) {
    found.push_back(std::string(text.substr(word.begin, word.end - word.begin)) +
                    (word.ideograph ? "!" : ""));
  });
  EXPECT_THAT(found, ElementsAre("A", "caf\u00e9", "\u65e5!", "\u672c!", "don", "t"));
}

TEST(Analyzer, KeepsAccentsBeside) {
  std::vector<std::string> exact;
  for_each_word("CAF\u00c9 cafe \u00d8re",
                [&](const Word& word) { exact.emplace_back(word.exact); });
  EXPECT_THAT(exact, ElementsAre("caf\u00e9", "cafe", "\u00f8re"));
}

TEST(Analyzer, LeavesOutWhatNobodySearchesFor) {
  const std::string longest(kMaxWordBytes, 'a');
  EXPECT_THAT(words_of(longest + " " + longest + "a b"), ElementsAre(longest, "b"));
  const std::string accented = [] {
    std::string word;
    for (std::size_t i = 0; i < kMaxWordBytes; ++i) word += "\u00e9";
    return word;
  }();
  EXPECT_THAT(words_of(accented + " b"), ElementsAre("b"));
  EXPECT_THAT(
      words_of(
          "see TWFuIGlzIGRpc3Rp/mdi1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1dCBieSB0aGlz+Q== "
          "here"),
      ElementsAre("see", "here"));
  EXPECT_THAT(
      words_of("drivers/net/wireless/intel/iwlwifi/something/deeper/than/sixty/characters/x"),
      testing::SizeIs(11));
}

TEST(Analyzer, LongPathsAreNoBase64) {
  for (const std::string_view path :
       {"github.com/SELinuxProject/selinux/commit/7e979b56fd2cee28f647376a7233d2ac2d12ca50",
        "github.com/MyOrgName/MyRepoName/commit/7e979b56fd2cee28f647376a7233d2ac2d12ca50",
        "MyCompany/GetUserById/UserFactoryBuilder/CreateNewUserWithDefaultRights/Api/Index",
        "files/3F2504E04F8911D39A0C0305E82C3301/Report/2024/Quarter/April/Figures/Final",
        "kernel/git/torvalds/linux/commit/1A2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f"}) {
    const auto parts =
        std::count_if(path.begin(), path.end(), [](char c) { return c == '/' || c == '.'; });
    EXPECT_THAT(words_of(path), testing::SizeIs(static_cast<std::size_t>(parts) + 1)) << path;
  }
}

TEST(Analyzer, IsLinear) {
  // Each of these made a scan of all that follows, were it not bounded.
  for (const std::string_view unit :
       {"a/", "+", "A1b/", "\u0301", "a\u0301", "'", "1.", "\u1161", "\xf0"}) {
    std::string text;
    while (text.size() < 1'000'000) text += unit;
    const auto start = std::clock();
    std::size_t count = 0;
    for_each_word(text, [&](const Word&) { ++count; });
    EXPECT_LT(std::clock() - start, 5 * CLOCKS_PER_SEC) << unit;
  }
}

}  // namespace
}  // namespace indexer
