#include "tests/support/faulty_proxy.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <fmt/core.h>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>

#include "tests/support/bytes.hpp"
#include "tests/support/changes_page.hpp"
#include "tests/support/http_relay.hpp"

namespace support {

namespace net = boost::asio;
using net::use_awaitable;
using net::ip::tcp;

namespace {

constexpr std::size_t kSincesKept = 16;
// Whether a fault can meet the request at all.
bool can_meet(Fault fault, const RelayedRequest& request) {
  if (fault >= Fault::kRepeatRows) return request.is_page();
  if (fault == Fault::kTooLarge) return !request.decoded.empty();
  const bool changes_payload =
      fault == Fault::kTruncated || fault == Fault::kLongLength || fault == Fault::kShortLength;
  return !changes_payload || !request.is_feed() || request.is_page();
}

}  // namespace

struct FaultyProxy::State {
  State(const std::string& source_url, std::uint64_t seed_, FaultRates rates_)
      : seed(seed_), rates(std::move(rates_)) {
    const auto colon = source_url.rfind(':');
    const int port = std::atoi(source_url.substr(colon + 1).c_str());
    if (!source_url.starts_with("http://127.0.0.1:") || port == 0)
      throw std::invalid_argument("the proxy needs a source on loopback, not " + source_url);
    source = {net::ip::address_v4::loopback(), static_cast<unsigned short>(port)};
  }

  // The fault for a request, and chance for its details.
  std::optional<Fault> choose(const RelayedRequest& request, std::mt19937_64& random) {
    if (!is_faulty) return std::nullopt;
    double left = std::uniform_real_distribution<double>(0, 1)(random);
    for (const auto& [fault, rate] : rates) {
      if (!can_meet(fault, request)) continue;
      if (left < rate) return fault;
      left -= rate;
    }
    return std::nullopt;
  }

  void count(Fault fault) {
    const std::lock_guard lock(mutex);
    ++injected[fault];
  }

  net::awaitable<void> pause(std::chrono::milliseconds time) {
    net::steady_timer timer(context, time);
    co_await timer.async_wait(use_awaitable);
  }

  // A `since` before the request's, of the same database.
  std::string earlier_since(const RelayedRequest& request, std::mt19937_64& random) {
    const std::string since = parameter(request.target(), "since");
    if (is_number(since)) return std::to_string(random() % (std::stoull(since) + 1));
    const auto& known = sinces[std::string(request.path())];
    return known.empty() ? "0" : known[random() % known.size()];
  }

  void remember_since(const RelayedRequest& request) {
    if (!request.is_page()) return;
    auto& known = sinces[std::string(request.path())];
    const std::string since = parameter(request.target(), "since");
    if (since.empty() || std::find(known.begin(), known.end(), since) != known.end()) return;
    known.push_back(since);
    if (known.size() > kSincesKept) known.erase(known.begin());
  }

  // The target to ask for instead, so that the changed page is one that the source stands for.
  std::string changed_target(const RelayedRequest& request, Fault fault, std::mt19937_64& random) {
    const std::string target(request.target());
    const std::string limit = parameter(target, "limit");
    if (fault == Fault::kRewind)
      return with_parameter(target, "since", earlier_since(request, random));
    const bool needs_room = fault == Fault::kRepeatRows || fault == Fault::kOldRows;
    if (!needs_room || !is_number(limit) || std::stoull(limit) < 2) return target;
    return with_parameter(target, "limit", std::to_string(std::stoull(limit) / 2));
  }

  // As many rows of earlier in the feed as there is room for, before those of the page.
  net::awaitable<void> add_old_rows(const RelayedRequest& request, ChangesPage& page,
                                    std::size_t room, std::mt19937_64& random) {
    std::string target = with_parameter(request.target(), "since", earlier_since(request, random));
    target = with_parameter(target, "limit", std::to_string(room));
    RelayedAnswer answer = co_await ask_source(source, request.bytes_for(target), "GET");
    const bool is_whole = co_await read_whole(answer);
    if (!is_whole) co_return;
    const auto old = ChangesPage::parse(answer.decoded);
    if (answer.head.status() != 200 || !old) co_return;
    const std::size_t rows = std::min(room, old->rows.size());
    page.rows.insert(page.rows.begin(), old->rows.begin(),
                     old->rows.begin() + static_cast<std::ptrdiff_t>(rows));
  }

  // A full page stays full: some sources say by a shorter one that there is no more.
  net::awaitable<void> change_page(Fault fault, const RelayedRequest& request,
                                   std::string_view asked, ChangesPage& page,
                                   std::mt19937_64& random) {
    const std::string limit_text = parameter(request.target(), "limit");
    const std::size_t limit =
        is_number(limit_text) ? std::stoull(limit_text) : page.rows.size() + 10;
    const std::string asked_limit = parameter(asked, "limit");
    const bool is_full = is_number(asked_limit) && page.rows.size() >= std::stoull(asked_limit);
    const std::size_t room = limit - std::min(limit, page.rows.size());
    std::string since = percent_decoded(parameter(request.target(), "since"));
    if (since.empty()) since = "0";
    switch (fault) {
      case Fault::kOldRows:
        if (room > 0) co_await add_old_rows(request, page, room, random);
        if (is_full) page.repeat_rows(limit, random);
        break;
      case Fault::kRepeatRows:
        page.repeat_rows(is_full ? limit : page.rows.size() + random() % (room + 1), random);
        break;
      case Fault::kReorderRows:
        std::shuffle(page.rows.begin(), page.rows.end(), random);
        break;
      case Fault::kEarlyLastSeq:
        page.end_early(random);
        break;
      case Fault::kEmptyPage:
        if (page.pending) page.empty(since);
        break;
      case Fault::kNullSeqs:
        page.forget_sequences();
        break;
      default:  // kRewind: the source has already given the other page
        break;
    }
  }

  // Answers with what the fault makes of the source's answer; true when the connection can go on.
  net::awaitable<bool> answer_changed(Fault fault, const RelayedRequest& request, Outlet& outlet,
                                      std::mt19937_64& random) {
    const std::string target = changed_target(request, fault, random);
    RelayedAnswer answer = co_await ask_source(source, request.bytes_for(target), request.method());
    const bool is_whole = co_await read_whole(answer);
    auto page = is_whole && request.is_page() ? ChangesPage::parse(answer.decoded) : std::nullopt;
    const bool changes_page = fault >= Fault::kRepeatRows;
    if (!is_whole || answer.decoded.empty() || (changes_page && !page)) {
      co_await relay(answer, outlet);
      co_return answer.keeps_connection();
    }
    count(fault);
    std::string payload = answer.decoded;
    if (changes_page) {
      co_await change_page(fault, request, target, *page, random);
      const std::string changed = framed(answer.head, page->json(), answer.payload.is_chunked());
      co_await outlet.send(changed);
      co_return answer.keeps_connection();
    }
    const std::size_t cut = random() % payload.size();
    if (fault == Fault::kTruncated) {
      const std::string truncated = framed(answer.head, payload.substr(0, cut), true);
      co_await outlet.send(truncated);
      co_return answer.keeps_connection();
    }
    const std::size_t said = fault == Fault::kShortLength ? cut : payload.size() + 1 + cut;
    const std::string mismatched =
        fmt::format("{}Content-Length: {}\r\n\r\n{}", answer.head.unframed(), said, payload);
    co_await outlet.send(mismatched);
    co_return false;
  }

  net::awaitable<bool> answer_with(std::optional<Fault> fault, const RelayedRequest& request,
                                   Outlet& outlet, std::mt19937_64& random) {
    if (fault && !refusal(*fault).empty()) {
      count(*fault);
      const std::string refused = refusal(*fault);
      co_await outlet.send(refused);
      co_return *fault != Fault::kTooLarge;
    }
    if (fault && (*fault >= Fault::kRepeatRows || *fault == Fault::kTruncated ||
                  *fault == Fault::kLongLength || *fault == Fault::kShortLength)) {
      co_return co_await answer_changed(*fault, request, outlet, random);
    }
    constexpr int kMaxDelay = 300;  // ms
    if (fault == Fault::kDelay) co_await pause(std::chrono::milliseconds(random() % kMaxDelay));
    const std::string bytes = request.head.bytes + request.payload;
    if (fault == Fault::kCutRequest) {
      count(*fault);
      tcp::socket socket(context);
      co_await socket.async_connect(source, use_awaitable);
      co_await net::async_write(socket, net::buffer(bytes.data(), random() % bytes.size()),
                                use_awaitable);
      throw ConnectionCut();
    }
    RelayedAnswer answer = co_await ask_source(source, bytes, request.method());
    // Half of the cuts in the beginning, where small answers end and large ones have their header.
    constexpr std::size_t kNear = 400, kFar = 100'000;
    if (fault == Fault::kCutAnswer)
      outlet.bytes_left = random() % (random() % 2 == 0 ? kNear : kFar);
    outlet.trickles = fault == Fault::kTrickle;
    if (fault && fault != Fault::kCutAnswer) count(*fault);
    co_await relay(answer, outlet);
    co_return answer.keeps_connection();
  }

  // True when the connection can go on. Never throws, so that it can run beside the watch for the client's end.
  net::awaitable<bool> exchange(const RelayedRequest& request, tcp::socket& client) {
    std::seed_seq seeds{seed, ++numbers};
    std::mt19937_64 random(seeds);
    const std::optional<Fault> fault = choose(request, random);
    const std::size_t began = begin_passing(request);
    Outlet outlet{client, {}, false};
    bool goes_on = false;
    try {
      goes_on = co_await answer_with(fault, request, outlet, random);
      if (is_faulty) remember_since(request);
    } catch (const ConnectionCut&) {
      if (fault == Fault::kCutAnswer) count(*fault);
      boost::system::error_code ignored;
      if (random() % 2 == 0) client.set_option(net::socket_base::linger(true, 0), ignored);
    } catch (const boost::system::system_error&) {
      // one of the two went away
    }
    end_passing(began);
    co_return goes_on;
  }

  net::awaitable<void> gone(tcp::socket& client) {
    boost::system::error_code error;
    do {
      co_await client.async_wait(tcp::socket::wait_read, net::redirect_error(use_awaitable, error));
    } while (!error && client.available(error) > 0 && !error);
  }

  net::awaitable<void> converse(tcp::socket client) {
    using net::experimental::awaitable_operators::operator||;
    client.set_option(tcp::no_delay(true));
    std::string buffer;
    try {
      for (;;) {
        const RelayedRequest request = co_await read_request(client, buffer);
        const auto ended = co_await (exchange(request, client) || gone(client));
        if (ended.index() != 0 || !std::get<0>(ended)) break;
      }
    } catch (const boost::system::system_error&) {
      // the client went away, which is its right
    }
  }

  net::awaitable<void> accept() {
    for (;;) {
      tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
      net::co_spawn(context, converse(std::move(socket)), net::detached);
    }
  }

  std::size_t begin_passing(const RelayedRequest& request) {
    const std::lock_guard lock(mutex);
    if (!is_recording) return 0;
    passed.push_back({std::string(request.method()), std::string(request.target()), request.decoded,
                      ++events, 0});
    return events;
  }

  void end_passing(std::size_t began) {
    const std::lock_guard lock(mutex);
    for (PassedRequest& request : passed) {
      if (began > 0 && request.began == began) request.ended = ++events;
    }
  }

  const std::uint64_t seed;
  const FaultRates rates;
  tcp::endpoint source;
  net::io_context context{1};
  tcp::acceptor acceptor{context, tcp::endpoint(net::ip::address_v4::loopback(), 0)};
  std::thread thread;
  std::atomic<bool> is_faulty{true};
  std::atomic<std::uint64_t> numbers{0};
  std::map<std::string, std::vector<std::string>> sinces;  // by path, as they were sent

  std::mutex mutex;
  std::map<Fault, std::uint64_t> injected;
  bool is_recording = false;
  std::size_t events = 0;
  std::vector<PassedRequest> passed;
};

FaultyProxy::FaultyProxy(const std::string& source_url, std::uint64_t seed, FaultRates rates)
    : state_(std::make_shared<State>(source_url, seed, std::move(rates))) {
  net::co_spawn(state_->context, state_->accept(), net::detached);
  state_->thread = std::thread([state = state_.get()] { state->context.run(); });
}

FaultyProxy::~FaultyProxy() {
  state_->context.stop();
  state_->thread.join();
}

std::string FaultyProxy::url() const {
  return fmt::format("http://127.0.0.1:{}", state_->acceptor.local_endpoint().port());
}

void FaultyProxy::set_faulty(bool on) { state_->is_faulty = on; }

std::map<Fault, std::uint64_t> FaultyProxy::injected() const {
  const std::lock_guard lock(state_->mutex);
  return state_->injected;
}

std::uint64_t FaultyProxy::requests() const { return state_->numbers; }

std::vector<PassedRequest> FaultyProxy::take_passed() {
  const std::lock_guard lock(state_->mutex);
  state_->is_recording = true;
  const auto under_way =
      std::stable_partition(state_->passed.begin(), state_->passed.end(),
                            [](const PassedRequest& request) { return request.ended != 0; });
  std::vector<PassedRequest> ended(std::make_move_iterator(state_->passed.begin()),
                                   std::make_move_iterator(under_way));
  state_->passed.erase(state_->passed.begin(), under_way);
  return ended;
}

}  // namespace support
