#include "mail/attachment_join.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace mail {
namespace {

bool is_whole_message(const AttachedBody& file) { return file.type == "message/rfc822"; }

bool is_text_file(const AttachedBody& file) {
  return file.type == "text/plain" || file.type == "text/html";
}

// A path's segment of one or two dots is none.
bool is_segment(std::string_view id) { return !id.empty() && id != "." && id != ".."; }

void assign_files(const FileLists& lists, std::vector<Attachment>& attachments) {
  std::unordered_map<std::string_view, const AttachedBody*> unclaimed;
  for (const auto& file : lists.files) unclaimed.emplace(file.name, &file);
  for (const auto& attachment : attachments) unclaimed.erase(attachment.blob);
  auto messages = std::count_if(unclaimed.begin(), unclaimed.end(),
                                [](const auto& entry) { return is_whole_message(*entry.second); });
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    auto& attachment = attachments[i];
    if (!attachment.blob.empty()) continue;
    const auto& file_name = lists.file_names[i];
    const auto file = unclaimed.find(file_name.empty() ? attachment.name : file_name);
    if (file == unclaimed.end()) continue;
    // A part inside the original may be named as the original is.
    const bool is_message = is_whole_message(*file->second);
    if (is_message && messages == 1 && !attachment.part_id.empty()) continue;
    if (is_message) --messages;
    attachment.blob = file->first;
    unclaimed.erase(file);
  }
}

void assign_bodies(std::vector<AttachedBody>&& files, MetadataDocument& d) {
  std::unordered_set<std::string_view> named, named_parts;
  for (const auto& attachment : d.attachments) {
    named.insert(attachment.blob);
    (attachment.part_id.empty() ? named : named_parts).insert(attachment.name);
  }
  for (auto& file : files) {
    if (named.contains(file.name)) continue;
    if (is_whole_message(file)) {
      if (!d.original) d.original = std::move(file);
    } else if (is_text_file(file) && !named_parts.contains(file.name)) {
      d.attached_bodies.push_back(std::move(file));
    }
  }
  std::stable_sort(
      d.attached_bodies.begin(), d.attached_bodies.end(),
      [](const AttachedBody& a, const AttachedBody& b) { return a.type > b.type; });  // plain first
}

void assign_part_ids(std::vector<Attachment>& attachments) {
  std::unordered_set<std::string> taken;
  std::vector<std::size_t> without;
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    const auto& id = attachments[i].part_id;
    if (!is_segment(id) || !taken.insert(id).second) without.push_back(i);
  }
  for (const auto i : without) {
    auto id = "a" + std::to_string(i + 1);
    while (!taken.insert(id).second) id += '_';
    attachments[i].part_id = std::move(id);
  }
}

}  // namespace

void join_attachments(FileLists&& lists, MetadataDocument& document) {
  assign_files(lists, document.attachments);
  assign_bodies(std::move(lists.files), document);
  assign_part_ids(document.attachments);
}

}  // namespace mail
