#include "indexer/extraction/open_document.hpp"

namespace indexer {
namespace {

bool is_paragraph(std::string_view name) { return name == "p" || name == "h"; }

bool is_unwanted(std::string_view name) { return name == "tracked-changes" || name == "ruby-text"; }

bool is_header(std::string_view name) {
  return name == "header" || name == "footer" || name == "header-left" || name == "footer-left" ||
         name == "header-first" || name == "footer-first";
}

}  // namespace

void OpenDocumentHandler::start(std::string_view name, const XmlAttributes& attributes) {
  if (is_paragraph(name)) ++paragraphs_;
  if (is_unwanted(name)) ++unwanted_;
  if (is_header(name)) ++in_header_;
  if (name == "table" && !is_styles_) {
    out_.add(attributes.find("name"));
    out_.separate('\n');
  }
  if (!is_wanted()) return;
  if (name == "s") out_.add(" ");
  if (name == "tab") out_.add("\t");
  if (name == "line-break") out_.separate('\n');
}

void OpenDocumentHandler::end(std::string_view name) {
  if (is_paragraph(name)) {
    if (is_wanted()) out_.separate('\n');
    --paragraphs_;
  }
  if (is_unwanted(name)) --unwanted_;
  if (is_header(name)) --in_header_;
}

void OpenDocumentHandler::text(std::string_view utf8) {
  if (is_wanted()) out_.add(utf8);
}

}  // namespace indexer
