// Where a server is, taken apart, and how names are written into its URLs.
#pragma once

#include <string>
#include <string_view>

namespace replica {

struct SourceUrl {
  bool secure = false;  // https
  std::string host;  // without the brackets of an IPv6 address
  std::string port;
  std::string prefix;  // of every path: empty, or begins with a slash and does not end with one
  std::string origin;  // "http://host:port", for messages and the Host field

  // Throws std::invalid_argument with what is wrong; a URL with credentials in it is refused and not repeated.
  [[nodiscard]] static SourceUrl parse(const std::string& url);
  [[nodiscard]] std::string_view authority() const;  // "host:port"
  [[nodiscard]] bool is_loopback() const;
};

// All bytes but letters, digits and "-_.~" as %XX: a slash in a name is no slash of the path.
[[nodiscard]] std::string percent_encode(std::string_view name);

}  // namespace replica
