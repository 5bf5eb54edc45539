#include "indexer/extraction/xml.hpp"

#include <algorithm>
#include <exception>
#include <libxml/parser.h>
#include <memory>
#include <new>
#include <stdexcept>

#include "mail/text.hpp"

namespace indexer {
namespace {

std::string_view view(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

// One run of the parser. Nothing may be thrown through libxml2: what is thrown waits here.
struct Run {
  const NextPiece& next;
  XmlHandler& handler;
  std::string_view piece;
  xmlParserCtxtPtr parser = nullptr;
  bool has_element = false;
  std::exception_ptr thrown;

  template <typename Action>
  void guarded(Action&& action) {
    if (thrown) return;
    try {
      action();
      if (handler.is_done()) xmlStopParser(parser);
    } catch (...) {
      thrown = std::current_exception();
      xmlStopParser(parser);
    }
  }
};

Run& run_of(void* user) { return *static_cast<Run*>(user); }

int read_piece(void* user, char* buffer, int room) {
  auto& run = run_of(user);
  if (run.thrown) return -1;
  try {
    if (run.piece.empty()) run.piece = run.next();
  } catch (...) {
    run.thrown = std::current_exception();
    return -1;
  }
  const auto length = std::min(run.piece.size(), static_cast<std::size_t>(room));
  run.piece.copy(buffer, length);
  run.piece.remove_prefix(length);
  return static_cast<int>(length);
}

void start_element(void* user, const xmlChar* name, const xmlChar*, const xmlChar*, int,
                   const xmlChar**, int count, int, const xmlChar** attributes) {
  auto& run = run_of(user);
  run.has_element = true;
  run.guarded([&] { run.handler.start(view(name), XmlAttributes(attributes, count)); });
}

void end_element(void* user, const xmlChar* name, const xmlChar*, const xmlChar*) {
  auto& run = run_of(user);
  run.guarded([&] { run.handler.end(view(name)); });
}

void characters(void* user, const xmlChar* text, int length) {
  auto& run = run_of(user);
  const std::string_view utf8(reinterpret_cast<const char*>(text),
                              static_cast<std::size_t>(length));
  // libxml2 goes on after bytes that are no UTF-8, and passes them on.
  run.guarded([&] { run.handler.text(mail::to_valid_utf8(utf8)); });
}

struct FreeParser {
  void operator()(xmlParserCtxtPtr parser) const {
    if (parser->myDoc != nullptr) xmlFreeDoc(parser->myDoc);
    xmlFreeParserCtxt(parser);
  }
};

// Some errors are printed whatever the options say.
void print_nothing(void*, const char*, ...) {}

}  // namespace

std::string_view XmlAttributes::find(std::string_view local_name) const {
  for (int i = 0; i < count_; ++i) {
    const auto* const* attribute = values_ + std::ptrdiff_t{i} * 5;
    if (view(attribute[0]) == local_name)
      return {reinterpret_cast<const char*>(attribute[3]),
              static_cast<std::size_t>(attribute[4] - attribute[3])};
  }
  return {};
}

void read_xml(const NextPiece& next, XmlHandler& handler) {
  // What is not set is not done: no entity is declared, no document built.
  xmlSetGenericErrorFunc(nullptr, print_nothing);
  xmlSAXHandler events{};
  events.initialized = XML_SAX2_MAGIC;
  events.startElementNs = start_element;
  events.endElementNs = end_element;
  events.characters = characters;
  events.ignorableWhitespace = characters;
  events.cdataBlock = characters;

  Run run{next, handler, {}, nullptr, false, {}};
  const std::unique_ptr<xmlParserCtxt, FreeParser> parser(
      xmlCreateIOParserCtxt(&events, &run, read_piece, nullptr, &run, XML_CHAR_ENCODING_NONE));
  if (!parser) throw std::bad_alloc();
  run.parser = parser.get();
  xmlCtxtUseOptions(parser.get(),
                    XML_PARSE_NONET | XML_PARSE_RECOVER | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  xmlParseDocument(parser.get());
  if (run.thrown) std::rethrow_exception(run.thrown);
  if (!run.has_element) throw std::runtime_error("its XML cannot be read: it may be encrypted");
}

}  // namespace indexer
