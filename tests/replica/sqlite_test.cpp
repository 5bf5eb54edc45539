#include "replica/sqlite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>

#include "tests/replica/child_process.hpp"
#include "tests/support/support.hpp"

namespace replica::sqlite {
namespace {

using testing::AllOf;
using testing::HasSubstr;

template <typename Work>
std::string error_of(const Work& work) {
  try {
    work();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

std::int64_t count(const Connection& connection) {
  Statement statement = connection.prepare("SELECT count(*) FROM t");
  return statement.step() ? statement.integer(0) : -1;
}

class Sqlite : public testing::Test {
 protected:
  Connection open(Access access = Access::kReadWrite) { return {file_, access, Durability::kFull}; }
  Connection filled() {
    Connection connection = open();
    connection.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)");
    return connection;
  }

  support::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "a/b%20?#/some.db";
};

TEST_F(Sqlite, ValuesComeBackAsTheyWereBound) {
  Connection connection = open();
  connection.execute("CREATE TABLE v (a, b, c, d, e, f, g)");
  const std::string with_nul("x\0y", 3);
  const std::string_view nowhere;
  connection.prepare("INSERT INTO v VALUES (?,?,?,?,?,?,?)")
      .bind(-5, with_nul, std::as_bytes(std::span(with_nul)), nullptr, std::optional<int>(7),
            nowhere, true)
      .run();
  Statement row = connection.prepare("SELECT *, typeof(b), typeof(c), typeof(f) FROM v");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.integer(0), -5);
  EXPECT_EQ(row.text(1), with_nul);
  EXPECT_EQ(row.blob(2), with_nul);
  EXPECT_TRUE(row.is_null(3));
  EXPECT_EQ(row.text(3), "");
  EXPECT_EQ(row.integer(4), 7);
  EXPECT_FALSE(row.is_null(5));
  EXPECT_EQ(row.integer(6), 1);
  EXPECT_EQ(row.text(7), "text");
  EXPECT_EQ(row.text(8), "blob");
  EXPECT_EQ(row.text(9), "text");
  EXPECT_FALSE(row.step());
}

TEST_F(Sqlite, TransactionWithoutCommitLeavesNothing) {
  Connection connection = filled();
  {
    Transaction transaction(connection);
    connection.execute("INSERT INTO t VALUES (4)");
  }
  EXPECT_EQ(count(connection), 3);
  Transaction transaction(connection);
  connection.execute("INSERT INTO t VALUES (4)");
  transaction.commit();
  EXPECT_EQ(count(connection), 4);
}

TEST_F(Sqlite, ReadTransactionIsOneViewWhileOthersWrite) {
  Connection writer = filled();
  const Connection reader = open(Access::kReadOnly);
  const auto before = reader.data_version();
  {
    const ReadTransaction view(reader);
    EXPECT_EQ(count(reader), 3);
    writer.execute("DELETE FROM t");
    EXPECT_EQ(count(reader), 3);
  }
  EXPECT_EQ(count(reader), 0);
  EXPECT_NE(reader.data_version(), before);
}

// A statement at its end, or reset, holds no view: else the log could never be taken over into the
// file.
TEST_F(Sqlite, FinishedStatementLetsTheLogGo) {
  Connection writer = filled();
  const Connection reader = open(Access::kReadOnly);
  const auto log_remains = [&writer] {
    Statement checkpoint = writer.prepare("PRAGMA wal_checkpoint(PASSIVE)");
    EXPECT_TRUE(checkpoint.step());
    return checkpoint.integer(1) != checkpoint.integer(2);
  };
  Statement rows = reader.prepare("SELECT a FROM t");
  ASSERT_TRUE(rows.step());
  writer.execute("INSERT INTO t VALUES (4)");
  EXPECT_TRUE(log_remains());
  {
    const ResetAtEnd reset(rows);
    EXPECT_EQ(rows.integer(0), 1);
  }
  EXPECT_FALSE(log_remains());
  rows.run();
  writer.execute("INSERT INTO t VALUES (5)");
  EXPECT_FALSE(log_remains());
}

TEST_F(Sqlite, MovedConnectionKeepsItsStatements) {
  Connection first = filled();
  Statement statement = first.prepare("SELECT count(*) FROM t");
  const Connection second = std::move(first);
  ASSERT_TRUE(statement.step());
  EXPECT_EQ(statement.integer(0), 3);
  EXPECT_EQ(second.file(), file_);
}

TEST_F(Sqlite, ErrorsSayWhatWhereAndWhatToDo) {
  EXPECT_THAT(error_of([this] { open(Access::kReadOnly); }),
              AllOf(HasSubstr("cannot open " + file_.string()), HasSubstr("No such file")));
  filled();
  EXPECT_THAT(error_of([this] { open(Access::kReadOnly).execute("DELETE FROM t"); }),
              HasSubstr("cannot be written"));
  EXPECT_THAT(error_of([this] { open().execute("NONSENSE"); }),
              AllOf(HasSubstr(file_.string()), HasSubstr("syntax error")));
  support::write_file(folder_ / "text.db", std::string(5'000, 'x'));
  for (const auto access : {Access::kReadOnly, Access::kReadWrite}) {
    try {
      const Connection connection(folder_ / "text.db", access, Durability::kFull);
      FAIL() << "text was taken for a database";
    } catch (const Error& e) {
      EXPECT_TRUE(e.tells_damage());
      EXPECT_THAT(e.what(), HasSubstr("not an SQLite database"));
    }
  }
}

TEST_F(Sqlite, DamagedPageIsReported) {
  {
    const Connection connection = open();
    connection.execute(
        "CREATE TABLE t (a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE "
        "i<2000) "
        "INSERT INTO t SELECT hex(randomblob(20)) FROM n");
  }
  auto bytes = support::read_file(file_);
  std::fill(bytes.begin() + 4'096, bytes.end(), '\xee');
  support::write_file(file_, bytes);
  try {
    static_cast<void>(count(open()));
    FAIL() << "damage went unnoticed";
  } catch (const Error& e) {
    EXPECT_TRUE(e.tells_damage());
    EXPECT_THAT(e.what(), AllOf(HasSubstr("is damaged"), HasSubstr(file_.string()),
                                HasSubstr("put back from a backup")));
  }
}

TEST_F(Sqlite, SchemaIsMadeOnceAndOtherFormatsAreRefused) {
  {
    Connection connection = open();
    EXPECT_THAT(
        error_of([&] { open_schema(connection, Access::kReadOnly, 3, "CREATE TABLE t (a)"); }),
        HasSubstr("no tables yet"));
    open_schema(connection, Access::kReadWrite, 3, "CREATE TABLE t (a)");
    open_schema(connection, Access::kReadWrite, 3, "CREATE TABLE t (a)");
    EXPECT_EQ(count(connection), 0);
  }
  Connection connection = open(Access::kReadOnly);
  open_schema(connection, Access::kReadOnly, 3, "");
  EXPECT_THAT(error_of([&] { open_schema(connection, Access::kReadOnly, 2, ""); }),
              HasSubstr("newer davenport (format 3, this one knows 2)"));
  EXPECT_THAT(error_of([&] { open_schema(connection, Access::kReadOnly, 4, ""); }),
              HasSubstr("format 3 where 4"));
}

TEST_F(Sqlite, FormatBeforeIsUpgradedByWritersAndBridgedForReaders) {
  const auto upgraded = [](const Connection& connection) {
    auto rows = connection.prepare("SELECT a, b FROM t");
    return rows.step() ? rows.integer(0) * 10 + rows.integer(1) : -1;
  };
  {
    Connection connection = open();
    open_schema(connection, Access::kReadWrite, 1, "CREATE TABLE t (a); INSERT INTO t VALUES (4)");
  }
  constexpr std::string_view kUpgrade = "ALTER TABLE t ADD COLUMN b DEFAULT 2";
  constexpr std::string_view kBridge = "CREATE TEMP VIEW t AS SELECT a, 2 AS b FROM main.t";
  {
    Connection reader = open(Access::kReadOnly);
    EXPECT_THAT(error_of([&] { open_schema(reader, Access::kReadOnly, 2, "", kUpgrade); }),
                HasSubstr("format 1 where 2"));
    open_schema(reader, Access::kReadOnly, 2, "", kUpgrade, kBridge);
    EXPECT_EQ(upgraded(reader), 42);
    Connection newest = open();
    EXPECT_THAT(
        error_of([&] { open_schema(newest, Access::kReadWrite, 3, "", kUpgrade, kBridge); }),
        HasSubstr("format 1 where 3"));
    EXPECT_THAT(error_of([&] { open_schema(newest, Access::kReadWrite, 2, "", "ALTER nonsense"); }),
                HasSubstr("syntax error"));
  }
  Connection writer = open();
  open_schema(writer, Access::kReadWrite, 2, "", kUpgrade, kBridge);
  open_schema(writer, Access::kReadWrite, 2, "", kUpgrade, kBridge);
  EXPECT_EQ(upgraded(writer), 42);
  Connection reader = open(Access::kReadOnly);
  open_schema(reader, Access::kReadOnly, 2, "", kUpgrade, kBridge);
  EXPECT_EQ(upgraded(reader), 42);
}

// Somebody who may read the folder but not write to it: of a closed file, and of one that another
// program writes.
TEST_F(Sqlite, ReadsWhereTheFolderIsNotWritable) {
  const auto make_readable = [this](std::filesystem::perms folder) {
    for (auto above = file_.parent_path(); above != folder_.path().parent_path();
         above = above.parent_path()) {
      std::filesystem::permissions(above, folder);
    }
  };
  using std::filesystem::perms;
  const auto readable =
      perms::owner_read | perms::owner_exec | perms::others_read | perms::others_exec;
  const Channel go, done;
  ChildProcess reader([&] {
    static_cast<void>(go.receive());
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 1;
    for (const std::int64_t expected : {3, 4}) {
      if (expected == 4) {
        done.send(0);
        static_cast<void>(go.receive());
      }
      const auto found = count(open(Access::kReadOnly));
      if (found != expected) return static_cast<int>(10 + found);
    }
    return 0;
  });
  filled();
  EXPECT_FALSE(std::filesystem::exists(file_.string() + "-wal"));
  make_readable(readable);
  go.send(0);
  static_cast<void>(done.receive());
  make_readable(readable | perms::owner_write);
  const Connection writer = open();
  writer.execute("INSERT INTO t VALUES (4)");
  make_readable(readable);
  go.send(0);
  EXPECT_EQ(reader.wait(), 0);
  make_readable(perms::owner_all);
}

}  // namespace
}  // namespace replica::sqlite
