#include "tests/bench/gmime_opponent.hpp"

#include <gmime/gmime.h>
#include <libxml/HTMLparser.h>
#include <memory>
#include <string>
#include <vector>

namespace bench {
namespace {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <typename T>
using Ref = std::unique_ptr<T, Unref>;

std::string copied(const char* text) { return text == nullptr ? std::string() : text; }

struct Extracted {
  std::vector<std::string> fields;
  std::vector<std::string> texts;
};

void append_text(const xmlNode* node, std::string& out) {
  for (; node != nullptr; node = node->next) {
    const std::string_view name =
        node->name == nullptr ? "" : reinterpret_cast<const char*>(node->name);
    if (name == "script" || name == "style") continue;
    if (node->type == XML_TEXT_NODE) out += reinterpret_cast<const char*>(node->content);
    append_text(node->children, out);
  }
}

std::string stripped(const std::string& html) {
  const std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)> document(
      htmlReadMemory(
          html.data(), static_cast<int>(html.size()), nullptr, "UTF-8",
          HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET),
      xmlFreeDoc);
  std::string out;
  if (document) append_text(xmlDocGetRootElement(document.get()), out);
  return out;
}

void read_part(GMimeObject*, GMimeObject* part, gpointer data) {
  auto& out = *static_cast<Extracted*>(data);
  if (!GMIME_IS_PART(part)) return;
  out.fields.push_back(copied(g_mime_part_get_filename(GMIME_PART(part))));
  const char* disposition = g_mime_object_get_disposition(part);
  if (!GMIME_IS_TEXT_PART(part) || copied(disposition) == "attachment") return;
  char* text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
  auto kept = copied(text);
  g_free(text);
  const auto* type = g_mime_object_get_content_type(part);
  const bool is_html =
      g_mime_content_type_is_type(const_cast<GMimeContentType*>(type), "text", "html");
  out.texts.push_back(is_html ? stripped(kept) : std::move(kept));
}

}  // namespace

std::size_t extract_with_gmime(std::string_view raw) {
  const Ref<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(raw.data(), raw.size()));
  const Ref<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  const Ref<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
  if (!message) return 0;
  Extracted out;
  out.fields.push_back(copied(g_mime_message_get_subject(message.get())));
  out.fields.push_back(copied(g_mime_message_get_message_id(message.get())));
  for (const char* name : {"References", "In-Reply-To"})
    out.fields.push_back(copied(g_mime_object_get_header(GMIME_OBJECT(message.get()), name)));
  for (const auto kind : {GMIME_ADDRESS_TYPE_FROM, GMIME_ADDRESS_TYPE_TO, GMIME_ADDRESS_TYPE_CC}) {
    char* list = internet_address_list_to_string(g_mime_message_get_addresses(message.get(), kind),
                                                 nullptr, FALSE);
    out.fields.push_back(copied(list));
    g_free(list);
  }
  static_cast<void>(g_mime_message_get_date(message.get()));
  g_mime_message_foreach(message.get(), read_part, &out);
  std::size_t size = 0;
  for (const auto& text : out.texts) size += text.size();
  return size;
}

}  // namespace bench
