// How long queries took, by kind, for search_bench and notmuch_bench alike: by the clock, and in processor time, which a busy
// machine stretches less. Each query is asked so many times, and the best of them counts.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bench {

// Milliseconds, one for each query.
struct QueryTimes {
  std::vector<double> wall, processor;
};

[[nodiscard]] inline double processor_milliseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// `ask` is given the number of a query.
inline QueryTimes time_queries(std::size_t count, int rounds,
                               const std::function<void(std::size_t)>& ask) {
  constexpr double kNever = 1e12;
  QueryTimes best{std::vector<double>(count, kNever), std::vector<double>(count, kNever)};
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t number = 0; number < count; ++number) {
      const auto begin = std::chrono::steady_clock::now();
      const double used_before = processor_milliseconds();
      ask(number);
      const double used = processor_milliseconds() - used_before;
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - begin;
      best.wall[number] = std::min(best.wall[number], took.count());
      best.processor[number] = std::min(best.processor[number], used);
    }
  }
  return best;
}

// Lines "WHO KIND CLOCK median p99 most", tabs between; the last kind is "all".
inline void print_times(const std::string& who, const std::vector<std::string>& kinds,
                        const char* clock, const std::vector<double>& times) {
  std::map<std::string, std::vector<double>> by_kind;
  for (std::size_t i = 0; i < times.size(); ++i) {
    by_kind[kinds[i]].push_back(times[i]);
    by_kind["~all"].push_back(times[i]);  // sorts last
  }
  for (auto& [kind, each] : by_kind) {
    std::sort(each.begin(), each.end());
    std::printf("%s\t%s\t%s\t%.3f\t%.3f\t%.3f\n", who.c_str(),
                kind == "~all" ? "all" : kind.c_str(), clock, each[each.size() / 2],
                each[each.size() * 99 / 100], each.back());
  }
}

}  // namespace bench
