#include "indexer/extraction/ooxml.hpp"

#include <charconv>

namespace indexer {
namespace {

constexpr std::size_t kMaxSharedStrings = 2'000'000;
constexpr std::size_t kMaxSharedBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxIndexDigits = 20;

}  // namespace

void OoxmlTextHandler::start(std::string_view name, const XmlAttributes&) {
  in_text_ = is_text(name);
  if (name == "tab") out_.add("\t");
  if (name == "br" || name == "cr") out_.separate('\n');
  if (name == "noBreakHyphen") out_.add("-");
  if (name == "Fallback") ++fallbacks_;
}

void OoxmlTextHandler::end(std::string_view name) {
  in_text_ = false;
  if (name == "p" || name == "tr" || name == "comment" || name == "v") out_.separate('\n');
  if (name == "tc") out_.separate('\t');
  if (name == "Fallback") --fallbacks_;
}

void OoxmlTextHandler::text(std::string_view utf8) {
  if (in_text_ && fallbacks_ == 0) out_.add(utf8);
}

void WorkbookHandler::start(std::string_view name, const XmlAttributes& attributes) {
  if (name != "sheet") return;
  out_.add(attributes.find("name"));
  out_.separate('\n');
}

void SharedStringsHandler::start(std::string_view name, const XmlAttributes&) {
  if (name == "si") strings_.emplace_back();
  if (name == "rPh") in_phonetic_ = true;
  in_text_ = name == "t" && !in_phonetic_ && !strings_.empty();
}

void SharedStringsHandler::end(std::string_view name) {
  if (name == "rPh") in_phonetic_ = false;
  in_text_ = false;
}

void SharedStringsHandler::text(std::string_view utf8) {
  if (!in_text_) return;
  strings_.back().append(utf8);
  bytes_ += utf8.size();
}

bool SharedStringsHandler::is_done() const {
  return strings_.size() > kMaxSharedStrings || bytes_ > kMaxSharedBytes;
}

void SheetHandler::start(std::string_view name, const XmlAttributes& attributes) {
  if (name == "c") is_shared_ = attributes.find("t") == "s";
  in_value_ = name == "v" || name == "t";
}

void SheetHandler::end(std::string_view name) {
  if (name == "v" || name == "t") end_value();
  if (name == "c") out_.separate('\t');
  if (name == "row") out_.separate('\n');
  in_value_ = false;
}

void SheetHandler::text(std::string_view utf8) {
  if (!in_value_) return;
  if (is_shared_ && value_.size() < kMaxIndexDigits) {
    value_.append(utf8.substr(0, kMaxIndexDigits));
  } else if (!is_shared_) {
    out_.add(utf8);
  }
}

void SheetHandler::end_value() {
  std::size_t index = 0;
  const auto result = std::from_chars(value_.data(), value_.data() + value_.size(), index);
  if (is_shared_ && result.ec == std::errc() && index < strings_.size()) out_.add(strings_[index]);
  value_.clear();
}

}  // namespace indexer
