#include "replica/no_room.hpp"

#include <cerrno>
#include <string_view>
#include <system_error>

#include "replica/sqlite.hpp"

namespace replica {
namespace {

bool means_no_room(const std::error_code& code) {
  return code.value() == ENOSPC || code.value() == EDQUOT || code.value() == EFBIG;
}

// Xapian's errors come as text.
bool has_words_of_no_room(std::string_view text) {
  const auto has = [&text](int error) {
    return text.find(std::generic_category().message(error)) != std::string_view::npos;
  };
  return has(ENOSPC) || has(EDQUOT);
}

}  // namespace

bool says_no_room(const std::exception& error) {
  if (const auto* sqlite = dynamic_cast<const sqlite::Error*>(&error))
    return sqlite->is_disk_full();
  if (const auto* system = dynamic_cast<const std::system_error*>(&error))
    return means_no_room(system->code());
  return has_words_of_no_room(error.what());
}

}  // namespace replica
