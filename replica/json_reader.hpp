// simdjson as the answers of a source are read with it. Only replica/couch_*answers.cpp include it.
#pragma once

#include <simdjson.h>
#include <string>
#include <string_view>

#include "replica/couch_answers.hpp"
#include "replica/row_scanner.hpp"

namespace replica {

namespace od = simdjson::ondemand;

// simdjson ends a raw value where the next token begins.
inline std::string_view trimmed(std::string_view raw) {
  while (!raw.empty() &&
         (raw.back() == ' ' || raw.back() == '\n' || raw.back() == '\r' || raw.back() == '\t')) {
    raw.remove_suffix(1);
  }
  return raw;
}

inline std::string text_of(od::value value) {
  return std::string(std::string_view(value.get_string()));
}

inline std::string raw_text(od::value value) {
  const od::json_type type = value.type();
  if (type == od::json_type::object) {
    od::object object = value.get_object();
    return std::string(trimmed(object.raw_json()));
  }
  if (type == od::json_type::array) {
    od::array array = value.get_array();
    return std::string(trimmed(array.raw_json()));
  }
  return std::string(trimmed(value.raw_json_token()));
}

// A string without its quotes, all else as it was sent.
inline std::string plain_text(od::value value) {
  const bool is_string = value.type() == od::json_type::string;
  return is_string ? text_of(value) : raw_text(value);
}

struct AnswerReader::State {
  od::parser parser;
  std::string padded;

  // Calls `visit(key, value)` for the members of a row's object; throws simdjson_error for what is none.
  template <typename Visit>
  void members(const RowScanner::Row& row, const Visit& visit) {
    members(simdjson::padded_string_view(row.json.data(), row.json.size(),
                                         row.json.size() + RowScanner::kPadding),
            visit);
  }

  template <typename Visit>
  void members(std::string_view json, const Visit& visit) {
    members(pad(json), visit);
  }

  template <typename Visit>
  void members(simdjson::padded_string_view json, const Visit& visit) {
    od::document document = parser.iterate(json);
    od::object object = document.get_object();
    for (auto field : object) visit(od::raw_json_string(field.key()), od::value(field.value()));
  }

  [[nodiscard]] simdjson::padded_string_view pad(std::string_view json) {
    padded.assign(json);
    padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view(padded);
  }

  // Gives back what a large row needed.
  void shrink() {
    constexpr std::size_t kKept = 8 * 1024 * 1024;  // bytes of JSON
    if (parser.capacity() > kKept) parser = od::parser();
  }
};

}  // namespace replica
