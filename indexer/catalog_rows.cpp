#include "indexer/catalog_rows.hpp"

#include "indexer/thread_batch.hpp"
#include "mail/json_writer.hpp"

namespace indexer {
namespace {

void append_level(std::string& row, std::string_view level) {
  row.append(R"(,"level":")").append(level).append("\"");
}

// `rows` is of Reader::thread_rows.
void append_thread(std::string& row, Reader& reader, const Rows& rows) {
  row += R"(,"thread":)";
  mail::JsonWriter writer(row);
  writer.begin_object().key("count").number(rows.integer(7)).key("unread").number(rows.integer(8));
  writer.key("participants");
  if (!rows.is_null(9)) {
    writer.raw(rows.text(9));
  } else {
    Rows members(reader.thread_oldest_first, rows.integer(6), kParticipantsFrom);
    writer.raw(render_participants([&members](std::string_view& sender) {
      if (!members.next()) return false;
      sender = members.text(1);
      return true;
    }));
  }
  writer.end_object();
}

// Attachments are indexed together with what the document itself says.
std::string_view message_level(const Rows& rows, const TextReach& reach) {
  if (rows.integer(2) > reach.emails || rows.integer(3) > reach.contents) return "metadata";
  if (rows.integer(5) != 0) return "attachments";
  return rows.integer(4) > 0 ? "body" : "metadata";
}

std::string complete_message(Reader& reader, const Rows& rows, const TextReach& reach,
                             bool with_thread) {
  const auto rendered = rows.text(0), thread_id = rows.text(1);
  std::string row;
  row.reserve(rendered.size() + thread_id.size() + (with_thread ? 512 : 64));
  row.append(rendered).append(R"(,"threadId":")").append(thread_id).append("\"");
  append_level(row, message_level(rows, reach));
  if (with_thread) append_thread(row, reader, rows);
  row += '}';
  return row;
}

std::string complete_file(Reader& reader, std::int64_t entry, const TextReach& reach) {
  Rows rows(reader.file_row, entry);
  if (!rows.next()) return {};
  std::string row(rows.text(0));
  append_level(row, rows.integer(1) <= reach.files && rows.integer(2) > 0 ? "body" : "metadata");
  row += '}';
  return row;
}

}  // namespace

std::vector<std::string> read_message_rows(Reader& reader, const std::vector<std::int64_t>& entries,
                                           const TextReach& reach, bool with_thread) {
  std::vector<std::string> read;
  if (entries.empty()) return read;
  read.reserve(entries.size());
  std::string array;
  for (const auto entry : entries)
    array.append(array.empty() ? "[" : ",").append(std::to_string(entry));
  array += ']';
  auto& statement = with_thread ? reader.thread_rows : reader.message_rows;
  for (Rows rows(statement, array); rows.next();)
    read.push_back(complete_message(reader, rows, reach, with_thread));
  return read;
}

std::vector<std::string> read_file_rows(Reader& reader, const std::vector<std::int64_t>& entries,
                                        const TextReach& reach) {
  std::vector<std::string> read;
  for (const auto entry : entries) read.push_back(complete_file(reader, entry, reach));
  return read;
}

}  // namespace indexer
