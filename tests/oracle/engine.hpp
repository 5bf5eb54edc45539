// The running program, asked over HTTP.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/oracle/entry.hpp"
#include "tests/oracle/random_files.hpp"
#include "tests/oracle/random_mail.hpp"

namespace oracle {

// How hits are asked for; all pages are fetched.
struct Manner {
  int page_size = 500;
  bool threads = false;  // the first hit of each thread only
  std::string sort = "date";
  std::string kind;  // "mail" or "file"; empty: both
  std::vector<std::string> facets;
};

struct Hit {
  std::string account;
  bool is_file = false;
  std::string id;
  double score = 0;
};

using FacetValues = std::vector<std::pair<std::string, std::int64_t>>;  // in their order

struct Answer {
  std::vector<Hit> hits;  // all, in their order
  std::int64_t total = 0;
  bool total_is_exact = true;
  bool is_partial = false;
  std::map<std::string, FacetValues> facets;
  std::string error;  // what was said instead, or what one page says otherwise than the first
};

struct List {
  std::vector<std::string> ids;  // of all rows, in their order
  std::vector<std::string> backwards;  // from the last page to the first, each as it came
  std::int64_t total = 0;
  bool total_is_exact = true;
  std::string error;
};

class Engine {
 public:
  // `port` on loopback.
  explicit Engine(unsigned short port);

  // Of one account or of several at once.
  [[nodiscard]] Answer search(const std::vector<std::string>& accounts, const std::string& text,
                              const Manner& manner);
  [[nodiscard]] Answer search(const std::vector<std::string>& accounts,
                              const nlohmann::json& filter, const Manner& manner);
  // GET messages, with these parameters.
  [[nodiscard]] List list(const std::string& account, const std::string& parameters);
  // The whole account: what is known of each message and file, and what the lists say of it. Throws std::runtime_error when
  // they have one that is not known, or lack one.
  [[nodiscard]] Account account(const std::string& name, const MailByBytes& known,
                                const FilesByDocument& files);

 private:
  struct Response {
    int status = 0;
    std::string payload;
  };
  [[nodiscard]] Response ask(const std::string& method, const std::string& path,
                             const std::string& payload = "");
  [[nodiscard]] nlohmann::json get(const std::string& path);
  // All rows of a list, whose path has parameters.
  [[nodiscard]] nlohmann::json rows(const std::string& path, const char* member);
  template <typename Page>
  [[nodiscard]] Answer pages(const Page& page);

  boost::asio::io_context io_;
  boost::beast::tcp_stream stream_{io_};
};

}  // namespace oracle
