// show --attachment: the bytes of one, into a file or to standard output.
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "api/admin_client.hpp"
#include "api/command_support.hpp"
#include "api/commands_show.hpp"
#include "api/message_lines.hpp"
#include "api/percent.hpp"
#include "api/terminal.hpp"
#include "mail/documents.hpp"
#include "mail/parser.hpp"
#include "replica/attachments.hpp"

namespace api {
namespace {

using nlohmann::json;

std::string attachments_in_words(const json& attachments) {
  std::string words;
  for (const json& each : attachments) {
    words += fmt::format("{}{} (part {})", words.empty() ? "" : ", ", text_of(each, "name"),
                         text_of(each, "partId"));
  }
  return words.empty() ? "there are none" : "there are " + words;
}

// The partId of what is meant by a partId or a name.
std::string part_meant(const ShowCommand& command, const json& attachments) {
  std::vector<std::string> named;
  for (const json& each : attachments) {
    std::string part = each.value("partId", "");
    if (part == command.part) return part;
    if (text_of(each, "name") == for_terminal(command.part)) named.push_back(std::move(part));
  }
  if (named.size() == 1) return named.front();
  throw std::runtime_error(fmt::format("{} of message '{}' is '{}': {}",
                                       named.empty() ? "no attachment" : "more than one attachment",
                                       for_terminal(command.id), for_terminal(command.part),
                                       attachments_in_words(attachments)));
}

// An attachment of the document, or else a part of the original message; nothing when its bytes are
// not kept.
std::optional<std::string> bytes_here(indexer::Account& account, const std::string& id,
                                      const std::string& part_id) {
  const auto document = account.metadata_document(id);
  const auto metadata = document ? mail::read_metadata(*document) : mail::MetadataDocument{};
  if (!document || !metadata) return std::nullopt;
  for (const auto& attachment : metadata->attachments) {
    if (attachment.part_id != part_id || attachment.blob.empty()) continue;
    const auto stub = replica::find_attachment(*document, attachment.blob);
    return stub ? account.stores().attachment_bytes(stub->digest) : std::nullopt;
  }
  const auto raw = account.raw(id);
  auto part = raw ? mail::extract_part(*raw, part_id) : std::nullopt;
  return part ? std::optional(std::move(part->bytes)) : std::nullopt;
}

// A server fetches from the source what is not kept.
std::string attachment_bytes(const ShowCommand& command, indexer::Account& account,
                             const std::string& part_id, const Config& config) {
  if (auto bytes = bytes_here(account, command.id, part_id)) return std::move(*bytes);
  const AdminClient server(config.data_dir);
  if (!server.is_served()) {
    throw std::runtime_error(fmt::format(
        "attachment '{}' is not kept here: ask while davenport serves, and it is fetched from the "
        "source",
        for_terminal(command.part)));
  }
  return server.request("GET", fmt::format("/v1/accounts/{}/messages/{}/attachments/{}",
                                           percent_encode(account.name()),
                                           percent_encode(command.id), percent_encode(part_id)));
}

void write_output(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out)
    throw std::runtime_error(
        fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
}

}  // namespace

int write_attachment(const ShowCommand& command, indexer::Account& account, const std::string& row,
                     const Config& config) {
  const json message = json::parse(row, nullptr, false);
  const auto part_id = part_meant(command, message.value("attachments", json::array()));
  const std::string bytes = attachment_bytes(command, account, part_id, config);
  if (!command.output.empty()) {
    write_output(command.output, bytes);
  } else {
    print(is_terminal(STDOUT_FILENO) ? lines_for_terminal(bytes) : bytes);
  }
  return kDone;
}

}  // namespace api
