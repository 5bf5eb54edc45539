// The memory that a reader of CouchDB's answers keeps from one answer to the next. Only replica/couch_*answers.cpp include it.
#pragma once

#include <string>
#include <string_view>

#include "replica/couch_answers.hpp"
#include "replica/json_reader.hpp"
#include "replica/row_scanner.hpp"

namespace replica {

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
