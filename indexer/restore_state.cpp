#include "indexer/restore_state.hpp"

#include <nlohmann/json.hpp>

#include "indexer/durable_files.hpp"
#include "mail/json_writer.hpp"
#include "replica/files.hpp"

namespace indexer {
namespace {

constexpr const char* kFile = "restored.json";

}  // namespace

RestoreState read_restore_state(const std::filesystem::path& account_folder) {
  const auto bytes = replica::read_file(account_folder / kFile);
  if (!bytes) return {};
  const auto json = nlohmann::json::parse(*bytes, nullptr, false);
  const auto text_of = [&json](const char* name) {
    const auto found = json.is_object() ? json.find(name) : json.end();
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  return {text_of("state"), text_of("applying")};
}

void write_restore_state(const std::filesystem::path& account_folder, const RestoreState& state) {
  std::string json;
  mail::JsonWriter(json)
      .begin_object()
      .key("state")
      .string(state.state)
      .key("applying")
      .string(state.applying)
      .end_object();
  replace_file(account_folder / kFile, json + "\n");
}

void require_next(const RestoreState& known, const ExportHeader& header, bool is_empty) {
  if (known.applying == header.state) return;
  if (!known.applying.empty()) {
    throw ExportRefused(
        "the import of another export into this account was cut off: import that one again first");
  }
  if (header.since.empty()) {
    if (is_empty) return;
    throw ExportRefused(
        "this is a whole export, and the account is not empty: import it into a new account");
  }
  if (known.state == header.since) return;
  if (known.state.empty()) {
    throw ExportRefused(
        "this export has only what changed since an earlier one, which this account has not: "
        "import "
        "the whole export into a new account first, then those after it in order");
  }
  throw ExportRefused(
      "this export does not go on from what this account has: one between them is missing, or it "
      "was "
      "imported before; import those after the account's state in order. The account has the "
      "state " +
      known.state + ", the export goes on from " + header.since);
}

}  // namespace indexer
