// Accounts that messages are imported into while somebody listens or waits.
#pragma once

#include <fmt/format.h>

#include "tests/api/routes_fixture.hpp"

class ImportingFixture : public RoutesFixture {
 protected:
  static std::string message(int number) {
    return fmt::format(
        "From: Ada <ada@example.org>\r\nSubject: Number {0}\r\nMessage-ID: "
        "<{0}@x>\r\n\r\nZither.\r\n",
        number);
  }
  // Imports messages of these numbers, and waits for the end.
  void import(int from, int to, const std::string& account = "alice") {
    const auto folder = folder_ / ("mail of " + account);
    for (int number = from; number < to; ++number)
      support::write_file(folder / fmt::format("cur/{}:2,", number), message(number));
    const nlohmann::json payload = {{"paths", {folder.string()}}};
    const auto started = routes_.handle({"POST",
                                         "/v1/admin/accounts/" + account + "/import",
                                         {},
                                         "",
                                         payload.dump(),
                                         true,
                                         "application/json"});
    ASSERT_EQ(started.status, 202) << started.payload;
    const auto where = field(started, "Location");
    for (int turn = 0; turn < 6'000; ++turn) {
      if (get_json(where)["state"] == "done") return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "the import does not end";
  }
};
