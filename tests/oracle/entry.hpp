// What the oracle knows of a message or file: read from what was written and from the lists, never from the index.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/oracle/words.hpp"

namespace oracle {

// What the program is configured to find by `header:`.
inline constexpr std::array kIndexedHeaders = {"x-mailer", "user-agent", "received", "importance"};

// The texts of one field; a phrase does not reach from one into the next.
struct Passage {
  explicit Passage(std::string_view content) : text(content), words(words_of(content)) {}
  std::string text;
  std::vector<Word> words;
};

struct Entry {
  std::string account;
  bool is_file = false;
  std::string id;  // the public one
  std::string thread;  // a file is in none
  std::map<std::string, std::vector<Passage>>
      fields;  // "from", "header:x-mailer", … by their names
  std::set<std::string> mailboxes;  // ids
  std::set<std::string> keywords;
  std::set<std::string> headers;  // of those that are indexed, in small letters
  std::vector<std::string> message_ids;
  std::string sender;  // name, or address where there is none
  bool has_attachment = false;
  std::int64_t date = 0;  // seconds since 1970
  std::uint64_t size = 0;
  std::string language;  // of the body, where it is certain

  // As RFC 8621 counts.
  [[nodiscard]] bool is_unread() const {
    return !is_file && !keywords.contains("$seen") && !keywords.contains("$draft");
  }
};

struct Mailbox {
  std::string id, name, role;
};

struct Account {
  std::string name;
  std::vector<Entry> entries;
  std::vector<Mailbox> mailboxes;
  std::set<std::string> languages;  // in which certainly many entries are
};

}  // namespace oracle
