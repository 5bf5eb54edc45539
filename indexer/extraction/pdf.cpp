#include "indexer/extraction/pdf.hpp"

#include <memory>
#include <poppler/cpp/poppler-document.h>
#include <poppler/cpp/poppler-page.h>
#include <stdexcept>

#include "mail/text.hpp"

namespace indexer {
namespace {

constexpr int kMaxPages = 20'000;

void add(TextOutput& out, const poppler::ustring& text) {
  const auto utf8 = text.to_utf8();
  out.add(mail::to_valid_utf8({utf8.data(), utf8.size()}));
  out.separate('\n');
}

}  // namespace

void read_pdf(std::string_view bytes, TextOutput& out) {
  poppler::set_debug_error_function([](const std::string&, void*) {}, nullptr);
  const std::unique_ptr<poppler::document> document(
      poppler::document::load_from_raw_data(bytes.data(), static_cast<int>(bytes.size())));
  if (!document) throw std::runtime_error("it is no PDF that can be read");
  if (document->is_locked()) throw std::runtime_error("it opens with a password only");
  add(out, document->get_title());
  const int pages = std::min(document->pages(), kMaxPages);
  for (int i = 0; i < pages && !out.is_full(); ++i) {
    const std::unique_ptr<poppler::page> page(document->create_page(i));
    if (page) add(out, page->text({}, poppler::page::non_raw_non_physical_layout));
  }
}

}  // namespace indexer
