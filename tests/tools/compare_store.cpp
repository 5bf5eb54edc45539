// compare_store URL DATABASE STORE_FILE [BLOBS_FOLDER]: is a store what its database is? Prints the differences, one a line.
// Ends with 0 when there are none, 1 when there are, 2 when it could not be told. User and password come from the environment:
// COUCHDB_USER, COUCHDB_PASSWORD.
#include <cstdlib>
#include <fmt/core.h>
#include <optional>

#include "tests/support/compare.hpp"

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    fmt::print(stderr, "usage: {} URL DATABASE STORE_FILE [BLOBS_FOLDER]\n", argv[0]);
    return 2;
  }
  try {
    support::PlainClient server(argv[1], variable("COUCHDB_USER"), variable("COUCHDB_PASSWORD"));
    const replica::Store store(argv[3], replica::sqlite::Access::kReadOnly);
    std::optional<replica::Blobs> blobs;
    if (argc == 5) blobs.emplace(argv[4], replica::sqlite::Access::kReadOnly);
    const auto differences = support::compare(server, argv[2], store, blobs ? &*blobs : nullptr);
    for (const auto& difference : differences) fmt::print("{}\n", difference);
    return differences.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
