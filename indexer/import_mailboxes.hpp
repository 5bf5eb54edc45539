// Which mailbox of the target has the name that an import finds.
//
// A mailbox's id is its name as people type it: "lists-dev" of "Lists/dev". Other names would give the same ("lists.dev"):
// the mailbox that is in the target already has it, or else the one that comes first; further ones have a digest of their
// name behind it. Ids of mailboxes that are there are looked up by id and name, so a later import finds each of them again,
// in whatever order it meets them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "indexer/import.hpp"
#include "mail/documents.hpp"

namespace indexer {

class ImportMailboxes {
 public:
  explicit ImportMailboxes(ImportTarget& target) : target_(target) {}

  // The id of the mailbox of that name; from now on no other has it.
  const std::string& id_of(const std::string& name) { return find(name).id; }
  // The mailbox, and those above it, are put into the target by the next `write`, unless they are there. Its id.
  const std::string& add(const std::string& name);
  void write();

 private:
  const mail::Mailbox& find(const std::string& name);
  void choose_id(mail::Mailbox& mailbox, const std::string& name);

  ImportTarget& target_;
  std::map<std::string, mail::Mailbox> by_name_;
  std::set<std::string> taken_;  // ids of these
  std::set<std::string> added_;  // ids
  std::vector<mail::Mailbox> waiting_;
};

}  // namespace indexer
