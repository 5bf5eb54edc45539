// Preloaded into a program, makes durable in the shadow of a folder (power_cut.hpp) what the program syncs. The disk itself is
// not waited for: the test looks at the shadow only.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "tests/support/power_cut.hpp"

namespace {

int make_durable(int descriptor) {
  static const char* const folder = std::getenv("POWER_CUT_FOLDER");
  static const char* const shadow = std::getenv("POWER_CUT_SHADOW");
  if (folder == nullptr || shadow == nullptr) return 0;
  try {
    static const support::PowerCut power_cut(folder, shadow);
    power_cut.sync(descriptor);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "power_cut: %s\n", error.what());
    errno = EIO;
    return -1;
  }
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int fsync(int descriptor) {
  return make_durable(descriptor);
}
__attribute__((visibility("default"))) int fdatasync(int descriptor) {
  return make_durable(descriptor);
}
}
