// The one door to libarchive: the files in a zip package.
#pragma once

#include <functional>
#include <string_view>

namespace indexer {

// The next piece of a file; empty at its end. Valid until the next call. Throws std::runtime_error
// for what is damaged or encrypted, and when the package inflates to more than a bound.
using NextPiece = std::function<std::string_view()>;

// Calls `visit` with the name of each file and a function that gives its bytes, in the order of the
// package, until it returns false. Names have "/" between their parts and none in front. Only bytes
// that are asked for are inflated. Throws std::runtime_error when the file is no zip.
void for_each_file(std::string_view package,
                   const std::function<bool(std::string_view name, const NextPiece& next)>& visit);

}  // namespace indexer
