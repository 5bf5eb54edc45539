#include "api/render_doctor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/json_members.hpp"
#include "mail/json_writer.hpp"

namespace api {
namespace {

void write_texts(mail::JsonWriter& json, std::string_view name,
                 const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const auto& text : texts) json.string(text);
  json.end_array();
}

std::string line_of(const indexer::Difference& difference) {
  const std::string document =
      difference.doc_id.empty() ? "" : fmt::format(" {}", difference.doc_id);
  return fmt::format("{} {}{}: {}", name_of(difference.where), name_of(difference.kind), document,
                     difference.detail);
}

// "3 documents here, 2 listed, 2 in the index; 0 differences"
std::string line_of(const indexer::DoctorReport& report) {
  std::vector<std::string> checked;
  const auto add = [&](const std::optional<std::int64_t>& count, std::string_view what) {
    if (count) checked.push_back(fmt::format("{} {}", *count, what));
  };
  add(report.source, "documents at the source");
  add(report.store, "documents here");
  add(report.catalog, "listed");
  add(report.index, "in the index");
  std::string line =
      fmt::format("{}: {} differences", fmt::join(checked, ", "), report.findings.count());
  if (!report.repairs.empty())
    line +=
        fmt::format(" are left, {} mended: {}", report.repaired, fmt::join(report.repairs, "; "));
  for (const auto& note : report.notes) line += fmt::format("; {}", note);
  return line;
}

}  // namespace

std::string render_doctor(const indexer::DoctorReport& report) {
  std::string out;
  mail::JsonWriter json(out);
  json.begin_object().key("account").string(report.account).key("checked").begin_object();
  write_optional(json, "source", report.source);
  write_optional(json, "store", report.store);
  write_optional(json, "catalog", report.catalog);
  write_optional(json, "index", report.index);
  json.end_object().key("differences").begin_array();
  for (const auto& difference : report.findings.named()) {
    json.begin_object().key("kind").string(name_of(difference.kind));
    write_text_or_null(json, "docId", difference.doc_id);
    json.key("where").string(name_of(difference.where));
    json.key("detail").string(difference.detail).end_object();
  }
  json.end_array().key("found").number(report.findings.count());
  json.key("repaired").number(report.repaired);
  write_texts(json, "repairs", report.repairs);
  write_texts(json, "notes", report.notes);
  json.end_object();
  return out;
}

TaskOutcome doctor_outcome(const indexer::DoctorReport& report, bool as_json) {
  TaskOutcome outcome(as_json ? render_doctor(report) : line_of(report));
  for (const auto& difference : report.findings.named())
    outcome.problems.push_back(line_of(difference));
  return outcome;
}

}  // namespace api
