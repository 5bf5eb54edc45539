// Words in the languages of the world, each searched in another form than the text has.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/indexer/fulltext_model.hpp"

namespace indexer {
namespace {

struct Sample {
  std::string_view language, text;
  std::vector<std::string_view> queries;  // each finds it
  std::string_view other;  // does not
};

const Sample kSamples[] = {
    {"ja",
     "\u660e\u65e5\u306e\u4f1a\u8b70\u306e\u8b70\u4e8b\u9332\u3092\u30e1\u30fc\u30eb\u3067\u9001"
     "\u308a\u307e\u3057\u305f\u3002\u78ba\u8a8d\u3057\u3066\u304f\u3060\u3055\u3044\u3002",
     {"\u4f1a\u8b70", "\uff92\uff70\uff99", "\u8b70\u4e8b\u9332"},  // half-width kana
     "\u4f1a\u793e"},
    {"zh",
     "\u660e\u5929\u7684\u4f1a\u8bae\u7eaa\u8981\u5df2\u7ecf\u53d1\u9001\u7ed9\u6240\u6709\u7684"
     "\u540c\u4e8b\uff0c\u8bf7\u5728\uff12\uff10\uff12\uff14\u5e74\u4e4b\u524d\u56de\u590d\u3002",
     {"\u4f1a\u8bae", "2024", "\u4f1a\u8bae\u7eaa\u8981"},  // digits of full width
     "\u4f1a\u8bae\u5ba4"},
    {"ko",
     "\ub0b4\uc77c \ud68c\uc758\uc5d0\uc11c \uc0c8\ub85c\uc6b4 \uacc4\ud68d\uc744 "
     "\ub17c\uc758\ud569\ub2c8\ub2e4. \uc790\ub8cc\ub97c \ubcf4\ub0b4 \uc8fc\uc138\uc694.",
     {"\ud68c\uc758", "\uacc4\ud68d", "\uc790\ub8cc"},  // without their particles
     "\ud68c\uc0ac"},
    {"ru",
     "\u0412\u0447\u0435\u0440\u0430 \u043c\u044b \u043f\u043e\u043b\u0443\u0447\u0438\u043b\u0438 "
     "\u0432\u0430\u0448\u0438 \u043f\u0438\u0441\u044c\u043c\u0430 \u0438 "
     "\u0441\u0447\u0435\u0442\u0430, \u043e\u0442\u0432\u0435\u0442 "
     "\u0431\u0443\u0434\u0435\u0442 \u0437\u0430\u0432\u0442\u0440\u0430 "
     "\u0443\u0442\u0440\u043e\u043c.",
     {"\u043f\u0438\u0441\u044c\u043c\u043e", "\u041f\u0418\u0421\u042c\u041c\u0410\u041c\u0418",
      "\u0441\u0447\u0451\u0442\u0430"},
     "\u043f\u0435\u0441\u043d\u044f"},
    {"de",
     "Die neuen H\u00e4user an der Stra\u00dfe werden im n\u00e4chsten Jahr gebaut, die Rechnungen "
     "kommen sp\u00e4ter.",
     {"Haus", "Rechnung", "STRASSE", "hauser", "Haeuser", "naechste"},
     "Hauswart"},
    {"fr",
     "Nous avons re\u00e7u toutes les d\u00e9cisions de l'\u00e9cole, et les r\u00e9ponses seront "
     "envoy\u00e9es demain.",
     {"d\u00e9cision", "decision", "\u00e9coles", "recu"},
     "directeur"},
    {"ar",
     "\u0648\u0635\u0644\u062a \u0627\u0644\u0631\u0633\u0627\u0626\u0644 \u0623\u0645\u0633 "
     "\u0648\u0646\u062d\u0646 \u0646\u0639\u0645\u0644 \u0639\u0644\u0649 "
     "\u0627\u0644\u0645\u0634\u0631\u0648\u0639 \u0627\u0644\u062c\u062f\u064a\u062f \u0641\u064a "
     "\u0627\u0644\u0645\u062f\u064a\u0646\u0629.",
     {"\u0631\u0633\u0627\u0626\u0644", "\u0645\u0634\u0631\u0648\u0639",
      "\u0645\u064e\u062f\u0650\u064a\u0646\u0629"},  // no article; with vowels
     "\u0643\u062a\u0627\u0628"},
    {"tr",
     "Yeni kitaplar\u0131m\u0131z geldi, DI\u015eARIDA bekleyen arkada\u015flar\u0131n hepsi "
     "\u0130stanbul'dan geliyor ve yar\u0131n g\u00f6r\u00fc\u015fece\u011fiz.",
     {"kitap", "d\u0131\u015far\u0131da", "istanbul", "ISTANBUL", "arkada\u015f"},
     "kitapevi"},
};

TEST(LanguageSearch, FindsOtherFormsOfAWord) {
  for (const auto& sample : kSamples) {
    const support::TemporaryFolder folder;
    Model model;
    model.entries.push_back({});
    model.entries.back().entry.id = "a";
    model.entries.back().text.body = sample.text;
    model.number(16);
    EXPECT_EQ(language_of(sample.text), sample.language);
    write(folder / "index", model);
    FulltextReader reader(folder / "index");
    for (const auto query : sample.queries)
      EXPECT_EQ(search(reader, model, query).total, 1) << sample.language << ": " << query;
    EXPECT_EQ(search(reader, model, sample.other).total, 0) << sample.language;
  }
}

TEST(LanguageSearch, FindsThemTogetherInOneAccount) {
  const support::TemporaryFolder folder;
  Model model;
  for (const auto& sample : kSamples) {
    model.entries.push_back({});
    model.entries.back().entry.id = sample.language;
    model.entries.back().text.body = sample.text;
  }
  model.sort();
  model.number(16);
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  EXPECT_EQ(reader.languages().dominant.front(), "en");
  EXPECT_THAT(reader.languages().dominant,
              testing::UnorderedElementsAre("en", "ru", "de", "fr", "ar", "tr"));
  for (const auto& sample : kSamples) {
    for (const auto query : sample.queries) {
      EXPECT_THAT(ids_of(search(reader, model, query)),
                  testing::Contains(std::string(sample.language)))
          << query;
    }
  }
}

TEST(LanguageSearch, AFormOfOneLanguageIsNoWordOfAnother) {
  const support::TemporaryFolder folder;
  Model model;
  const auto add = [&](std::string id, std::string text) {
    auto& entry = model.entries.emplace_back();
    entry.entry.id = std::move(id);
    entry.text.body = std::move(text);
  };
  for (int i = 0; i < 10; ++i) {
    add(fmt::format("en{}", i),
        "The committee did not meet on Tuesday, since the rooms were not free until the evening.");
    add(fmt::format("de{}", i),
        "Die Sitzung am Dienstag musste leider ausfallen, weil die Not im Hause wieder groß war.");
  }
  add("notes", "Please bring your notes when we meet again, and a copy of the older agreements.");
  add("short", "Not");
  model.sort();
  model.number(16);
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  EXPECT_THAT(reader.languages().dominant, testing::ElementsAre("en", "de"));
  auto found = ids_of(search(reader, model, "notes"));  // a stem of German: "not"
  EXPECT_THAT(found, testing::Contains("notes"));
  EXPECT_THAT(found, testing::Contains("short")) << "its language is not known";
  EXPECT_THAT(found, testing::Not(testing::Contains(testing::StartsWith("en"))));
  EXPECT_THAT(ids_of(search(reader, model, "not")), testing::Contains("en0"));
  for (const auto order : {SearchOrder::kDate, SearchOrder::kRelevance}) {
    EXPECT_EQ(search(reader, model, "notes", order).total, static_cast<int>(found.size()));
    EXPECT_EQ(search(reader, model, "Nöte", order).total, 12) << "those in German, and short";
  }
}

TEST(LanguageSearch, FindsFormsInAFewMessagesAmongMany) {
  const support::TemporaryFolder folder;
  Model model;
  const auto add = [&](std::string id, std::string text) {
    auto& entry = model.entries.emplace_back();
    entry.entry.id = std::move(id);
    entry.text.body = std::move(text);
  };
  for (const auto& sample : kSamples) add(std::string(sample.language), std::string(sample.text));
  for (int i = 0; i < 400; ++i) {
    add(fmt::format("en{}", i),
        "The committee did not meet on Tuesday, since the rooms were not free until the evening.");
  }
  add("notes", "Please bring your notes when we meet again, and a copy of the older agreements.");
  model.sort();
  model.number(16);
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  EXPECT_THAT(reader.languages().dominant, testing::ElementsAre("en"));
  EXPECT_THAT(reader.languages().rare, testing::UnorderedElementsAre("ru", "de", "fr", "ar", "tr"));
  for (const auto& sample : kSamples) {
    for (const auto query : sample.queries) {
      EXPECT_THAT(ids_of(search(reader, model, query)),
                  testing::Contains(std::string(sample.language)))
          << query;
    }
  }
  EXPECT_THAT(ids_of(search(reader, model, "notes")), testing::ElementsAre("notes"))
      << "a stem of German is no word of English";
}

TEST(LanguageSearch, ATypedAccentComesFirst) {
  const support::TemporaryFolder folder;
  Model model;
  for (const auto* text : {"The resume of work", "Her r\u00e9sum\u00e9 of work"}) {
    model.entries.push_back({});
    model.entries.back().entry.id = fmt::format("{}", model.entries.size());
    model.entries.back().text.body = text;
  }
  model.sort();
  model.number(16);
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  EXPECT_THAT(ids_of(search(reader, model, "r\u00e9sum\u00e9", SearchOrder::kRelevance)),
              testing::ElementsAre("2", "1"));
  EXPECT_THAT(ids_of(search(reader, model, "resume", SearchOrder::kRelevance)),
              testing::ElementsAre("1", "2"))
      << "alike but for their age";
}

TEST(LanguageSearch, ATypedAccentComesFirstHoweverOftenItIsLeftOutElsewhere) {
  const support::TemporaryFolder folder;
  Model model;
  std::string often, once = "R\u00e9sum\u00e9";
  for (int i = 0; i < 20; ++i) often += "resume ";
  for (int i = 0; i < 500; ++i) once += fmt::format(" word{}", i);
  for (const auto& text : {often, once}) {
    model.entries.push_back({});
    model.entries.back().entry.id = fmt::format("{}", model.entries.size());
    model.entries.back().text.body = text;
  }
  model.entries[0].text.subject = "resume resume resume";
  model.number(16);
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  EXPECT_THAT(ids_of(search(reader, model, "r\u00e9sum\u00e9", SearchOrder::kRelevance)),
              testing::ElementsAre("2", "1"));
}

}  // namespace
}  // namespace indexer
