#include "tests/oracle/random_files.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/oracle/dates.hpp"
#include "tests/oracle/random_text.hpp"

namespace oracle {
namespace {

using nlohmann::json;

struct Named {
  const char *name, *type;
};
constexpr Named kNames[] = {
    {"report_2019.txt", "text/plain"},   {"Übersicht-März.txt", "text/plain"},
    {"会議メモ.md", "text/markdown"},    {"corporate budget.txt", "text/plain"},
    {"photo001.png", "image/png"},       {"Ada Davenport.vcf", "text/vcard"},
    {"scan (2).PDF", "Application/PDF"}, {"archive.tar.gz", ""}};
constexpr const char* kFolders[] = {"", "/Work", "/Work/Corporate Reports", "/Fotos/Été 2020",
                                    "/corporate/budget/2019"};
constexpr const char* kTags[] = {"workshop", "monthly report", "Été", "reports", "CVE-2024-1234"};

class FileMaker : public RandomText {
 public:
  FileMaker(std::int64_t now, Random& random) : RandomText(random), now_(now) {}

  struct Made {
    json document;
    Entry entry;
    std::string bytes;  // to be attached; empty: the document has all
  };
  [[nodiscard]] Made file() {
    Made made;
    auto& [document, entry, bytes] = made;
    entry.is_file = true;
    const auto& [name, type] = one_of(kNames);
    document = {{"type", "file"}, {"name", name}};
    entry.fields["subject"].emplace_back(name);
    entry.fields["filename"].emplace_back(name);
    if (below(3) > 0) {
      const auto path = fmt::format("{}/{}", one_of(kFolders), name);
      document["path"] = path;
      entry.fields["filename"].emplace_back(path);
    }
    add_type_and_size(type, made);
    add_tags(made);
    add_dates(made);
    add_text(made);
    return made;
  }

 private:
  void add_type_and_size(const std::string& type, Made& made) {
    if (!type.empty()) {
      made.document["mime"] = type;
      made.entry.fields["type"].emplace_back(type);
    }
    made.entry.size = below(20'000);
    // cozy-stack writes sizes as text.
    if (below(2) == 0) {
      made.document["size"] = std::to_string(made.entry.size);
    } else {
      made.document["size"] = made.entry.size;
    }
  }

  void add_tags(Made& made) {
    auto tags = json::array();
    for (auto left = below(3); left > 0; --left) {
      const auto* tag = one_of(kTags);
      tags.push_back(tag);
      made.entry.fields["tag"].emplace_back(tag);
    }
    if (!tags.empty() || below(2) == 0) made.document["tags"] = std::move(tags);
  }

  // A file is as old as its last change, else as itself.
  void add_dates(Made& made) {
    made.entry.date = now_ - 60 - age();
    const bool is_changed = below(3) > 0;
    const auto created = made.entry.date - (is_changed ? static_cast<std::int64_t>(below(900)) : 0);
    made.document["created_at"] = utc_date(created);
    if (is_changed) made.document["updated_at"] = utc_date(made.entry.date);
  }

  void add_text(Made& made) {
    const auto& written_in = language();
    const auto sentences = below(8);
    if (sentences == 0) return;
    const auto content = text(written_in, sentences);
    made.entry.fields["body"].emplace_back(content);
    made.entry.language = language_told(written_in, sentences);
    const bool is_plain = made.document.value("mime", "") == "text/plain";
    if (is_plain && below(2) == 0) {
      made.bytes = content;
    } else {
      made.document["content"] = content;
    }
  }

  std::int64_t now_;
};

}  // namespace

FilesByDocument put_random_files(support::MemoryCouchdb& couch, const std::string& database,
                                 std::size_t count, std::int64_t now, Random& random) {
  couch.create(database);
  FilesByDocument files;
  FileMaker maker(now, random);
  for (std::size_t number = 0; number < count; ++number) {
    auto [document, entry, bytes] = maker.file();
    const auto id = fmt::format("file-{}", number);
    const auto none = maker.below(10);
    if (none == 0) document["trashed"] = true;
    if (none == 1) document["type"] = "directory";
    couch.put(database, id, document.dump());
    if (!bytes.empty()) couch.attach(database, id, "original", "text/plain", bytes);
    if (none > 1) files.emplace(id, std::move(entry));
  }
  return files;
}

}  // namespace oracle
