#include "api/routes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "api/percent.hpp"
#include "api/route.hpp"
#include "api/wait_for.hpp"
#include "indexer/index_damaged.hpp"

namespace api {
namespace {

// Takes the first segment off a path that begins with '/'.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

// What stood for each {…}, still encoded; nothing when the path is not of that pattern.
std::optional<std::vector<std::string_view>> match(std::string_view pattern,
                                                   std::string_view path) {
  std::vector<std::string_view> segments;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view expected = take_segment(pattern);
    const std::string_view given = take_segment(path);
    if (expected.starts_with('{')) {
      if (given.empty()) return std::nullopt;
      segments.push_back(given);
    } else if (expected != given) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return segments;
}

struct Match {
  const Route* route = nullptr;
  std::vector<std::string_view> segments;
  std::vector<const Route*> other_methods;  // routes of the same path
};

Match find_route(const HttpRequest& request) {
  Match found;
  for (const Route& route : route_table()) {
    auto segments = match(route.pattern, request.path);
    if (!segments) continue;
    if (route.method == request.method) {
      found.route = &route;
      found.segments = std::move(*segments);
      return found;
    }
    found.other_methods.push_back(&route);
  }
  return found;
}

HttpResponse wrong_method(const HttpRequest& request, const std::vector<const Route*>& routes) {
  std::vector<std::string_view> allowed;
  for (const Route* route : routes) {
    allowed.push_back(route->method);
    if (route->method == "GET") allowed.push_back("HEAD");
  }
  static constexpr std::string_view kReadOnly[] = {"messages", "mailboxes", "threads", "files"};
  static constexpr std::string_view kOfAccount = "/v1/accounts/{account}/";
  const std::string_view pattern = routes.front()->pattern;
  const bool is_read_only =
      pattern.starts_with(kOfAccount) &&
      std::any_of(std::begin(kReadOnly), std::end(kReadOnly), [&](std::string_view things) {
        return pattern.substr(kOfAccount.size()).starts_with(things);
      });
  HttpResponse response =
      is_read_only
          ? error_response(405, "readOnly",
                           "nothing is changed here: change documents in CouchDB by docId and rev "
                           "(lists have both); the change arrives by replication")
          : error_response(405, "methodNotAllowed",
                           fmt::format("{} is not possible on {}; allowed: {}", request.method,
                                       pattern, fmt::join(allowed, ", ")));
  response.fields.emplace_back("Allow", fmt::format("{}", fmt::join(allowed, ", ")));
  return response;
}

AccessTarget access_target(const Route& route, const Call& call) {
  AccessTarget target;
  switch (route.needs) {
    case Needs::kAccount:
    case Needs::kAccountAdmin:
      target.account = call.segments[0];
      break;
    case Needs::kAccounts:
      target.accounts = accounts_in(call.request);
      break;
    case Needs::kTaskAdmin:
      target.task = call.segments[0];
      if (const auto task = call.tasks.find(target.task)) target.account = task->account;
      break;
    case Needs::kNothing:
    case Needs::kToken:
    case Needs::kAdmin:
    case Needs::kServerAdmin:
    case Needs::kAdminSocket:
      break;
  }
  return target;
}

std::optional<HttpResponse> refuse_unknown_parameter(const Route& route,
                                                     const HttpRequest& request) {
  for (const auto& parameter : request.query) {
    const auto& known = route.parameters;
    if (std::find(known.begin(), known.end(), parameter.first) != known.end()) continue;
    const std::string choice =
        known.empty() ? "there are none here" : fmt::format("known are {}", fmt::join(known, ", "));
    return error_response(400, "badParameter",
                          fmt::format("unknown parameter '{}'; {}", parameter.first, choice));
  }
  return std::nullopt;
}

}  // namespace

struct Routes::State {
  const Config& config;
  Accounts& accounts;
  Tasks& tasks;
  Replication& replication;
  Metrics& metrics;
  Events& events;
  const AccessControl& access;

  [[nodiscard]] HttpResponse answer(const Match& match, const HttpRequest& request);
  [[nodiscard]] HttpResponse dispatch(const Match& match, const HttpRequest& request);
  [[nodiscard]] HttpResponse handle(const Route& route, const Call& call);
};

// Once what the request waits for is visible.
HttpResponse Routes::State::handle(const Route& route, const Call& call) {
  if (!route.visible_in) return route.handle(call);
  HttpRequest request = call.request;
  const auto awaited = extract_wait(request);
  if (const auto* mistake = std::get_if<HttpResponse>(&awaited)) return *mistake;
  if (*route.visible_in == indexer::VisibleIn::kLists && request.query.contains("timeout")) {
    return error_response(400, "badParameter",
                          "'timeout' is how long to wait: it goes with 'wait_for'");
  }
  if (const auto* change = std::get_if<AwaitedChange>(&awaited)) {
    if (auto mistake = route.check != nullptr ? route.check(request) : std::nullopt)
      return *std::move(mistake);
    const auto account = accounts.find(call.segments[0]);
    auto later =
        account ? defer_until_visible(call, *account, *change, *route.visible_in) : std::nullopt;
    if (later) return *std::move(later);
  }
  return route.handle({request, call.segments, config, accounts, tasks, replication, metrics,
                       events, access, call.caller});
}

HttpResponse Routes::State::dispatch(const Match& match, const HttpRequest& request) {
  if (match.route == nullptr) {
    if (!match.other_methods.empty()) return wrong_method(request, match.other_methods);
    return unknown("route", request.path, "the routes are described by GET /openapi.json");
  }
  const Caller caller = access.identify(request);
  if (!request.is_again) {
    if (auto refusal = access.check_rate(request, caller)) return std::move(*refusal);
  }
  Call call{request, {}, config, accounts, tasks, replication, metrics, events, access, caller};
  for (const auto segment : match.segments) {
    auto decoded = percent_decode(segment);
    if (!decoded) {
      return error_response(
          400, "badParameter",
          fmt::format("'{}' in the path is not percent-encoded: '%' needs two hex digits",
                      segment));
    }
    call.segments.push_back(std::move(*decoded));
  }
  if (auto refusal =
          check_access(match.route->needs, caller, request, access_target(*match.route, call)))
    return std::move(*refusal);
  if (auto refusal = refuse_unknown_parameter(*match.route, request)) return std::move(*refusal);
  return handle(*match.route, call);
}

HttpResponse Routes::State::answer(const Match& match, const HttpRequest& request) {
  try {
    return dispatch(match, request);
  } catch (const indexer::AccountBusy& busy) {
    return error_response(503, "accountBusy", busy.what());
  } catch (const indexer::IndexDamaged& damage) {
    spdlog::error("{} {}: {}", request.method, match.route->pattern, damage.what());
    return error_response(503, "indexDamaged",
                          "the text index is damaged and is made anew, which is a task in "
                          "/v1/admin/tasks: lists are answered, searches then");
  } catch (const std::exception& error) {
    if (accounts.disk().note(error)) {
      return error_response(507, "noSpace",
                            "there is no space left on the disk: what is here can be read, as far "
                            "as that writes nothing");
    }
    spdlog::error("{} {}: {}", request.method, match.route != nullptr ? match.route->pattern : "?",
                  error.what());
    // Texts of errors name files: only who holds the data folder is told.
    return error_response(500, "internal",
                          request.from_admin_socket
                              ? error.what()
                              : "something went wrong here; the log of the server says what");
  }
}

Routes::Routes(const Config& config, Accounts& accounts, Tasks& tasks, Replication& replication,
               Metrics& metrics, Events& events, const AccessControl& access)
    : state_(new State{config, accounts, tasks, replication, metrics, events, access}) {}

Routes::~Routes() = default;

HttpResponse Routes::handle(const HttpRequest& request) const {
  const auto began = std::chrono::steady_clock::now();
  const Match match = request.path.starts_with('/') ? find_route(request) : Match{};
  HttpResponse response = state_->answer(match, request);
  if (response.again_at) return response;
  state_->metrics.request(match.route != nullptr ? match.route->pattern : "none", response.status,
                          std::chrono::steady_clock::now() - began);
  return response;
}

}  // namespace api
