// Reader of content.xml and styles.xml of OpenDocument packages (ISO 26300), by the local names of
// their elements.
#pragma once

#include <string_view>

#include "indexer/extraction/text_output.hpp"
#include "indexer/extraction/xml.hpp"

namespace indexer {

// Text stands in paragraphs and headings. Of styles only those of headers and footers count.
class OpenDocumentHandler : public XmlHandler {
 public:
  OpenDocumentHandler(TextOutput& out, bool is_styles) : out_(out), is_styles_(is_styles) {}
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view utf8) override;
  [[nodiscard]] bool is_done() const override { return out_.is_full(); }

 private:
  [[nodiscard]] bool is_wanted() const {
    return paragraphs_ > 0 && unwanted_ == 0 && (!is_styles_ || in_header_ > 0);
  }

  TextOutput& out_;
  bool is_styles_;
  int paragraphs_ = 0;  // that are open: one may hold others, in a frame or a note
  int unwanted_ = 0;  // inside what was deleted, or tells how a text is read
  int in_header_ = 0;
};

}  // namespace indexer
