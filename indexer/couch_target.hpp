// Writes imported documents to a CouchDB.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <string>

#include "indexer/import.hpp"
#include "replica/couch_client.hpp"

namespace indexer {

// Documents are written in `_bulk_docs` batches that become smaller when the server says that one
// is too large. Messages that exist already only get mailboxes that they lack and the keywords of
// their file. Throws replica::SourceError when the server fails.
class CouchTarget : public ImportTarget {
 public:
  // `database_of` gives the name of a doctype's database. Missing databases are created.
  CouchTarget(replica::SourceAddress address,
              const std::function<std::string(mail::Doctype)>& database_of);

  [[nodiscard]] std::optional<mail::Mailbox> find_mailbox(const std::string& id) override;
  void put_mailboxes(std::span<const mail::Mailbox> mailboxes) override;
  Written put_messages(std::span<ImportedMessage> messages) override;

 private:
  struct Documents {
    std::vector<std::string> ids;
    std::vector<std::string> jsons;
  };
  // Error of each document that was not written, by id.
  using Errors = std::map<std::string, replica::BulkDocsRow>;

  template <typename T>
  T wait_for(replica::net::awaitable<T> work);
  [[nodiscard]] replica::net::awaitable<Errors> write(std::string database, Documents documents);
  [[nodiscard]] replica::net::awaitable<replica::BulkDocsRow> write_one(std::string database,
                                                                        std::string id,
                                                                        std::string json);
  [[nodiscard]] Errors put_bodies(std::span<ImportedMessage* const> messages);
  // Why a body of the message was not written; empty: they all were.
  [[nodiscard]] static std::string refusal_of_bodies(const ImportedMessage& message,
                                                     const Errors& errors);
  // The outcome for a message that exists already.
  struct Update {
    std::string refusal;  // why it could not be changed; empty: nothing is wrong
    bool is_changed = false;
  };
  [[nodiscard]] replica::net::awaitable<Update> update_present(const ImportedMessage& message,
                                                               bool takes_keywords);

  boost::asio::io_context context_;
  replica::CouchClient client_;
  std::string emails_, contents_, mailboxes_;
  std::size_t bytes_per_request_ = 4 << 20;
  SeenMessages seen_;
};

}  // namespace indexer
