#include "indexer/text_hash.hpp"

#include <cstring>
#include <string_view>

namespace indexer {
namespace {

// FNV-1a, eight octets at a time. Each value is preceded by its length, so that values do not flow
// into each other.
class Hash {
 public:
  Hash& add(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x100000001b3U;
    state_ ^= state_ >> 29;
    return *this;
  }
  Hash& add(std::string_view text) {
    add(text.size());
    while (!text.empty()) {
      std::uint64_t word = 0;
      const auto size = std::min(text.size(), sizeof word);
      std::memcpy(&word, text.data(), size);
      add(word);
      text.remove_prefix(size);
    }
    return *this;
  }
  Hash& add(const std::vector<mail::Address>& addresses) {
    add(addresses.size());
    for (const auto& address : addresses) add(address.name).add(address.email);
    return *this;
  }
  Hash& add(const FilesState& state) {
    add(state.here);
    for (const auto& file : state.files)
      add(std::string_view(file.digest)).add(std::string_view(file.part_id));
    return *this;
  }
  [[nodiscard]] std::int64_t value() const { return static_cast<std::int64_t>(state_); }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325U;
};

}  // namespace

std::int64_t text_hash(const mail::MetadataDocument& message,
                       const std::vector<mail::AttachedBody>& attached_here, std::int64_t date,
                       const FilesState& files) {
  Hash hash;
  hash.add(static_cast<std::uint64_t>(date))
      .add(message.size)
      .add(std::string_view(message.subject));
  hash.add(message.from).add(message.to).add(message.cc).add(message.bcc);
  hash.add(message.attachments.size());
  for (const auto& attachment : message.attachments)
    hash.add(std::string_view(attachment.name)).add(std::string_view(attachment.type));
  hash.add(message.message_ids.size());
  for (const auto& id : message.message_ids) hash.add(std::string_view(id));
  hash.add(message.headers.size());
  for (const auto& [name, value] : message.headers)
    hash.add(std::string_view(name)).add(std::string_view(value));
  hash.add(message.contents.size());
  for (const auto& content : message.contents) hash.add(std::string_view(content));
  hash.add(message.inline_bodies.size());
  for (const auto& body : message.inline_bodies)
    hash.add(std::string_view(body.type)).add(std::string_view(body.content));
  hash.add(attached_here.size());
  for (const auto& body : attached_here)
    hash.add(std::string_view(body.type)).add(std::string_view(body.digest));
  hash.add(files);
  return hash.value();
}

std::int64_t text_hash(const mail::FileDocument& file, std::int64_t date, const FilesState& files) {
  Hash hash;
  hash.add(static_cast<std::uint64_t>(date)).add(file.size).add(std::string_view(file.name));
  hash.add(std::string_view(file.path))
      .add(std::string_view(file.type))
      .add(std::string_view(file.content));
  hash.add(file.tags.size());
  for (const auto& tag : file.tags) hash.add(std::string_view(tag));
  hash.add(files);
  return hash.value();
}

}  // namespace indexer
