// Xapian's exceptions in words for the operator. For sources of this folder only.
#pragma once

#include <filesystem>
#include <fmt/format.h>
#include <stdexcept>
#include <xapian.h>

#include "indexer/index_damaged.hpp"

namespace indexer {

// Runs `act`. Exceptions of Xapian become std::runtime_error with the name of the index, or
// IndexDamaged when they report damage.
template <typename Act>
auto with_xapian_errors(const std::filesystem::path& folder, Act&& act) {
  try {
    return act();
  } catch (const Xapian::DatabaseLockError&) {
    throw std::runtime_error(
        fmt::format("text index {}: another process writes it", folder.string()));
  } catch (const Xapian::DatabaseNotFoundError&) {
    throw std::runtime_error(fmt::format("text index {}: there is none", folder.string()));
  } catch (const Xapian::DatabaseVersionError& error) {
    throw std::runtime_error(
        fmt::format("text index {}: written by another version of Xapian ({}); reindex",
                    folder.string(), error.get_msg()));
  } catch (const Xapian::DatabaseCorruptError& error) {
    throw IndexDamaged(
        fmt::format("text index {} is damaged ({}): davenport reindex ACCOUNT makes it anew",
                    folder.string(), error.get_msg()));
  } catch (const Xapian::Error& error) {
    throw std::runtime_error(
        fmt::format("text index {}: {}", folder.string(), error.get_description()));
  }
}

}  // namespace indexer
