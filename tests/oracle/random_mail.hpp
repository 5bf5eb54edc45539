// Mail by chance: people, threads, seven languages, identifiers, attachments. Written as files of a Maildir.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tests/oracle/message.hpp"
#include "tests/oracle/query.hpp"

namespace oracle {

// By the bytes of each message what is in it, without `id`, `thread`, `mailboxes` and `keywords`.
using MailByBytes = std::map<std::string, Message>;

// Writes `count` messages below `folder`. `now`: seconds since 1970; nothing is younger.
[[nodiscard]] MailByBytes write_random_mail(const std::filesystem::path& folder, std::size_t count,
                                            std::int64_t now, Random& random);
// The same of the messages below a folder of files, as mail/parser reads them, `count` at most.
[[nodiscard]] MailByBytes read_mail(const std::filesystem::path& folder, std::size_t count);

// The languages of random mail, of each of which there is enough.
[[nodiscard]] std::set<std::string> languages_of_random_mail();

}  // namespace oracle
