#include "indexer/renewal_mark.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "indexer/durable_files.hpp"
#include "mail/json_writer.hpp"
#include "replica/files.hpp"

namespace indexer {
namespace {

std::optional<mail::Doctype> doctype_called(const std::string& name) {
  const auto found = std::find_if(std::begin(mail::kDoctypes), std::end(mail::kDoctypes),
                                  [&](auto each) { return mail::doctype_name(each) == name; });
  return found == std::end(mail::kDoctypes) ? std::nullopt : std::optional(*found);
}

}  // namespace

RenewalMark::RenewalMark(const std::filesystem::path& generation, std::string_view task)
    : file_(generation / "renewal.json"), task_(task) {}

std::optional<Renewal> RenewalMark::read() const {
  const auto bytes = task_.empty() ? std::nullopt : replica::read_file(file_);
  if (!bytes) return std::nullopt;
  const auto json = nlohmann::json::parse(*bytes, nullptr, false);
  try {
    if (json.at("task") != task_) return std::nullopt;
    Renewal renewal;
    renewal.entries = json.at("entries").get<std::int64_t>();
    if (const auto& after = json.at("after"); !after.is_null())
      renewal.after = OrderKey{after.at(0).get<std::int64_t>(), after.at(1).get<std::string>()};
    for (const auto& document : json.at("begun")) {
      if (const auto doctype = doctype_called(document.at(0).get<std::string>()))
        renewal.begun.push_back({*doctype, document.at(1).get<std::string>()});
    }
    return renewal;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // nobody else's, and of no use: the work begins anew
  }
}

void RenewalMark::write(const Renewal& renewal) const {
  if (task_.empty()) return;
  std::string json;
  mail::JsonWriter writer(json);
  writer.begin_object().key("task").string(task_).key("entries").number(renewal.entries);
  writer.key("after");
  if (renewal.after) {
    writer.begin_array().number(renewal.after->date).string(renewal.after->id).end_array();
  } else {
    writer.null();
  }
  writer.key("begun").begin_array();
  for (const auto& [doctype, id] : renewal.begun)
    writer.begin_array().string(mail::doctype_name(doctype)).string(id).end_array();
  writer.end_array().end_object();
  replace_file(file_, json + "\n");
}

void RenewalMark::remove() const {
  std::error_code ignored;
  if (!task_.empty()) std::filesystem::remove(file_, ignored);
}

}  // namespace indexer
