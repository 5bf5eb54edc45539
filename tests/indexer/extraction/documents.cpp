#include "tests/indexer/extraction/documents.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <stdexcept>

namespace indexer::documents {

std::string zip(const Files& files) {
  std::size_t room = 1'024;
  for (const auto& [name, bytes] : files) room += 1'024 + bytes.size();
  std::string package(room, '\0');
  std::size_t used = 0;
  auto* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  archive_write_open_memory(writer, package.data(), package.size(), &used);
  for (const auto& [name, bytes] : files) {
    auto* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_write_header(writer, entry);
    archive_write_data(writer, bytes.data(), bytes.size());
    archive_entry_free(entry);
  }
  const int result = archive_write_close(writer);
  archive_write_free(writer);
  if (result != ARCHIVE_OK) throw std::runtime_error("cannot write a zip package");
  package.resize(used);
  return package;
}

std::string pdf(const std::vector<std::string>& lines) {
  std::string text = "BT /F1 12 Tf 72 720 Td";
  for (const auto& line : lines) text += fmt::format(" ({}) Tj 0 -20 Td", line);
  text += " ET";
  std::string file = "%PDF-1.4\n";
  std::vector<std::size_t> places;
  const auto add = [&](const std::string& object) {
    places.push_back(file.size());
    file += fmt::format("{} 0 obj\n{}\nendobj\n", places.size(), object);
  };
  add("<</Type/Catalog/Pages 2 0 R>>");
  add("<</Type/Pages/Kids[3 0 R]/Count 1>>");
  add("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 "
      "R>>>>>>");
  add(fmt::format("<</Length {}>>\nstream\n{}\nendstream", text.size(), text));
  add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>");
  const auto table = file.size();
  file += fmt::format("xref\n0 {}\n0000000000 65535 f \n", places.size() + 1);
  for (const auto place : places) file += fmt::format("{:010} 00000 n \n", place);
  return file + fmt::format("trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{}\n%%EOF\n",
                            places.size() + 1, table);
}

std::string docx(const std::vector<std::string>& paragraphs) {
  std::string document = R"(<w:document xmlns:w="urn:w"><w:body>)";
  for (const auto& text : paragraphs)
    document += fmt::format("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", text);
  return zip({{"[Content_Types].xml", "<Types/>"},
              {"word/document.xml", document + "</w:body></w:document>"}});
}

}  // namespace indexer::documents
