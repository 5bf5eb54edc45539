// Readers of the parts of OOXML packages (ECMA-376), by the local names of their elements.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indexer/extraction/text_output.hpp"
#include "indexer/extraction/xml.hpp"

namespace indexer {

// Documents, slides, comments: text stands in <t>, of charts also in <v>.
class OoxmlTextHandler : public XmlHandler {
 public:
  OoxmlTextHandler(TextOutput& out, bool is_chart) : out_(out), is_chart_(is_chart) {}
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view utf8) override;
  [[nodiscard]] bool is_done() const override { return out_.is_full(); }

 private:
  [[nodiscard]] bool is_text(std::string_view name) const {
    return name == "t" || (is_chart_ && name == "v");
  }

  TextOutput& out_;
  bool is_chart_;
  bool in_text_ = false;
  int fallbacks_ = 0;  // inside what repeats a text for older programs
};

// The names of the sheets.
class WorkbookHandler : public XmlHandler {
 public:
  explicit WorkbookHandler(TextOutput& out) : out_(out) {}
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  [[nodiscard]] bool is_done() const override { return out_.is_full(); }

 private:
  TextOutput& out_;
};

// Texts of cells, kept once for all sheets; as far as a bound.
class SharedStringsHandler : public XmlHandler {
 public:
  explicit SharedStringsHandler(std::vector<std::string>& strings) : strings_(strings) {}
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view utf8) override;
  [[nodiscard]] bool is_done() const override;

 private:
  std::vector<std::string>& strings_;
  std::size_t bytes_ = 0;
  bool in_text_ = false;
  bool in_phonetic_ = false;  // how a Japanese text is read
};

// A line for each row; values as they are stored, without their number formats.
class SheetHandler : public XmlHandler {
 public:
  SheetHandler(const std::vector<std::string>& strings, TextOutput& out)
      : strings_(strings), out_(out) {}
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view utf8) override;
  [[nodiscard]] bool is_done() const override { return out_.is_full(); }

 private:
  void end_value();

  const std::vector<std::string>& strings_;
  TextOutput& out_;
  bool is_shared_ = false;  // the cell's value is the number of a shared string
  bool in_value_ = false;
  std::string value_;
};

}  // namespace indexer
