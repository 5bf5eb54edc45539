// The same work on several threads at once.
#pragma once

#include <functional>

namespace indexer {

// Runs `work` on each of `threads` threads (at least one), of the caller's priority; throws what
// the first of them threw.
void on_threads(int threads, const std::function<void()>& work);

}  // namespace indexer
