// What words match in one passage of a message.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/oracle/entry.hpp"
#include "tests/oracle/query.hpp"
#include "tests/oracle/truth.hpp"

namespace oracle {

// The fields in which words of that one are looked for; of "" all those that a word without a field is looked for in.
[[nodiscard]] std::vector<std::string> fields_of(const std::string& name);
// Those of them that `*part*` is for.
[[nodiscard]] bool has_parts(const std::string& field);

// Where forms of a word are looked for, and in which languages.
struct Forms {
  bool are_found = false;  // the field has forms
  std::string text_language;  // of the message, where it is certain
  const std::set<std::string>* account_languages = nullptr;
};

[[nodiscard]] Truth holds_words(const Passage& passage, const Words& words, const Forms& forms);
[[nodiscard]] Truth holds_near(const Passage& passage, const Near& near);
[[nodiscard]] Truth holds_part(const Passage& passage, const Part& part);

}  // namespace oracle
