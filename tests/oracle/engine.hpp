// The running program, asked over HTTP.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/oracle/message.hpp"
#include "tests/oracle/random_mail.hpp"

namespace oracle {

struct Answer {
  std::vector<std::string> ids;  // of all hits, in their order
  std::int64_t total = 0;
  bool total_is_exact = true;
  bool is_partial = false;
  std::string error;  // what was said instead
};

// How hits are asked for; all pages are fetched.
struct Paging {
  int page_size = 500;
  bool threads = false;  // the first hit of each thread only
};

class Engine {
 public:
  // `port` on loopback; `account` is the one that is asked.
  Engine(unsigned short port, std::string account);

  [[nodiscard]] Answer search(const std::string& text, const Paging& paging = {});
  [[nodiscard]] Answer search(const nlohmann::json& filter, const Paging& paging = {});
  // The whole account: what is known of each message, and what the lists say of it. Throws std::runtime_error when a
  // message is not known.
  [[nodiscard]] Account account(const MailByBytes& known);

 private:
  struct Response {
    int status = 0;
    std::string payload;
  };
  [[nodiscard]] Response ask(const std::string& method, const std::string& path,
                             const std::string& payload = "");
  [[nodiscard]] nlohmann::json get(const std::string& path);
  template <typename Page>
  [[nodiscard]] Answer pages(const Page& page);

  std::string base_;
  boost::asio::io_context io_;
  boost::beast::tcp_stream stream_{io_};
  unsigned short port_;
};

}  // namespace oracle
