// Labels of Gmail, as Google Takeout writes them into the messages of an mbox:
// "X-Gmail-Labels: Inbox,Unread,Work/2021".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace indexer {

struct GmailLabels {
  std::vector<std::string> keywords;  // $seen is there without the label "Unread"
  // Names: "Archive" for a message without any. At most 100.
  std::vector<std::string> mailboxes;
};

// `value` is that of the field as it is in the header: folded, perhaps with encoded words.
[[nodiscard]] GmailLabels read_gmail_labels(std::string_view value);

}  // namespace indexer
