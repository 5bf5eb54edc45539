#include "replica/inflater.hpp"

#include <new>
#include <stdexcept>
#include <zlib.h>

namespace replica {

struct Inflater::State {
  z_stream stream{};
  ~State() { inflateEnd(&stream); }
};

Inflater::Inflater() : state_(std::make_unique<State>()) {
  constexpr int kAnyHeader = 32;  // gzip or zlib, whichever it is
  if (inflateInit2(&state_->stream, MAX_WBITS + kAnyHeader) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() = default;

std::size_t Inflater::inflate(std::string_view& in, std::span<char> out) {
  if (finished_ && in.empty()) return 0;
  std::size_t written = 0;
  do {
    if (finished_) inflateReset(&state_->stream);
    written = inflate_member(in, out);
  } while (written == 0 && finished_ && !in.empty());  // a member may be empty
  return written;
}

std::size_t Inflater::inflate_member(std::string_view& in, std::span<char> out) {
  z_stream& stream = state_->stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));  // zlib only reads them
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = ::inflate(&stream, Z_NO_FLUSH);
  if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
    throw std::runtime_error("the compressed answer cannot be inflated");
  }
  in.remove_prefix(in.size() - stream.avail_in);
  finished_ = result == Z_STREAM_END;
  return out.size() - stream.avail_out;
}

}  // namespace replica
