#include "tests/hard/judged.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <set>

#include "tests/hard/expected.hpp"

namespace hard {
namespace {

using Cases = std::set<std::string>;  // "stalwart: dates: …"

// Messages are compared with line feeds and with CRLF; both are one case.
std::string case_of(const std::string& section, std::string name) {
  constexpr std::string_view kCrlf = " (CRLF)";
  if (const auto at = name.find(kCrlf); at != std::string::npos) name.erase(at, kCrlf.size());
  return section + ": " + folded(name);
}

Cases read_cases(const std::filesystem::path& list) {
  Cases cases;
  std::ifstream in(list);
  std::string section;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) section = line.substr(3);
    if (!line.starts_with('`')) continue;
    for (std::size_t begin = 0; begin != std::string::npos;) {
      const auto end = line.find('`', begin + 1);
      if (end == std::string::npos) break;
      cases.insert(case_of(section, line.substr(begin + 1, end - begin - 1)));
      begin = line.find('`', end + 1);
    }
  }
  return cases;
}

Cases disagreements(const std::vector<Agreement>& agreements) {
  Cases cases;
  for (const auto& agreement : agreements) {
    for (const auto& each : agreement.disagreements)
      cases.insert(case_of(agreement.corpus + ": " + agreement.what, each.where));
  }
  return cases;
}

}  // namespace

std::vector<std::string> differences_to_judged(const std::vector<Agreement>& agreements,
                                               const std::filesystem::path& list) {
  const Cases judged = read_cases(list), found = disagreements(agreements);
  Cases unjudged, settled;
  std::set_difference(found.begin(), found.end(), judged.begin(), judged.end(),
                      std::inserter(unjudged, unjudged.end()));
  std::set_difference(judged.begin(), judged.end(), found.begin(), found.end(),
                      std::inserter(settled, settled.end()));
  std::vector<std::string> lines;
  for (const auto& name : unjudged) lines.push_back("not judged yet: " + name);
  for (const auto& name : settled) lines.push_back("listed, but no disagreement: " + name);
  return lines;
}

}  // namespace hard
