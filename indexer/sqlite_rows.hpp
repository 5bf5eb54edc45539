// The rows of a statement, for sources of this folder.
#pragma once

#include <cstdint>
#include <string_view>

#include "replica/sqlite.hpp"

namespace indexer {

using replica::sqlite::Connection;
using replica::sqlite::Statement;

// One run of a prepared statement. Resets it at the end, so that no cursor keeps a transaction
// open. What is bound must live as long.
class Rows {
 public:
  template <typename... Values>
  explicit Rows(Statement& statement, const Values&... values) : statement_(statement) {
    statement_.bind(values...);
  }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() { statement_.reset(); }

  bool next() { return statement_.step(); }
  [[nodiscard]] std::int64_t integer(int column) const { return statement_.integer(column); }
  [[nodiscard]] std::string_view text(int column) const { return statement_.text(column); }
  [[nodiscard]] std::string_view blob(int column) const { return statement_.blob(column); }
  [[nodiscard]] bool is_null(int column) const { return statement_.is_null(column); }

 private:
  Statement& statement_;
};

}  // namespace indexer
