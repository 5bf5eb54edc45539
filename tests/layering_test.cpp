// The arrows between folders, and the doors of foreign libraries, read off the #include lines.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/support.hpp"

namespace {
namespace fs = std::filesystem;

struct Include {
  std::string file;  // from the project's root
  std::string folder;  // its first part
  std::string target;  // what stands between the brackets or quotes
};

std::vector<Include> all_includes() {
  const fs::path root = DAVENPORT_SOURCE_DIR;
  const std::regex line_pattern(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::vector<Include> includes;
  for (const std::string folder : {"mail", "replica", "indexer", "api"}) {
    for (const auto& item : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = item.path().extension();
      if (extension != ".cpp" && extension != ".hpp") continue;
      std::ifstream in(item.path());
      for (std::string line; std::getline(in, line);) {
        std::smatch match;
        if (!std::regex_search(line, match, line_pattern)) continue;
        includes.push_back({fs::relative(item.path(), root).string(), folder, match[1]});
      }
    }
  }
  return includes;
}

TEST(Layering, IncludesFollowTheArrows) {
  const std::map<std::string, std::set<std::string>> allowed = {
      {"mail", {"mail"}},
      {"replica", {"replica"}},
      {"indexer", {"indexer", "mail", "replica"}},
      {"api", {"api", "indexer", "mail", "replica"}},
  };
  const auto includes = all_includes();
  ASSERT_GT(includes.size(), 100u);
  for (const auto& include : includes) {
    const auto target_folder = include.target.substr(0, include.target.find('/'));
    if (!allowed.contains(target_folder)) continue;
    EXPECT_TRUE(allowed.at(include.folder).contains(target_folder))
        << include.file << " must not include " << include.target;
  }
}

TEST(Layering, ForeignLibrariesHaveOneDoor) {
  struct Door {
    std::string header;  // as it begins
    std::string files;  // where it may be included
  };
  const std::vector<Door> doors = {
      {"sqlite3.h", "replica/sqlite(_error)?\\.cpp"},
      {"gmime/", "mail/(parser|transfer)\\.cpp"},
      {"uchardet", "mail/charset_detector\\.cpp"},
      {"libxml/", "mail/html_entities\\.cpp|indexer/extraction/xml\\.cpp"},
      {"poppler/", "indexer/extraction/pdf\\.cpp"},
      {"seccomp.h", "indexer/extraction/sandbox\\.cpp"},
      {"xapian",
       "indexer/"
       "(.*\\.cpp|(entry|entry_hashes|fulltext_query|hit_pager|posting_sources|spelling|xapian_"
       "errors)\\.hpp)"},
      {"simdjson", "(mail|replica)/.*\\.cpp|(mail/json_values|replica/json_reader)\\.hpp"},
      {"archive.h", "indexer/(archive|extraction/package)\\.cpp"},
      {"archive_entry.h", "indexer/(archive|extraction/package)\\.cpp"},
      {"cld2/", "indexer/language\\.cpp"},
      {"zstd", "replica/.*\\.cpp"},
      {"zlib", "replica/.*\\.cpp"},
      {"prometheus/", "api/metrics(_[a-z]+)?\\.[ch]pp"},
      {"toml++", "api/config(_[a-z]+)?\\.[ch]pp"},
      {"CLI/", "api/command_line(_[a-z]+)?\\.cpp"},
  };
  for (const auto& include : all_includes()) {
    for (const auto& door : doors) {
      if (!include.target.starts_with(door.header)) continue;
      EXPECT_TRUE(std::regex_match(include.file, std::regex(door.files)))
          << include.file << " must not include " << include.target << ": it may be included by "
          << door.files;
    }
  }
}

// g++ 12 evaluates the await where what stands before it says no, destroys what it never made, and without optimization goes
// on where a condition that awaits says otherwise.
TEST(Layering, NoAwaitStandsInACondition) {
  const fs::path root = DAVENPORT_SOURCE_DIR;
  const std::regex pattern(R"(((&&|\|\|)\s*!?|(if|while) \(!?)\s*\(*co_await)");
  for (const auto* folder : {"api", "indexer", "mail", "replica", "tests"}) {
    for (const auto& item : fs::recursive_directory_iterator(root / folder)) {
      if (item.path().extension() != ".cpp" && item.path().extension() != ".hpp") continue;
      const auto source = support::read_file(item.path());
      EXPECT_FALSE(std::regex_search(source, pattern))
          << item.path() << ": give what is awaited a name before the condition";
    }
  }
}

}  // namespace
