// A table of agreement with other parsers' published results; see report.hpp, and DISAGREEMENTS.md for
// who is right where they differ. DISAGREEMENTS-cases.md names each case, which --check compares.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "mail/parser.hpp"
#include "tests/hard/judged.hpp"
#include "tests/hard/report.hpp"

namespace {

using Corpus = std::vector<hard::Agreement> (*)(const std::filesystem::path&);

void print(const hard::Agreement& agreement, bool list) {
  const double percent = agreement.of == 0 ? 0 : 100.0 * agreement.agree / agreement.of;
  fmt::print("{:<12} {:<42} {:>6} of {:>6}  {:>6.2f} %\n", agreement.corpus, agreement.what,
             agreement.agree, agreement.of, percent);
  if (!list) return;
  for (const auto& disagreement : agreement.disagreements)
    fmt::print("  {}{}\n", disagreement.where, disagreement.difference);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Compares the mail parser with the results that come with other parsers' messages.");
  std::filesystem::path folder;
  std::filesystem::path judged;
  bool list = false;
  app.add_option("folder", folder, "folder with the unpacked corpora")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_flag("--list", list, "name every disagreement");
  app.add_option("--check", judged, "fail unless this list names every disagreement, and no other")
      ->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  mail::initialize();
  constexpr Corpus kCorpora[] = {hard::stalwart_tables,     hard::stalwart_messages,
                                 hard::mailcore_messages,   hard::chardet_charsets,
                                 hard::kopano_html_to_text, hard::mailcore2_rendered_text};
  std::vector<hard::Agreement> agreements;
  for (const auto corpus : kCorpora) {
    for (auto& agreement : corpus(folder)) {
      print(agreement, list);
      agreements.push_back(std::move(agreement));
    }
  }
  if (judged.empty()) return 0;
  const auto differences = hard::differences_to_judged(agreements, judged);
  for (const auto& difference : differences) fmt::print("{}\n", difference);
  return differences.empty() ? 0 : 1;
}
