#include "indexer/extraction/office_parts.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "indexer/extraction/ooxml.hpp"
#include "indexer/extraction/open_document.hpp"

namespace indexer {
namespace {

// A name begins and ends so. What stands first is read first.
struct Pattern {
  std::string_view begin, end;
  PartKind kind;
};

constexpr Pattern kPatterns[] = {
    {"docProps/core.xml", "", PartKind::kProperties},
    {"meta.xml", "", PartKind::kProperties},
    {"word/document", ".xml", PartKind::kOoxmlText},
    {"xl/workbook.xml", "", PartKind::kWorkbook},
    {"xl/sharedStrings.xml", "", PartKind::kSharedStrings},
    {"xl/worksheets/sheet", ".xml", PartKind::kSheet},
    {"ppt/slides/slide", ".xml", PartKind::kOoxmlText},
    {"content.xml", "", PartKind::kOpenDocument},
    {"styles.xml", "", PartKind::kOpenDocumentStyles},
    {"word/footnotes.xml", "", PartKind::kOoxmlText},
    {"word/endnotes.xml", "", PartKind::kOoxmlText},
    {"word/header", ".xml", PartKind::kOoxmlText},
    {"word/footer", ".xml", PartKind::kOoxmlText},
    {"ppt/notesSlides/notesSlide", ".xml", PartKind::kOoxmlText},
    {"word/comments.xml", "", PartKind::kOoxmlText},
    {"xl/comments", ".xml", PartKind::kOoxmlText},
    {"xl/threadedComments/", ".xml", PartKind::kOoxmlText},
    {"ppt/comments/", ".xml", PartKind::kOoxmlText},
    {"xl/drawings/drawing", ".xml", PartKind::kOoxmlText},
    {"word/diagrams/data", ".xml", PartKind::kOoxmlText},
    {"ppt/diagrams/data", ".xml", PartKind::kOoxmlText},
    {"xl/diagrams/data", ".xml", PartKind::kOoxmlText},
    {"word/charts/chart", ".xml", PartKind::kOoxmlChart},
    {"ppt/charts/chart", ".xml", PartKind::kOoxmlChart},
    {"xl/charts/chart", ".xml", PartKind::kOoxmlChart},
};
constexpr std::string_view kEmbeddedObject = "/content.xml";  // "Object 1/content.xml"

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "slide10.xml" comes after "slide2.xml": numbers get as many digits as any has.
std::string with_numbers_in_order(std::string_view name) {
  constexpr std::size_t kDigits = 10;
  std::string order;
  while (!name.empty()) {
    const auto digits = static_cast<std::size_t>(
        std::find_if_not(name.begin(), name.end(), is_digit) - name.begin());
    if (digits > 0) order.append(kDigits - std::min(kDigits, digits), '0');
    const auto taken = std::max<std::size_t>(digits, 1);
    order.append(name.substr(0, taken));
    name.remove_prefix(taken);
  }
  return order;
}

// The members of a document's properties that somebody wrote.
class PropertiesHandler : public XmlHandler {
 public:
  explicit PropertiesHandler(TextOutput& out) : out_(out) {}
  void start(std::string_view name, const XmlAttributes&) override {
    is_wanted_ = name == "title" || name == "subject" || name == "description" ||
                 name == "keywords" || name == "keyword";
  }
  void end(std::string_view) override {
    if (is_wanted_) out_.separate('\n');
    is_wanted_ = false;
  }
  void text(std::string_view utf8) override {
    if (is_wanted_) out_.add(utf8);
  }
  [[nodiscard]] bool is_done() const override { return out_.is_full(); }

 private:
  TextOutput& out_;
  bool is_wanted_ = false;
};

}  // namespace

OfficePart part_of(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kPatterns); ++i) {
    const auto& pattern = kPatterns[i];
    const bool matches = pattern.end.empty()
                             ? name == pattern.begin
                             : name.starts_with(pattern.begin) && name.ends_with(pattern.end);
    if (matches) return {pattern.kind, static_cast<int>(i), with_numbers_in_order(name)};
  }
  if (name.ends_with(kEmbeddedObject))
    return {PartKind::kOpenDocument, static_cast<int>(std::size(kPatterns)),
            with_numbers_in_order(name)};
  return {};
}

SharedStrings read_shared_strings(const NextPiece& next) {
  SharedStrings strings;
  SharedStringsHandler handler(strings);
  read_xml(next, handler);
  return strings;
}

std::unique_ptr<XmlHandler> handler_of(PartKind kind, const SharedStrings& strings,
                                       TextOutput& out) {
  switch (kind) {
    case PartKind::kProperties:
      return std::make_unique<PropertiesHandler>(out);
    case PartKind::kOoxmlText:
      return std::make_unique<OoxmlTextHandler>(out, false);
    case PartKind::kOoxmlChart:
      return std::make_unique<OoxmlTextHandler>(out, true);
    case PartKind::kWorkbook:
      return std::make_unique<WorkbookHandler>(out);
    case PartKind::kSheet:
      return std::make_unique<SheetHandler>(strings, out);
    case PartKind::kOpenDocument:
      return std::make_unique<OpenDocumentHandler>(out, false);
    case PartKind::kOpenDocumentStyles:
      return std::make_unique<OpenDocumentHandler>(out, true);
    case PartKind::kNone:
    case PartKind::kSharedStrings:
      break;
  }
  throw std::logic_error("a part without text has no reader");
}

}  // namespace indexer
