// How fast a source is asked, and over how many connections.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replica/pacing.hpp"
#include "replica/semaphore.hpp"
#include "tests/replica/couch_conversation.hpp"

namespace replica {
namespace {

using testing::ElementsAre;

TEST(Pacing, NeverWaitsForAServerThatDoesNotRefuse) {
  Pacing pacing;
  const Pacing::Clock::time_point now{1h};
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(pacing.turn(now), now);
    pacing.answered(now);
  }
  EXPECT_EQ(pacing.interval(), 0ms);
}

TEST(Pacing, SlowsDownByAFifthAndForgivesStepByStep) {
  Pacing pacing;
  Pacing::Clock::time_point now{1h};
  pacing.refused(now);
  EXPECT_EQ(pacing.interval(), 24ms);
  pacing.refused(now + 10ms);  // of a request sent before
  EXPECT_EQ(pacing.interval(), 24ms);
  pacing.refused(now += 100ms);
  EXPECT_EQ(pacing.interval(), 28ms);
  EXPECT_EQ(pacing.turn(now), now);
  EXPECT_EQ(pacing.turn(now), now + 28ms);
  EXPECT_EQ(pacing.turn(now), now + 56ms);
  pacing.answered(now += 100ms);
  EXPECT_EQ(pacing.interval(), 27ms);
  for (int i = 0; i < 7; ++i) pacing.answered(now += 100ms);
  EXPECT_EQ(pacing.interval(), 20ms);
  pacing.answered(now += 100ms);
  EXPECT_EQ(pacing.interval(), 0ms);
}

TEST(Pacing, SettlesAtALimit) {
  constexpr std::size_t kServedInASecond = 10;
  Pacing pacing;
  Pacing::Clock::time_point now{1h};
  std::deque<Pacing::Clock::time_point> served;
  int refusals = 0;
  for (int i = 0; i < 1'000; ++i) {
    now = pacing.turn(now + 5ms);
    while (!served.empty() && now - served.front() >= 1s) served.pop_front();
    if (served.size() < kServedInASecond) {
      served.push_back(now);
      pacing.answered(now);
    } else {
      ++refusals;
      pacing.refused(now);
    }
  }
  EXPECT_LT(refusals, 200);
}

TEST(Pacing, GoesNoSlowerThanTwentyFiveSecondsAndForgetsInTime) {
  Pacing pacing;
  Pacing::Clock::time_point now{1h};
  for (int i = 0; i < 100; ++i) pacing.refused(now += 100ms);
  EXPECT_EQ(pacing.interval(), 25s);
  pacing.answered(now += 100ms);
  EXPECT_EQ(pacing.interval(), 24'500ms);
  pacing.answered(now += 10s);  // twice that, and a fiftieth of the rest
  EXPECT_EQ(pacing.interval(), 4'410ms);
  pacing.answered(now += 1h);
  EXPECT_EQ(pacing.interval(), 0ms);
}

TEST(CouchPacing, AsksAgainWhatWasRefusedForBeingTooMuch) {
  const Exchange busy = get(kFeed, answer(R"({"error":"too_many_requests"})", 429));
  Conversation talk({busy, busy, get(kFeed, answer(kOneRow))});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(talk.changes().rows.size(), 1U);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 48ms);
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchPacing, WaitsAsLongAsTheServerWants) {
  Conversation talk(
      {get(kFeed, answer("", 429, "Retry-After: 1\r\n")), get(kFeed, answer(kOneRow))});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(talk.changes().rows.size(), 1U);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 1s);
}

TEST(CouchPacing, WritesAgainWhatWasNotDone) {
  const std::vector<std::string> documents = {R"({"_id":"a"})"};
  Conversation talk({post("POST /mail/_bulk_docs", "", answer("", 429)),
                     post("POST /mail/_bulk_docs", R"({"docs":[{"_id":"a"}]})",
                          answer(R"([{"ok":true,"id":"a","rev":"1-x"}])", 201))});
  EXPECT_EQ(talk.run(talk.client.bulk_docs("mail", documents)).at(0).rev, "1-x");
}

TEST(CouchPacing, OutlastsQuickRefusals) {
  std::vector<Exchange> script(25, get(kFeed, answer("", 429)));
  script.push_back(get(kFeed, answer(kOneRow)));
  Conversation talk(std::move(script));
  EXPECT_EQ(talk.changes().rows.size(), 1U);
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchPacing, WaitsForAMinuteAtMost) {
  Conversation talk(
      {get(kFeed, answer("", 429)), get(kFeed, answer("", 429, "Retry-After: 60\r\n"))});
  EXPECT_EQ(error_of([&] { return talk.changes(); }).status(), 429);
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchPacing, ClosingEndsAPause) {
  Conversation talk({get(kFeed, answer("", 429, "Retry-After: 30\r\n"))});
  net::steady_timer timer(talk.context, 200ms);
  timer.async_wait([&talk](const boost::system::error_code&) { talk.client.close(); });
  EXPECT_EQ(error_of([&] { return talk.changes(); }).kind(), Kind::kNetwork);
}

net::awaitable<void> hold_for(Semaphore& semaphore, Semaphore::Hold hold, std::string name,
                              std::vector<std::string>& log, std::chrono::milliseconds time) {
  const auto permit = co_await semaphore.acquire(hold);
  log.push_back(name);
  net::steady_timer timer(co_await net::this_coro::executor, time);
  co_await timer.async_wait(net::use_awaitable);
}

TEST(Semaphore, GivesPermitsInOrderAndNotAllForLong) {
  net::io_context context;
  Semaphore semaphore(context.get_executor(), 3, 1);
  std::vector<std::string> log;
  const auto enter = [&](Semaphore::Hold kind, const std::string& name,
                         std::chrono::milliseconds time) {
    net::co_spawn(context, hold_for(semaphore, kind, name, log, time), net::detached);
  };
  enter(Semaphore::Hold::kLong, "feed 1", 50ms);
  enter(Semaphore::Hold::kLong, "feed 2", 0ms);
  enter(Semaphore::Hold::kShort, "request 1", 100ms);
  enter(Semaphore::Hold::kShort, "request 2", 150ms);
  enter(Semaphore::Hold::kShort, "request 3", 0ms);
  context.run();
  EXPECT_THAT(log, ElementsAre("feed 1", "request 1", "request 2", "feed 2", "request 3"));
}

net::awaitable<Kind> refused_permit(Semaphore& semaphore) {
  try {
    (void)co_await semaphore.acquire(Semaphore::Hold::kShort);
  } catch (const SourceError& error) {
    co_return error.kind();
  }
  co_return Kind::kProtocol;
}

TEST(Semaphore, EndsWaitingOnceClosed) {
  net::io_context context;
  Semaphore semaphore(context.get_executor(), 1, 1);
  std::vector<std::string> log;
  net::co_spawn(context, hold_for(semaphore, Semaphore::Hold::kShort, "the only one", log, 10s),
                net::detached);
  net::steady_timer timer(context, 20ms);
  timer.async_wait([&semaphore](const boost::system::error_code&) { semaphore.close(); });
  EXPECT_EQ(support::run(context, refused_permit(semaphore)), Kind::kNetwork);
}

net::awaitable<std::size_t> rows_of_many(CouchClient& client, int requests) {
  std::size_t rows = 0;
  int under_way = requests;
  net::steady_timer all_done(co_await net::this_coro::executor,
                             net::steady_timer::time_point::max());
  const auto count = [&](const std::exception_ptr& error, const ChangesPage& page) {
    if (!error) rows += page.rows.size();
    if (--under_way == 0) all_done.cancel();
  };
  for (int i = 0; i < requests; ++i) {
    net::co_spawn(co_await net::this_coro::executor, client.changes("mail", first_ten()), count);
  }
  boost::system::error_code woken;
  co_await all_done.async_wait(net::redirect_error(net::use_awaitable, woken));
  co_return rows;
}

TEST(CouchConnections, AreBounded) {
  constexpr int kRequests = 12;
  Exchange slow = get(kFeed, answer(kOneRow));
  slow.delay = 5ms;
  ClientLimits limits;
  limits.connections = 3;
  Conversation talk(std::vector<Exchange>(kRequests, slow), {5s, 5s}, {}, limits);
  EXPECT_EQ(talk.run(rows_of_many(talk.client, kRequests)), 12U);
  EXPECT_EQ(talk.server.connections(), 1 + 3);  // the welcome's was the first
}

TEST(CouchConnections, AreClosedWhenTheyAreOfNoUse) {
  ClientLimits limits;
  limits.idle = 50ms;
  const std::vector<Exchange> twice(2, get(kFeed, answer(kOneRow)));
  Conversation talk(twice, {5s, 5s}, {}, limits);
  EXPECT_EQ(talk.changes().rows.size(), 1U);
  talk.context.restart();
  talk.context.run();  // to the end: nothing is left that could do anything
  EXPECT_EQ(talk.changes().rows.size(), 1U);
  EXPECT_EQ(talk.server.connections(), 1 + 2);
}

// Feeds are held by all connections that they may have; a request is answered all the same.
TEST(CouchConnections, AreNotAllForFeeds) {
  const std::string feed = "GET /mail/_changes?feed=continuous&heartbeat=20000&since=now";
  Exchange held = get(feed, chunked_answer("\n", 1));
  held.delay = 10s;
  ClientLimits limits;
  limits.connections = 3;
  Conversation talk({held, held, held, get(kFeed, answer(kOneRow))}, {5s, 5s}, {}, limits);
  WatchQuery query;
  query.kind = FeedKind::kContinuous;
  query.database = "mail";
  for (int i = 0; i < 3; ++i) {
    net::co_spawn(talk.context, talk.client.watch(query, [](const FeedEvent&) {}),
                  [](const std::exception_ptr&, const WatchQuery&) {});
  }
  EXPECT_EQ(talk.changes().rows.size(), 1U);
}

}  // namespace
}  // namespace replica
