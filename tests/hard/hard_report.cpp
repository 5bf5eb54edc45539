// A table of agreement with other parsers' published results; see report.hpp, and DISAGREEMENTS.md for
// who is right where they differ.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "mail/parser.hpp"
#include "tests/hard/report.hpp"

namespace {

using Corpus = std::vector<hard::Agreement> (*)(const std::filesystem::path&);

void print(const hard::Agreement& agreement, bool list) {
  const double percent = agreement.of == 0 ? 0 : 100.0 * agreement.agree / agreement.of;
  fmt::print("{:<12} {:<42} {:>6} of {:>6}  {:>6.2f} %\n", agreement.corpus, agreement.what,
             agreement.agree, agreement.of, percent);
  if (!list) return;
  for (const auto& disagreement : agreement.disagreements) fmt::print("  {}\n", disagreement);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Compares the mail parser with the results that come with other parsers' messages.");
  std::filesystem::path folder;
  bool list = false;
  app.add_option("folder", folder, "folder with the unpacked corpora")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_flag("--list", list, "name every disagreement");
  CLI11_PARSE(app, argc, argv);
  mail::initialize();
  constexpr Corpus kCorpora[] = {hard::stalwart_tables,     hard::stalwart_messages,
                                 hard::mailcore_messages,   hard::chardet_charsets,
                                 hard::kopano_html_to_text, hard::mailcore2_rendered_text};
  for (const auto corpus : kCorpora) {
    for (const auto& agreement : corpus(folder)) print(agreement, list);
  }
}
