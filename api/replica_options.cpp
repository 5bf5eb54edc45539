#include "api/replica_options.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/clock.hpp"
#include "indexer/extraction/extract.hpp"

namespace api {
namespace {

constexpr std::uint64_t kLeastBatch = 1ULL << 20U;  // bytes

// The rules by which documents are left out.
struct Filter {
  std::string doctype_member;  // empty: the database has one doctype only
  std::vector<mail::Doctype> doctypes;  // that are kept; empty: all
  std::optional<std::chrono::sys_seconds> messages_since;

  [[nodiscard]] bool keeps(std::string_view document) const;
};

// Unreadable documents are kept; the projection then reports them.
bool Filter::keeps(std::string_view document) const {
  if (!doctype_member.empty()) {
    const auto doctype = mail::read_doctype(document, doctype_member);
    if (!doctype) return true;
    const bool is_wanted =
        doctypes.empty() ||
        (*doctype && std::find(doctypes.begin(), doctypes.end(), **doctype) != doctypes.end());
    if (!is_wanted) return false;
    if (*doctype != mail::Doctype::kEmails) return true;
  }
  if (!messages_since) return true;
  const auto date = mail::read_message_date(document);
  return !date || !*date || (*date)->utc >= *messages_since;
}

// What the index reads: texts, documents, and whole messages, which give text and attachments.
bool is_extracted(std::string_view content_type) {
  const auto type = indexer::file_type(content_type, "");
  return type != indexer::FileType::kNone && type != indexer::FileType::kUnknown;
}

void add_filter(replica::ReplicatorOptions& options, const SourceConfig& source,
                mail::Doctype doctype) {
  Filter filter;
  if (source.layout.has_all_doctypes_in_one()) {
    filter.doctype_member = source.doctype_member;
    if (source.doctypes.size() < std::size(mail::kDoctypes)) {
      std::vector<std::string_view> names;
      for (const mail::Doctype kept : source.doctypes) names.push_back(mail::doctype_name(kept));
      filter.doctypes = source.doctypes;
      options.filter = fmt::format("{} in {}", source.doctype_member, fmt::join(names, ","));
    }
  }
  if (source.messages_since &&
      (!filter.doctype_member.empty() || doctype == mail::Doctype::kEmails)) {
    filter.messages_since = source.messages_since->since(current_time());
    if (!options.filter.empty()) options.filter += "; ";
    options.filter += "messages since " + source.messages_since->text;
  }
  if (options.filter.empty()) return;
  options.keep = [filter](std::string_view document) { return filter.keeps(document); };
}

void add_attachments(replica::ReplicatorOptions& options, Attachments which,
                     indexer::Account& account) {
  options.wants_bytes = wanted_bytes(which);
  if (options.wants_bytes) options.blobs = &account.stores().blobs();
}

}  // namespace

std::function<bool(std::string_view content_type, std::uint64_t size)> wanted_bytes(
    Attachments which) {
  if (which == Attachments::kNone) return nullptr;
  return [which](std::string_view content_type, std::uint64_t size) {
    return which == Attachments::kKeep ||
           (is_extracted(content_type) && size <= indexer::kMaxFileBytes);
  };
}

replica::ReplicatorOptions replica_options(const Config& config, const SourceConfig& source,
                                           indexer::Account& account, mail::Doctype doctype) {
  replica::ReplicatorOptions options;
  options.write_checkpoints = source.write_checkpoints;
  const std::uint64_t pulls = config.replication.pulls * config.sources.size();
  options.batch_bytes =
      std::clamp<std::uint64_t>(config.replication.memory / std::max<std::uint64_t>(pulls, 1),
                                kLeastBatch, replica::tuning::kBatchBytes);
  add_filter(options, source, doctype);
  add_attachments(options, source.attachments, account);
  return options;
}

}  // namespace api
