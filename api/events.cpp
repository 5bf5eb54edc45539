#include "api/events.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/render.hpp"
#include "indexer/base64url.hpp"

namespace api {
namespace {

using nlohmann::json;

// Tasks that a slow client is told of; of more, the oldest are left out.
constexpr std::size_t kMostTasks = 64;
constexpr std::string_view kRetry = "retry: 3000\n\n";  // milliseconds until a client comes back

std::string_view name_of(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kMessages:
      return "messages";
    case Event::Kind::kIndex:
      return "index";
    case Event::Kind::kTask:
      break;
  }
  return "task";
}

Event messages_event(const std::string& account, const std::string& state) {
  return {Event::Kind::kMessages, account, account, state,
          json{{"account", account}, {"state", state}}.dump()};
}

Event index_event(const std::string& account, const std::string& state,
                  const indexer::IndexState& index) {
  return {Event::Kind::kIndex, account, account, "",
          json{{"account", account},
               {"state", state},
               {"complete", index.complete},
               {"pending", index.pending},
               {"failed", index.failed}}
              .dump()};
}

}  // namespace

Listener::~Listener() { events_.forget(*this); }

std::string Listener::take() {
  const std::lock_guard lock(mutex_);
  if (!has_news_) return {};
  has_news_ = false;
  return take_added();
}

void Listener::on_news(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void Listener::tell(const Event& event) {
  const std::lock_guard lock(mutex_);
  if (!add(event) || has_news_) return;
  has_news_ = true;
  if (wake_) wake_();
}

void Listener::end() {
  const std::lock_guard lock(mutex_);
  has_news_ = true;
  if (wake_) wake_();
}

EventClient::EventClient(Events& events, std::vector<std::string> accounts, std::string_view seen,
                         Rights rights)
    : Listener(events, std::move(accounts)), count_(events.clients_), rights_(std::move(rights)) {
  if (this->accounts().size() == 1) {
    states_.emplace(this->accounts().front(), seen);
    return;
  }
  const auto text = indexer::from_base64url(seen);
  const auto states = text ? json::parse(*text, nullptr, false) : json();
  for (const auto& account : this->accounts()) {
    if (states.is_object() && states.contains(account) && states[account].is_string())
      states_.emplace(account, states[account].get<std::string>());
  }
}

EventClient::~EventClient() { --count_; }

void EventClient::end() {
  has_ended_ = true;
  Listener::end();
}

bool EventClient::is_known(const Event& event) const {
  if (event.kind == Event::Kind::kTask) return false;
  if (event.kind == Event::Kind::kMessages) {
    const auto state = states_.find(event.account);
    return state != states_.end() && state->second == event.state;
  }
  const auto data = told_.find(event.topic);
  return data != told_.end() && data->second == event.data;
}

bool EventClient::add(const Event& event) {
  if (event.kind == Event::Kind::kTask && !rights_.sees_tasks) return false;
  if (!rights_.still_has()) {
    has_ended_ = true;
    pending_.clear();
    return true;
  }
  if (is_known(event)) {
    pending_.erase({event.kind, event.topic});  // it came back to what was told
    return false;
  }
  pending_.insert_or_assign({event.kind, event.topic}, event);
  const auto oldest_task = pending_.lower_bound({Event::Kind::kTask, ""});
  if (static_cast<std::size_t>(std::distance(oldest_task, pending_.end())) > kMostTasks)
    pending_.erase(oldest_task);
  return true;
}

std::string EventClient::take_added() {
  std::string text(has_begun_ ? std::string_view() : kRetry);
  has_begun_ = true;
  for (auto& [key, event] : pending_) {
    if (event.kind == Event::Kind::kMessages) states_.insert_or_assign(event.account, event.state);
    fmt::format_to(std::back_inserter(text), "id: {}\nevent: {}\ndata: {}\n\n", id(),
                   name_of(event.kind), event.data);
    if (event.kind == Event::Kind::kIndex)
      told_.insert_or_assign(event.account, std::move(event.data));
  }
  pending_.clear();
  return text;
}

std::string EventClient::id() const {
  if (accounts().size() == 1) return states_.begin()->second;
  return indexer::to_base64url(json(states_).dump());
}

std::shared_ptr<EventClient> Events::listen(std::vector<std::string> accounts,
                                            std::string_view seen, EventClient::Rights rights) {
  if (++clients_ > most_clients_) {
    --clients_;
    return nullptr;
  }
  auto client = std::make_shared<EventClient>(*this, std::move(accounts), seen, std::move(rights));
  add(client);
  return client;
}

std::shared_ptr<Waiter> Events::wait(std::string account) {
  std::vector<std::string> accounts{std::move(account)};
  auto waiter = std::make_shared<Waiter>(*this, std::move(accounts));
  add(waiter);
  return waiter;
}

void Events::add(const std::shared_ptr<Listener>& listener) {
  const std::lock_guard lock(mutex_);
  for (const auto& account : listener->accounts())
    listeners_[account].emplace(listener.get(), listener);
}

void Events::forget(const Listener& listener) {
  const std::lock_guard lock(mutex_);
  for (const auto& account : listener.accounts()) {
    const auto found = listeners_.find(account);
    if (found == listeners_.end()) continue;
    found->second.erase(&listener);
    if (found->second.empty()) listeners_.erase(found);
  }
}

// Held, so that none is destroyed while it is told; and told without the lock, which the last owner
// of one needs.
std::vector<std::shared_ptr<Listener>> Events::listeners_of(std::string_view account) const {
  std::vector<std::shared_ptr<Listener>> held;
  const std::lock_guard lock(mutex_);
  const auto found = listeners_.find(account);
  if (found == listeners_.end()) return held;
  for (const auto& [address, listener] : found->second) {
    if (auto alive = listener.lock()) held.push_back(std::move(alive));
  }
  return held;
}

void Events::tell_now(Listener& listener, const indexer::Account& account) {
  const auto state = account.state();
  listener.tell(messages_event(account.name(), state));
  listener.tell(index_event(account.name(), state, account.index_state()));
}

void Events::moved(const indexer::Account& account) {
  const auto listeners = listeners_of(account.name());
  if (listeners.empty()) return;
  const auto state = account.state();
  const auto messages = messages_event(account.name(), state);
  const auto index = index_event(account.name(), state, account.index_state());
  for (const auto& listener : listeners) {
    listener->tell(messages);
    listener->tell(index);
  }
}

void Events::task_changed(const TaskReport& task) {
  const auto listeners = listeners_of(task.account);
  if (listeners.empty()) return;
  const Event event{Event::Kind::kTask, task.account, task.id, "", render_task(task)};
  for (const auto& listener : listeners) listener->tell(event);
}

void Events::account_removed(std::string_view account) {
  for (const auto& listener : listeners_of(account)) listener->end();
}

std::vector<std::string> Events::listened_accounts() const {
  std::vector<std::string> accounts;
  const std::lock_guard lock(mutex_);
  for (const auto& [account, listeners] : listeners_) accounts.push_back(account);
  return accounts;
}

}  // namespace api
