#include "replica/no_room.hpp"

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <new>
#include <string_view>
#include <system_error>

#include "replica/sqlite.hpp"

namespace replica {
namespace {

bool means_no_room(const std::error_code& code) {
  return code.value() == ENOSPC || code.value() == EDQUOT || code.value() == EFBIG;
}

constexpr std::initializer_list<int> kPassing = {EMFILE, ENFILE, ENOMEM, EACCES, EPERM, EAGAIN};

// Errors of Xapian come as text.
bool has_words_of_any(std::string_view text, std::initializer_list<int> errors) {
  return std::any_of(errors.begin(), errors.end(), [&text](int error) {
    return text.find(std::generic_category().message(error)) != std::string_view::npos;
  });
}

}  // namespace

bool says_no_room(const std::exception& error) {
  if (const auto* sqlite = dynamic_cast<const sqlite::Error*>(&error))
    return sqlite->is_disk_full();
  if (const auto* system = dynamic_cast<const std::system_error*>(&error))
    return means_no_room(system->code());
  return has_words_of_any(error.what(), {ENOSPC, EDQUOT, EFBIG});
}

bool is_passing(const std::exception& error) {
  if (says_no_room(error) || dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  const auto* sqlite = dynamic_cast<const sqlite::Error*>(&error);
  if (sqlite != nullptr && sqlite->is_refused()) return true;
  return has_words_of_any(error.what(), kPassing);
}

}  // namespace replica
