// Writes a row in a transaction of its own, and says its number when SQLite has committed it; again and again until it is killed.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "replica/sqlite.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  using namespace replica::sqlite;
  Connection connection(argv[1], Access::kReadWrite, Durability::kFull);
  if (std::string_view(argv[2]) == "off") connection.execute("PRAGMA synchronous=OFF");
  connection.execute(
      "CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY, filling TEXT NOT NULL);"
      "PRAGMA wal_autocheckpoint = 20");
  Statement insert = connection.prepare(
      "INSERT INTO rows (filling) VALUES (hex(randomblob(abs(random()) % 3000)))");
  for (;;) {
    Transaction transaction(connection);
    insert.bind().run();
    const auto number = connection.last_insert_rowid();
    transaction.commit();
    std::printf("%lld\n", static_cast<long long>(number));
    std::fflush(stdout);
  }
}
