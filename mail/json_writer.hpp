// Writes compact JSON to a string, member by member, without building a tree: list rows and
// imported documents are made by the hundred thousand.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace mail {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view utf8);  // bytes that are no UTF-8 are written as U+FFFD
  JsonWriter& number(std::integral auto value) { return raw(std::to_string(value)); }
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& raw(std::string_view json);  // one complete value
  JsonWriter& members(std::string_view object);  // of a complete object, into the one that is open

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string& out_;
  bool first_ = true;
};

}  // namespace mail
