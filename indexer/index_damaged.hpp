#pragma once

#include <stdexcept>

namespace indexer {

// What is on disk is not what was written: the text index has to be made anew.
class IndexDamaged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace indexer
