// Mailboxes as folders of an export.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mail/documents.hpp"

namespace indexer {

class MailboxPaths {
 public:
  void add(const mail::Mailbox& mailbox);
  // "Sent/2020" of a mailbox by its id; names are changed where they could not be folders.
  [[nodiscard]] std::string path_of(const std::string& id) const;

 private:
  struct Named {
    std::string name;
    std::string parent;  // id, empty at the top
  };
  std::map<std::string, Named> by_id_;
};

// The folders of a message, each once; "unfiled" when it is in no mailbox.
[[nodiscard]] std::vector<std::string> folders_of(const MailboxPaths& paths,
                                                  const std::vector<std::string>& mailbox_ids);

}  // namespace indexer
