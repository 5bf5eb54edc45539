#pragma once

#include <stdexcept>

namespace indexer {

// The files of the text index are damaged; it has to be rebuilt.
class IndexDamaged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace indexer
