// Mail by chance: people, threads, seven languages, identifiers, attachments. Files of Maildirs.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/oracle/entry.hpp"
#include "tests/oracle/query.hpp"

namespace oracle {

// By the bytes of each message what is in it, without `id`, `thread`, `mailboxes` and `keywords`.
using MailByBytes = std::map<std::string, Entry>;

// `count` messages. `now`: seconds since 1970; nothing is younger.
[[nodiscard]] MailByBytes random_mail(std::size_t count, std::int64_t now, Random& random);
// The same of the messages below a folder of files, as mail/parser reads them, `count` at most.
[[nodiscard]] MailByBytes read_mail(const std::filesystem::path& folder, std::size_t count);

// Writes each message into a mailbox of one of the Maildirs, with some flags.
void write_maildirs(const std::vector<std::filesystem::path>& folders, const MailByBytes& mail,
                    Random& random);

// The languages of random mail, of each of which there is enough.
[[nodiscard]] std::set<std::string> languages_of_random_mail();

}  // namespace oracle
