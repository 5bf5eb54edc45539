#include "replica/compression.hpp"

#include <new>
#include <zstd.h>

namespace replica {

namespace {

constexpr int kLevel = 1;
constexpr std::size_t kWorthIt = 4'096;  // bytes; below, what is saved is less than a page
constexpr std::size_t kKeptBuffer = std::size_t{1}
                                    << 20;  // bytes that an idle compressor holds at most
constexpr std::int64_t kLargest = 1'000'000'000;  // what a row of SQLite can hold

struct FreeZstdContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

struct Compressor::State {
  std::unique_ptr<ZSTD_CCtx, FreeZstdContext>
      context;  // made when first needed: most files hold small bodies only
  std::string buffer;
};

Compressor::Compressor() : state_(std::make_unique<State>()) {}
Compressor::~Compressor() = default;

std::string_view Compressor::pack(std::string_view bytes) {
  if (bytes.size() < kWorthIt) return bytes;
  if (!state_->context) state_->context.reset(ZSTD_createCCtx());
  if (!state_->context) throw std::bad_alloc();
  auto& buffer = state_->buffer;
  if (buffer.size() > kKeptBuffer) buffer = {};
  // Room for less than `bytes` only: what would not get smaller fails here.
  if (buffer.size() < bytes.size() - 1) buffer.resize(bytes.size() - 1);
  const std::size_t size = ZSTD_compressCCtx(state_->context.get(), buffer.data(), bytes.size() - 1,
                                             bytes.data(), bytes.size(), kLevel);
  return ZSTD_isError(size) ? bytes : std::string_view(buffer.data(), size);
}

struct Decompressor::State {
  std::unique_ptr<ZSTD_DCtx, FreeZstdContext> context;
};

Decompressor::Decompressor() : state_(std::make_unique<State>()) {}
Decompressor::~Decompressor() = default;

bool Decompressor::unpack(std::string_view data, std::int64_t size, std::string& out) {
  if (size < 0 || size > kLargest) return false;
  const auto wanted = static_cast<std::size_t>(size);
  if (data.size() == wanted) {
    out.append(data);
    return true;
  }
  if (ZSTD_getFrameContentSize(data.data(), data.size()) != wanted) return false;
  if (!state_->context) state_->context.reset(ZSTD_createDCtx());
  if (!state_->context) throw std::bad_alloc();
  const std::size_t before = out.size();
  out.resize(before + wanted);
  const std::size_t got = ZSTD_decompressDCtx(state_->context.get(), out.data() + before, wanted,
                                              data.data(), data.size());
  if (got == wanted) return true;
  out.resize(before);
  return false;
}

}  // namespace replica
