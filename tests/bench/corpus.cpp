#include "tests/bench/corpus.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <random>

namespace bench {
namespace {

constexpr std::size_t kPreview = 640;  // bytes; 1.1 KB with the rest
constexpr std::size_t kBody = 3'950;  // bytes; 4.1 KB with the rest

std::uint64_t mixed(std::uint64_t value) {  // splitmix64
  value += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

std::string digest(std::size_t number, std::uint64_t generation, std::uint64_t branch) {
  const std::uint64_t seed = mixed(number) + generation * 8 + branch;
  return fmt::format("{:016x}{:016x}", mixed(seed), mixed(~seed));
}

std::string invented_text(std::size_t bytes) {
  std::mt19937 random(1);
  std::vector<std::string> words(4'000);
  for (std::string& word : words) {
    word.resize(2 + random() % 9);
    for (char& letter : word)
      letter = "etaoinshrdlucmfwypvbgkjqxz"[std::min(random() % 26, random() % 26)];
  }
  std::string text;
  while (text.size() < bytes) {
    text += words[std::min(random() % words.size(), random() % words.size())];
    text += random() % 12 == 0 ? ". " : " ";
  }
  return text;
}

}  // namespace

std::string CorpusLeaf::rev() const {
  return fmt::format("{}-{}", digests.size(), digests.front());
}

Corpus::Corpus(CorpusKind kind, std::size_t size, Shares shares)
    : kind_(kind), size_(size), shares_(shares), text_(invented_text(1'000'000)) {
  numbers_.reserve(size);
  for (std::size_t number = 0; number < size; ++number) numbers_[id(number)] = number;
}

std::string Corpus::description() const {
  if (kind_ == CorpusKind::kContent)
    return fmt::format("B: {} content documents of 4.1 KB, generation 1", size_);
  return fmt::format(
      "A: {} metadata documents of 1.1 KB, {} % edited, {} % deleted, {} % in conflict", size_,
      shares_.edited, shares_.deleted, shares_.conflicting);
}

std::string Corpus::database() const {
  return kind_ == CorpusKind::kMetadata ? "io-cozy-emails" : "io-cozy-email-contents";
}

std::string Corpus::id(std::size_t number) const {
  constexpr std::uint64_t kPrime = 2'147'483'647, kStep = 48'271;
  return fmt::format("m-{:08x}", (number + 1) * kStep % kPrime);
}

std::size_t Corpus::number_of(const std::string& id) const { return numbers_.at(id); }

std::vector<CorpusLeaf> Corpus::leaves(std::size_t number) const {
  CorpusLeaf leaf;
  const std::uint64_t percent = mixed(number) % 100;
  const std::uint64_t edited = shares_.edited, deleted = edited + shares_.deleted;
  const std::uint64_t conflicting = deleted + shares_.conflicting;
  std::uint64_t generations = 1;
  if (kind_ == CorpusKind::kMetadata) {
    if (percent < edited) generations = 2 + percent % 3;
    leaf.deleted = percent >= edited && percent < deleted;
    if (percent >= edited && percent < conflicting) generations = 2;
  }
  for (std::uint64_t generation = generations; generation > 0; --generation)
    leaf.digests.push_back(digest(number, generation, 0));
  std::vector<CorpusLeaf> leaves = {leaf};
  if (kind_ == CorpusKind::kMetadata && percent >= deleted && percent < conflicting) {
    leaf.digests.front() = digest(number, generations, 1);
    leaves.push_back(leaf);
    if (leaves[0].digests < leaves[1].digests) std::swap(leaves[0], leaves[1]);
  }
  return leaves;
}

void Corpus::append(std::string& json, std::size_t number, const CorpusLeaf& leaf,
                    bool with_revisions) const {
  auto out = std::back_inserter(json);
  fmt::format_to(out, R"({{"_id":"{}","_rev":"{}")", id(number), leaf.rev());
  const std::size_t at = mixed(number + leaf.digests.size()) % (text_.size() - kBody);
  if (leaf.deleted) {
    json += R"(,"_deleted":true)";
  } else if (kind_ == CorpusKind::kMetadata) {
    fmt::format_to(
        out,
        R"(,"messageId":["{0}@example.org"],"from":[{{"name":"Ann Exämple","email":"ann@example.org"}}],)"
        R"("to":[{{"name":"","email":"list@example.net"}}],"subject":"Grüße № {0}",)"
        R"("receivedAt":"20{1:02}-03-{2:02}T08:15:00Z","size":{3},"mailboxIds":{{"inbox":true}},)"
        R"("keywords":{{"$seen":true}},"contents":["{0}:text"],"preview":")",
        number, number % 24, 1 + number % 28, 2000 + number % 5000);
    json.append(text_, at, kPreview);
    json += '"';
  } else {
    fmt::format_to(out, R"(,"email":"m-{}","type":"text/plain","content":")", number);
    json.append(text_, at, kBody);
    json += '"';
  }
  if (with_revisions) {
    fmt::format_to(out, R"(,"_revisions":{{"start":{},"ids":["{}"]}})", leaf.digests.size(),
                   fmt::join(leaf.digests, R"(",")"));
  }
  json += '}';
}

}  // namespace bench
