#include "replica/transient_errors.hpp"

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <new>
#include <string_view>
#include <system_error>

#include "replica/sqlite.hpp"

namespace replica {
namespace {

constexpr std::initializer_list<int> kTransient = {EMFILE, ENFILE, ENOMEM, EACCES, EPERM, EAGAIN};

// Xapian reports system errors as text.
bool names_any(std::string_view text, std::initializer_list<int> errors) {
  return std::any_of(errors.begin(), errors.end(), [&text](int error) {
    return text.find(std::generic_category().message(error)) != std::string_view::npos;
  });
}

}  // namespace

bool is_out_of_space(int error_number) {
  return error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
}

bool is_out_of_space(const std::exception& error) {
  if (const auto* sqlite = dynamic_cast<const sqlite::Error*>(&error))
    return sqlite->is_disk_full();
  if (const auto* system = dynamic_cast<const std::system_error*>(&error))
    return is_out_of_space(system->code().value());
  return names_any(error.what(), {ENOSPC, EDQUOT, EFBIG});
}

bool is_transient(const std::exception& error) {
  if (is_out_of_space(error) || dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  const auto* sqlite = dynamic_cast<const sqlite::Error*>(&error);
  if (sqlite != nullptr && sqlite->is_refused()) return true;
  return names_any(error.what(), kTransient);
}

}  // namespace replica
