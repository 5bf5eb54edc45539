// What happens to accounts, told to whoever listens: one change in, thousands of listeners out. A listener has no thread, and
// keeps of each account and kind only the newest state, however slow its client is. An account with listeners is in use: it is
// kept up with its source, and not held open.
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
  std::string topic;  // of each only the newest counts: the account, or a task's id
  std::string state;  // of kMessages: as lists have it
  std::string data;  // JSON in one line
};

// Who waits for news of accounts, from `Events::add` until it is destroyed. Any thread.
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
    std::function<bool()> still_has;  // asked before anything is told: else the stream ends
  };
  // `seen` is the Last-Event-ID: what it knows is not told again.
  EventClient(Events& events, std::vector<std::string> accounts, std::string_view seen,
              Rights rights);
  ~EventClient() override;
  [[nodiscard]] bool has_ended() const override { return has_ended_; }

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

// A request that waits until an account moves.
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
  void limit_clients(std::size_t most) { most_clients_ = most; }  // for those to come

  // Null when there are as many clients as there may be.
  [[nodiscard]] std::shared_ptr<EventClient> listen(std::vector<std::string> accounts,
                                                    std::string_view seen,
                                                    EventClient::Rights rights);
  [[nodiscard]] std::shared_ptr<Waiter> wait(std::string account);
  // How the account is now, for one who begins to listen.
  static void tell_now(Listener& listener, const indexer::Account& account);

  // Lists or text of the account moved on. Costs nothing where nobody listens.
  void moved(const indexer::Account& account);
  // What a task of an account does, or came to.
  void task_changed(const TaskReport& task);

  [[nodiscard]] std::vector<std::string> listened_accounts() const;
  [[nodiscard]] std::size_t client_count() const { return clients_; }

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
