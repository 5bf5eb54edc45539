// Mail in files: finds the files that hold messages and the mailbox of each.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/mh.hpp"
#include "mail/documents.hpp"

namespace indexer {

// A file, or a message in it, that cannot be imported.
struct RefusedFile {
  std::string path;  // with "#n" for the nth message of an mbox
  std::string reason;
};

// The keywords that a message's file manages: those that it sets are set, the others of them are
// removed. Null: it manages none.
using ManagedKeywords = std::shared_ptr<const std::vector<std::string>>;

// A folder and the files in it that are, or hold, messages.
struct MailFolder {
  enum class Kind {
    kFiles,  // each is a message or an mbox, perhaps compressed
    kMaildir,  // each is one message, with its flags in its name
    kArchives,  // whose members say their mailboxes
  };
  std::filesystem::path path;
  std::string mailbox;  // of messages; name, such as "Inbox" or "Sent/2020"
  Kind kind = Kind::kFiles;
  std::vector<std::string> names;  // of the files, sorted
  std::string mbox_parent = {};  // name of the mailbox above those of mbox files; empty at the top
  std::vector<std::string> letters = {};  // keywords of the flags a, b, c, … (dovecot-keywords)
  std::optional<MhSequences> sequences = {};
};

struct MailTree {
  std::vector<MailFolder> folders;  // in the order of the paths, below them by name
  std::vector<RefusedFile> refused;  // folders that cannot be read
};

// A folder with cur/ and new/ in it, or with one of them and no loose files, is a Maildir, named
// "Inbox" when it was asked for itself, else after its folder; its dot folders are mailboxes as
// Maildir++ has them. Loose messages belong to a mailbox named after their folder, a file that was
// asked for itself to "Inbox"; an mbox is a mailbox of its own. Left out are hidden files, files of
// mail programs (is_of_mail_program), messages that MH has marked as deleted, and tmp/ beside cur/
// and new/. A tar, or a pipe, that was asked for itself is an archive. Links to folders are not
// followed. Throws std::runtime_error for a path that is not there, and for folders of a data folder
// of davenport's, which is passed over where it lies below.
[[nodiscard]] MailTree find_mail(std::span<const std::filesystem::path> paths);

// The mailbox of an archive's member, as if the archive were a folder that was asked for itself.
struct MemberMailbox {
  std::string mailbox;  // name
  std::string mbox_mailbox;  // name, when the member turns out to be an mbox that is a mailbox
  bool is_maildir = false;
};
// Nothing for members that find_mail leaves out. In tmp/ these are files that are named as those of
// a delivery: what lies beside it is not known.
[[nodiscard]] std::optional<MemberMailbox> mailbox_of_member(std::string_view path);

// Keywords of the flags after ":2,", ";2," or "!2," in the name of a Maildir's file; `letters` as in MailFolder.
[[nodiscard]] std::vector<std::string> maildir_keywords(std::string_view file_name,
                                                        std::span<const std::string> letters);
// The keywords that such a name manages; null without flags.
[[nodiscard]] ManagedKeywords maildir_managed_keywords(std::string_view file_name,
                                                       std::span<const std::string> letters);

// When the file was delivered, as its name begins with that ("1263312345.M12P3.host:2,S"); nothing
// where it does not.
[[nodiscard]] std::optional<mail::DateTime> maildir_delivery(std::string_view file_name);

}  // namespace indexer
