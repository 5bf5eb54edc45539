// What the oracle knows of a message: read from its bytes and from the lists, never from the index.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/oracle/words.hpp"

namespace oracle {

// The texts of one field; a phrase does not reach from one into the next.
struct Passage {
  explicit Passage(std::string_view content) : text(content), words(words_of(content)) {}
  std::string text;
  std::vector<Word> words;
};

struct Message {
  std::string id;  // the public one
  std::string thread;
  std::map<std::string, std::vector<Passage>> fields;  // "from", "subject", … by their names
  std::set<std::string> mailboxes;  // ids
  std::set<std::string> keywords;
  std::vector<std::string> message_ids;
  bool has_attachment = false;
  std::int64_t date = 0;  // seconds since 1970
  std::uint64_t size = 0;
  std::string language;  // of the body, where it is certain
};

struct Mailbox {
  std::string id, name, role;
};

struct Account {
  std::vector<Message> messages;
  std::vector<Mailbox> mailboxes;
  std::set<std::string> languages;  // in which certainly many messages are
};

}  // namespace oracle
