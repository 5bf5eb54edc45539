// Finds the mailbox in the target for a mailbox name that an import meets.
//
// A mailbox's id is its name as people type it: "lists-dev" of "Lists/dev". Other names may give
// the same id ("lists.dev"). The mailbox that is in the target already keeps it, else the first one
// gets it; others get a digest of their name appended. Existing mailboxes are looked up by id and
// name, so a later import finds each of them again, in any order.
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

  // The id of the mailbox of that name; from now on no other name gets it.
  const std::string& id_of(const std::string& name) { return find(name).id; }
  // Returns the id of the mailbox. The next `write` puts it and its parents into the target if they
  // are missing.
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
