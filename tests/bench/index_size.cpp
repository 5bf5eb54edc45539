// How much of a text index each feature takes: copies of it without one of them, compacted like the index itself.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>
#include <xapian.h>

#include "indexer/entry.hpp"

namespace {

namespace fs = std::filesystem;

// Entries that a copy holds in memory: as many as the index is built with.
constexpr Xapian::doccount kEntriesPerCommit = 500;

struct Feature {
  std::string_view name;
  bool keeps_positions = true;
  std::function<bool(std::string_view term)> drops = [](std::string_view) { return false; };
  std::vector<Xapian::valueno> values;  // slots that go
};

std::function<bool(std::string_view)> prefixed(std::vector<std::string> prefixes) {
  return [prefixes = std::move(prefixes)](std::string_view term) {
    for (const auto& prefix : prefixes) {
      if (term.starts_with(prefix)) return true;
    }
    return false;
  };
}

// The words of a field, their stems and their exact forms.
std::vector<std::string> words_of(indexer::Field field) {
  const auto prefix = indexer::word_prefix(field);
  return {prefix, std::string(indexer::kStemPrefix) + prefix,
          std::string(indexer::kExactPrefix) + prefix};
}

std::vector<Feature> features() {
  using indexer::Field;
  const auto keeps_all = [](std::string_view) { return false; };
  return {
      {"all of it", true, keeps_all, {}},
      {"phrases and NEAR (positions)", false, keeps_all, {}},
      {"forms of words (stems)", true, prefixed({std::string(indexer::kStemPrefix)}), {}},
      {"typed accents (exact forms)", true, prefixed({std::string(indexer::kExactPrefix)}), {}},
      {"attachment: (texts of files)", true, prefixed(words_of(Field::kAttachment)), {}},
      {"type: and its facet", true, prefixed(words_of(Field::kType)), {indexer::kTypesSlot}},
      {"list: and header:", true, prefixed({"XLI", "XH"}), {}},
      {"lang: and its facet",
       true,
       prefixed({std::string(indexer::kLanguagePrefix)}),
       {indexer::kLanguageSlot}},
      {"messageid:", true, prefixed({"XM"}), {}},
      {"size: and larger:", true, keeps_all, {indexer::kSizeSlot}},
  };
}

Xapian::Document without(const Xapian::Document& entry, const Feature& feature) {
  Xapian::Document copy;
  copy.set_data(entry.get_data());
  for (auto value = entry.values_begin(); value != entry.values_end(); ++value) {
    bool goes = false;
    for (const auto slot : feature.values) goes = goes || slot == value.get_valueno();
    if (!goes) copy.add_value(value.get_valueno(), *value);
  }
  for (auto term = entry.termlist_begin(); term != entry.termlist_end(); ++term) {
    if (feature.drops(*term)) continue;
    copy.add_term(*term, term.get_wdf());
    if (!feature.keeps_positions) continue;
    for (auto position = term.positionlist_begin(); position != term.positionlist_end(); ++position)
      copy.add_posting(*term, *position, 0);
  }
  return copy;
}

std::uint64_t bytes_of(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& file : fs::directory_iterator(folder)) bytes += file.file_size();
  return bytes;
}

std::uint64_t size_without(const Xapian::Database& index, const Feature& feature,
                           const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  const auto filled = folder / "filled", compacted = folder / "compacted";
  {
    Xapian::WritableDatabase copy(filled.string(), Xapian::DB_CREATE | Xapian::DB_NO_SYNC);
    Xapian::doccount count = 0;
    const auto end = index.postlist_end("");
    for (auto number = index.postlist_begin(""); number != end; ++number) {
      copy.replace_document(*number, without(index.get_document(*number), feature));
      if (++count % kEntriesPerCommit == 0) copy.commit();
    }
    copy.commit();
  }
  Xapian::Database(filled.string()).compact(compacted.string(), Xapian::DBCOMPACT_NO_RENUMBER);
  const auto bytes = bytes_of(compacted);
  fs::remove_all(folder);
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  fs::path folder;
  CLI::App app("What each feature of a text index takes on disk, told by copies without it.");
  app.add_option("INDEX", folder, "…/accounts/ACCOUNT/derived/GENERATION/index")
      ->required()
      ->check(CLI::ExistingDirectory);
  CLI11_PARSE(app, argc, argv);
  try {
    const Xapian::Database index(folder.string());
    fmt::print("{}: {} entries, {:.1f} MB\n", folder.string(), index.get_doccount() - 1,
               static_cast<double>(bytes_of(folder)) / 1e6);
    const auto copies = fs::temp_directory_path() / fmt::format("index-size-{}", getpid());
    double all = 0;
    for (const auto& feature : features()) {
      const auto megabytes = static_cast<double>(size_without(index, feature, copies)) / 1e6;
      if (all == 0) {
        all = megabytes;
        fmt::print("{:<32} {:8.1f} MB\n", feature.name, megabytes);
      } else {
        fmt::print("without {:<24} {:8.1f} MB  {:+5.1f} %\n", feature.name, megabytes,
                   100 * (megabytes - all) / all);
      }
      std::fflush(stdout);
    }
  } catch (const Xapian::Error& error) {
    fmt::print(stderr, "index_size: {}\n", error.get_msg());
    return 1;
  }
  return 0;
}
