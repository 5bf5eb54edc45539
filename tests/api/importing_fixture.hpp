// Accounts that messages are imported into while somebody listens or waits.
#pragma once

#include <fmt/format.h>

#include "indexer/import.hpp"
#include "tests/api/routes_fixture.hpp"

class ImportingFixture : public RoutesFixture {
 protected:
  static std::string message(int number) {
    return fmt::format(
        "From: Ada <ada@example.org>\r\nDate: Mon, 6 Jan 2020 10:00:00 +0000\r\nSubject: Number "
        "{0}\r\nMessage-ID: <{0}@x>\r\n\r\nZither.\r\n",
        number);
  }
  // Imports messages of these numbers, here and now: a task would wait for idle processors.
  void import(int from, int to, const std::string& account = "alice") {
    const std::vector<std::filesystem::path> paths{folder_ / ("mail of " + account)};
    for (int number = from; number < to; ++number)
      support::write_file(paths[0] / fmt::format("cur/{}:2,", number), message(number));
    indexer::Progress progress;
    const auto summary =
        indexer::import_into(*accounts_.create(account), config_.data_dir / "accounts" / account,
                             paths, config_.index.headers, progress);
    ASSERT_TRUE(summary.refused.empty());
    replication_.index_soon(account);
  }
};
