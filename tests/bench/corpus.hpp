// Invented documents for benches, each cheap to make when it is needed: the same number gives the same document.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bench {

enum class CorpusKind {
  kMetadata,  // "A": message metadata of 1.1 KB
  kContent,  // "B": message bodies of 4.1 KB, all of generation 1
};

// Percent of the documents of kMetadata.
struct Shares {
  unsigned edited = 10;  // of generation 2 to 4
  unsigned deleted = 5;
  unsigned conflicting = 5;  // two live leaves
};

struct CorpusLeaf {
  std::vector<std::string> digests;  // newest first
  bool deleted = false;

  [[nodiscard]] std::string rev() const;
};

class Corpus {
 public:
  Corpus(CorpusKind kind, std::size_t size, Shares shares);

  [[nodiscard]] CorpusKind kind() const { return kind_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string description() const;
  // "io-cozy-emails" or "io-cozy-email-contents"
  [[nodiscard]] std::string database() const;

  [[nodiscard]] std::string id(std::size_t number) const;  // not in the order of numbers
  [[nodiscard]] std::size_t number_of(const std::string& id) const;  // std::out_of_range
  [[nodiscard]] std::vector<CorpusLeaf> leaves(std::size_t number) const;  // the winner first
  // Appends the document's JSON, as CouchDB sends it; with `_revisions` where it is asked for.
  void append(std::string& json, std::size_t number, const CorpusLeaf& leaf,
              bool with_revisions) const;

 private:
  CorpusKind kind_;
  std::size_t size_;
  Shares shares_;
  std::string text_;  // words, of which documents hold different parts
  std::unordered_map<std::string, std::size_t> numbers_;
};

}  // namespace bench
