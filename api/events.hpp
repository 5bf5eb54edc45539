// Tells listeners what happens to accounts: one change in, thousands of listeners out. A listener
// has no thread and keeps only the newest state per account and kind of event, however slow its
// client is. An account with listeners counts as in use, so it is pulled sooner; it is not held
// open for them.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http_server.hpp"
#include "api/tasks.hpp"
#include "indexer/account.hpp"

namespace api {

class Events;

struct Event {
  enum class Kind { kMessages, kIndex, kTask };
  Kind kind = Kind::kMessages;
  std::string account;
  std::string topic;  // the account, or a task's id; only the newest event of a topic counts
  std::string state;  // of kMessages: the state of lists
  std::string data;  // JSON in one line
};

// Receives events of accounts from `Events::add` on until it is destroyed. Any thread.
class Listener : public EventStream {
 public:
  Listener(Events& events, std::vector<std::string> accounts)
      : events_(events), accounts_(std::move(accounts)) {}
  ~Listener() override;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::string take() override;
  void on_news(std::function<void()> wake) override;
  void tell(const Event& event);
  virtual void end();  // what it listens to is gone
  [[nodiscard]] const std::vector<std::string>& accounts() const { return accounts_; }

 private:
  // Both are called one at a time.
  [[nodiscard]] virtual bool add(const Event& event) = 0;  // true when it is news
  [[nodiscard]] virtual std::string take_added() = 0;

  Events& events_;
  const std::vector<std::string> accounts_;
  std::mutex mutex_;  // of all below, and of what derives from this
  bool has_news_ = false;
  std::function<void()> wake_;
};

// A client that listens: text/event-stream.
class EventClient : public Listener {
 public:
  struct Rights {
    bool sees_tasks = false;
    // Asked before each event is sent, and by `check`; false ends the stream. Not on the io thread.
    std::function<bool()> still_has;
  };
  // `seen` is the client's Last-Event-ID: events that it has seen are not sent again.
  EventClient(Events& events, std::vector<std::string> accounts, std::string_view seen,
              Rights rights);
  ~EventClient() override;
  [[nodiscard]] bool has_ended() const override { return has_ended_; }
  void check() override {
    if (!rights_.still_has()) has_ended_ = true;
  }
  void end() override;

 private:
  [[nodiscard]] bool add(const Event& event) override;
  [[nodiscard]] std::string take_added() override;
  [[nodiscard]] bool is_known(const Event& event) const;
  [[nodiscard]] std::string id() const;

  std::atomic<std::size_t>& count_;
  const Rights rights_;
  std::atomic<bool> has_ended_ = false;
  bool has_begun_ = false;
  std::map<std::string, std::string, std::less<>> states_;  // by account, as the client has them
  std::map<std::string, std::string, std::less<>> told_;  // of kIndex: data by account
  std::map<std::pair<Event::Kind, std::string>, Event> pending_;  // by kind and topic
};

// A request that waits until an account changes.
class Waiter : public Listener {
 public:
  using Listener::Listener;

 private:
  [[nodiscard]] bool add(const Event&) override { return true; }
  [[nodiscard]] std::string take_added() override { return "moved"; }
};

// Any thread. Outlives its listeners.
class Events {
 public:
  explicit Events(std::size_t most_clients = 2'048) : most_clients_(most_clients) {}
  void limit_clients(std::size_t most) { most_clients_ = most; }  // for new clients

  // Null when the limit of clients is reached.
  [[nodiscard]] std::shared_ptr<EventClient> listen(std::vector<std::string> accounts,
                                                    std::string_view seen,
                                                    EventClient::Rights rights);
  [[nodiscard]] std::shared_ptr<Waiter> wait(std::string account);
  // Tells a new listener the current state of the account.
  static void tell_now(Listener& listener, const indexer::Account& account);

  // Call when lists or text of the account have changed. Costs nothing when there is no listener.
  void moved(const indexer::Account& account);
  // Call when a task of an account makes progress or ends.
  void task_changed(const TaskReport& task);

  // Ends who listens to it, and has requests that wait for it answered.
  void account_removed(std::string_view account);

  [[nodiscard]] std::vector<std::string> listened_accounts() const;

 private:
  friend class Listener;
  friend class EventClient;
  void add(const std::shared_ptr<Listener>& listener);
  void forget(const Listener& listener);
  [[nodiscard]] std::vector<std::shared_ptr<Listener>> listeners_of(std::string_view account) const;

  std::atomic<std::size_t> most_clients_;
  std::atomic<std::size_t> clients_ = 0;
  mutable std::mutex mutex_;
  // By account.
  std::map<std::string, std::map<const Listener*, std::weak_ptr<Listener>>, std::less<>> listeners_;
};

}  // namespace api
