// Messages per CPU second of parsing and text extraction alone; see its --help.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "mail/html.hpp"
#include "mail/parser.hpp"
#include "tests/bench/gmime_opponent.hpp"
#include "tests/bench/measured.hpp"

namespace {

namespace fs = std::filesystem;

constexpr const char* kAbout =
    R"(Parses every message of a folder (files of one message, mbox files, Maildir) and extracts the text of its
bodies: with davenport's parser (metadata, bodies, attachments, preview; HTML to text), and with GMime used
plainly (construct_message, envelope, text parts) and libxml2's tree for HTML. All messages are in memory first.
Prints the median of the rounds, in messages per second of CPU time.)";

// An mbox is cut at its "From " lines.
void add_messages(std::string file, std::vector<std::string>& messages) {
  if (!file.starts_with("From ")) {
    messages.push_back(std::move(file));
    return;
  }
  std::size_t begin = 0;
  while (begin < file.size()) {
    const auto end = std::min(file.find("\n\nFrom ", begin), file.size());
    messages.push_back(file.substr(begin, end - begin));
    begin = end + 2;
  }
}

std::vector<std::string> read_messages(const fs::path& folder) {
  std::vector<std::string> messages;
  for (const auto& item : fs::recursive_directory_iterator(folder)) {
    if (!item.is_regular_file()) continue;
    std::ifstream in(item.path(), std::ios::binary);
    add_messages({std::istreambuf_iterator<char>(in), {}}, messages);
  }
  return messages;
}

std::size_t extract_with_davenport(std::string_view raw) {
  const auto parsed = mail::parse_message(raw);
  if (!parsed) return 0;
  std::size_t size = 0;
  for (const auto& body : parsed->bodies)
    size +=
        body.type == "text/html" ? mail::html_to_text(body.content).size() : body.content.size();
  return size;
}

struct Round {
  double per_second = 0;
  std::size_t text = 0;  // bytes extracted
};

Round measure(const std::vector<std::string>& messages, std::size_t (*extract)(std::string_view)) {
  Round round;
  const auto begin = std::clock();
  for (const auto& message : messages) round.text += extract(message);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  round.per_second = static_cast<double>(messages.size()) / seconds;
  return round;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout);
  fs::path folder;
  int rounds = 5;
  app.add_option("folder", folder, "folder of mail")->required()->check(CLI::ExistingDirectory);
  app.add_option("--rounds", rounds, "how often everything is measured")
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  bench::print_machine(argc, argv);
  mail::initialize();
  const auto messages = read_messages(folder);
  std::size_t bytes = 0;
  for (const auto& message : messages) bytes += message.size();
  fmt::print("corpus: {}, {} messages, {:.1f} MB\n", folder.string(), messages.size(),
             static_cast<double>(bytes) / 1e6);
  std::vector<double> ours, theirs;
  Round own, other;
  for (int i = 0; i < rounds; ++i) {
    own = measure(messages, extract_with_davenport);
    other = measure(messages, bench::extract_with_gmime);
    ours.push_back(own.per_second);
    theirs.push_back(other.per_second);
  }
  const auto print = [](const char* who, double per_second, std::size_t text) {
    fmt::print("{:<10} {:>8.0f} messages per CPU second, {:.1f} MB of text\n", who, per_second,
               static_cast<double>(text) / 1e6);
  };
  print("davenport", bench::median(ours), own.text);
  print("GMime", bench::median(theirs), other.text);
  fmt::print("davenport parses {:.2f} times as fast\n",
             bench::median(ours) / bench::median(theirs));
}
