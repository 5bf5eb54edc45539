#include "indexer/couch_target.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <fmt/format.h>
#include <future>

#include "indexer/base64.hpp"
#include "indexer/import_documents.hpp"

namespace indexer {
namespace {

namespace net = boost::asio;

std::string inline_attachment(std::string_view raw) {
  return fmt::format(R"({{"content_type":"message/rfc822","data":"{}"}})", to_base64(raw));
}

std::string error_text(const replica::BulkDocsRow& row) {
  return row.reason.empty() ? row.error : fmt::format("{}: {}", row.error, row.reason);
}

}  // namespace

CouchTarget::CouchTarget(replica::SourceAddress address,
                         const std::function<std::string(mail::Doctype)>& database_of)
    : client_(context_.get_executor(), std::move(address)),
      emails_(database_of(mail::Doctype::kEmails)),
      contents_(database_of(mail::Doctype::kContents)),
      mailboxes_(database_of(mail::Doctype::kMailboxes)) {
  for (const std::string& database : {emails_, contents_, mailboxes_})
    wait_for(client_.create_database(database));
}

std::optional<mail::Mailbox> CouchTarget::find_mailbox(const std::string& id) {
  const auto present = wait_for(client_.get_document(mailboxes_, id));
  if (!present) return std::nullopt;
  auto mailbox = mail::read_mailbox(*present);
  if (!mailbox) return mail::Mailbox();  // what cannot be read is none of ours
  mailbox->id = id;
  return *std::move(mailbox);
}

void CouchTarget::put_mailboxes(std::span<const mail::Mailbox> mailboxes) {
  Documents documents;
  for (const mail::Mailbox& mailbox : mailboxes) {
    documents.ids.push_back(mailbox.id);
    documents.jsons.push_back(mail::to_json(mailbox));
  }
  for (const auto& [id, row] : wait_for(write(mailboxes_, std::move(documents)))) {
    if (row.error != "conflict") {
      throw std::runtime_error(
          fmt::format("{} does not take mailbox '{}': {}", mailboxes_, id, error_text(row)));
    }
  }
}

ImportTarget::Written CouchTarget::put_messages(std::span<ImportedMessage> messages) {
  const std::vector<ImportedMessage*> unique = merge_repeated(messages);
  Written written;
  // Bodies first: what lists a message finds them.
  const Errors body_errors = put_bodies(unique);
  std::vector<const ImportedMessage*> sent;
  Documents metadata;
  for (const ImportedMessage* message : unique) {
    if (const auto refusal = refusal_of_bodies(*message, body_errors); !refusal.empty()) {
      written.refused.push_back(
          {message->path, fmt::format("{} does not take its text: {}", contents_, refusal)});
      continue;
    }
    sent.push_back(message);
    metadata.ids.push_back(message->metadata.id);
    metadata.jsons.push_back(
        with_original(mail::to_json(message->metadata), inline_attachment(message->raw)));
  }
  const Errors errors = wait_for(write(emails_, std::move(metadata)));
  for (const ImportedMessage* message : sent) {
    const bool takes_keywords = seen_.is_first(message->metadata.id);
    const auto error = errors.find(message->metadata.id);
    if (error == errors.end()) {
      ++written.added;
      continue;
    }
    Update update{error_text(error->second)};
    if (error->second.error == "conflict")
      update = wait_for(update_present(*message, takes_keywords));
    if (!update.refusal.empty())
      written.refused.push_back(
          {message->path, fmt::format("{} does not take it: {}", emails_, update.refusal)});
    if (update.is_changed) ++written.changed;
  }
  return written;
}

CouchTarget::Errors CouchTarget::put_bodies(std::span<ImportedMessage* const> messages) {
  Documents bodies;
  for (const ImportedMessage* message : messages) {
    for (const mail::ContentDocument& content : message->contents) {
      bodies.ids.push_back(content.id);
      bodies.jsons.push_back(mail::to_json(content));
    }
  }
  return wait_for(write(contents_, std::move(bodies)));
}

// A conflict is none: the same body is there already.
std::string CouchTarget::refusal_of_bodies(const ImportedMessage& message, const Errors& errors) {
  std::string refusal;
  for (const mail::ContentDocument& content : message.contents) {
    const auto error = errors.find(content.id);
    if (error != errors.end() && error->second.error != "conflict")
      refusal = error_text(error->second);
  }
  return refusal;
}

template <typename T>
T CouchTarget::wait_for(net::awaitable<T> work) {
  context_.restart();
  auto result = net::co_spawn(context_, std::move(work), net::use_future);
  // Not until the context has nothing to do: a kept connection has a timer that runs for a minute.
  while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) context_.run_one();
  return result.get();
}

net::awaitable<CouchTarget::Errors> CouchTarget::write(std::string database, Documents documents) {
  Errors errors;
  std::size_t first = 0;
  while (first < documents.jsons.size()) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    do {
      bytes += documents.jsons[first + count++].size();
    } while (first + count < documents.jsons.size() &&
             bytes + documents.jsons[first + count].size() <= bytes_per_request_);

    std::vector<replica::BulkDocsRow> rows;
    bool too_large = false;
    try {
      rows = co_await client_.bulk_docs(database, std::span(documents.jsons).subspan(first, count));
    } catch (const replica::SourceError& error) {
      if (error.kind() != replica::SourceError::Kind::kTooLarge) throw;
      too_large = true;
    }
    if (too_large && count > 1) {
      bytes_per_request_ = bytes / 2;
      continue;
    }
    if (too_large) {
      rows.push_back(
          co_await write_one(database, documents.ids[first], std::move(documents.jsons[first])));
    }
    for (replica::BulkDocsRow& row : rows) {
      if (row.error.empty()) continue;
      std::string id = row.id;
      errors.emplace(std::move(id), std::move(row));
    }
    first += count;
  }
  co_return errors;
}

net::awaitable<replica::BulkDocsRow> CouchTarget::write_one(std::string database, std::string id,
                                                            std::string json) {
  replica::BulkDocsRow refused;
  refused.id = id;
  try {
    co_return co_await client_.put_document(std::move(database), std::move(id), std::move(json));
  } catch (const replica::SourceError& error) {
    const bool is_about_it = error.kind() == replica::SourceError::Kind::kTooLarge ||
                             error.kind() == replica::SourceError::Kind::kForbidden;
    if (!is_about_it) throw;
    refused.error = "refused";
    refused.reason = error.what();
  }
  co_return refused;
}

net::awaitable<CouchTarget::Update> CouchTarget::update_present(const ImportedMessage& message,
                                                                bool takes_keywords) {
  const std::string& id = message.metadata.id;
  const auto present = co_await client_.get_document(emails_, id);
  if (!present) co_return Update{"it was deleted there at the same time; import it again"};
  auto changed = reimported_document(*present, message, takes_keywords);
  if (!changed) co_return Update{changed.error().reason};
  if (!*changed) co_return Update{};
  const auto row = co_await client_.put_document(emails_, id, std::move(**changed));
  if (!row.error.empty()) co_return Update{error_text(row)};
  co_return Update{"", true};
}

}  // namespace indexer
