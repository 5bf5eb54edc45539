#include "indexer/blob_bytes.hpp"

#include <stdexcept>

namespace indexer {

std::optional<std::string> blob_bytes(const replica::Blobs& blobs, const std::string& digest) {
  try {
    return blobs.get(digest);
  } catch (const replica::sqlite::Error&) {
    throw;
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

}  // namespace indexer
