// notmuch_bench DATABASE QUERIES ROUNDS: asks notmuch's library the queries of a file (kind, tab, query): newest first, the
// first 50 hits, as search_bench asks davenport. Built where libnotmuch-dev is installed; no part of davenport.
#include <cstdlib>
#include <fstream>
#include <notmuch.h>
#include <string>
#include <vector>

#include "tests/bench/query_times.hpp"

namespace {

// What davenport calls `filename:` is `attachment:` here.
std::string in_notmuch(std::string query) {
  const std::string ours = "filename:";
  if (query.starts_with(ours)) query.replace(0, ours.size(), "attachment:");
  return query;
}

// Message-IDs are looked at, so that each hit is read.
std::size_t ask(notmuch_database_t* database, const std::string& text) {
  constexpr int kPage = 50;
  notmuch_query_t* query = notmuch_query_create(database, text.c_str());
  notmuch_query_set_sort(query, NOTMUCH_SORT_NEWEST_FIRST);
  notmuch_messages_t* messages = nullptr;
  if (notmuch_query_search_messages(query, &messages) != NOTMUCH_STATUS_SUCCESS) {
    std::fprintf(stderr, "notmuch_bench: %s is no query\n", text.c_str());
    std::exit(1);
  }
  std::size_t bytes = 0;
  for (int hit = 0; hit < kPage && notmuch_messages_valid(messages) != 0; ++hit) {
    notmuch_message_t* message = notmuch_messages_get(messages);
    bytes += std::string(notmuch_message_get_message_id(message)).size();
    notmuch_message_destroy(message);
    notmuch_messages_move_to_next(messages);
  }
  notmuch_query_destroy(query);
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: notmuch_bench DATABASE QUERIES ROUNDS\n");
    return 2;
  }
  std::vector<std::string> kinds, texts;
  std::ifstream in(argv[2]);
  for (std::string line; std::getline(in, line);) {
    const auto tab = line.find('\t');
    if (tab == line.npos) continue;
    kinds.push_back(line.substr(0, tab));
    texts.push_back(in_notmuch(line.substr(tab + 1)));
  }
  notmuch_database_t* database = nullptr;
  char* error = nullptr;
  if (notmuch_database_open_with_config(argv[1], NOTMUCH_DATABASE_MODE_READ_ONLY, "", nullptr,
                                        &database, &error) != NOTMUCH_STATUS_SUCCESS) {
    std::fprintf(stderr, "notmuch_bench: %s\n",
                 error != nullptr ? error : "cannot open the database");
    return 1;
  }
  std::size_t bytes = 0;
  const auto times = bench::time_queries(texts.size(), std::atoi(argv[3]), [&](std::size_t number) {
    bytes += ask(database, texts[number]);
  });
  if (bytes == 0) std::fprintf(stderr, "notmuch_bench: nothing was found\n");
  bench::print_times("notmuch", kinds, "wall", times.wall);
  bench::print_times("notmuch", kinds, "processor", times.processor);
  notmuch_database_destroy(database);
  return 0;
}
