// Revisions of a document as CouchDB names them, and the leaves of its revision tree.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace replica {

// "3-2b9e77…": generation and digest. Ordered as CouchDB orders: by generation, then by the bytes of the digest.
struct RevId {
  std::uint64_t generation = 0;
  std::string digest;

  // Nothing for what is no revision as CouchDB writes it: a positive number, a dash, a digest of any text.
  [[nodiscard]] static std::optional<RevId> parse(std::string_view text);
  // The same into an object that is there already; false leaves it as it was.
  [[nodiscard]] static bool parse_into(std::string_view text, RevId& rev);
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const RevId&, const RevId&) = default;
  friend bool operator==(const RevId&, const RevId&) = default;
};

// Whether `ancestor` is one of the revisions that `rev` descends from. `ancestors`: digests of these, newest first.
[[nodiscard]] bool is_ancestor(const RevId& ancestor, const RevId& rev,
                               std::span<const std::string> ancestors);

// A revision without successor. `ancestors` are digests of the generations below it, newest first (`_revisions.ids`
// without its first), as far as the source remembers them.
struct Leaf {
  RevId rev;
  std::vector<std::string> ancestors;
  bool deleted = false;
  std::int64_t body = 0;  // row in the store's table of bodies

  [[nodiscard]] bool descends_from(const RevId& ancestor) const {
    return is_ancestor(ancestor, rev, ancestors);
  }
  friend bool operator==(const Leaf&, const Leaf&) = default;
};

// The leaves of one document.
class RevisionTree {
 public:
  // True when `rev` is a leaf or an ancestor of one: nothing to fetch.
  [[nodiscard]] bool contains(const RevId& rev) const;
  [[nodiscard]] bool has_leaf(const RevId& rev) const;

  struct Grafted {
    bool added = false;  // false: the tree knew the revision
    std::vector<std::int64_t> replaced;  // bodies of the leaves that it succeeded
  };
  // Takes in a revision with what its source remembers of its history. Leaves that it descends from are replaced. The
  // result does not depend on the order in which revisions come, as long as their histories touch. A revision that the
  // tree knows may still tell that one leaf descends from another, which is replaced then.
  Grafted graft(Leaf leaf);
  // Forgets all leaves but those; returns the bodies of what it forgot.
  std::vector<std::int64_t> keep_only(std::span<const RevId> leaves);
  void set_body(const RevId& leaf, std::int64_t body);

  // CouchDB's winner: live before deleted, then the higher generation, then the greater digest. Null when empty.
  [[nodiscard]] const Leaf* winner() const;
  [[nodiscard]] int conflicts() const;  // live leaves beside a live winner
  [[nodiscard]] const std::vector<Leaf>& leaves() const { return leaves_; }

  // One line a leaf, best first: "<rev> <live|deleted> <body row> <ancestor digests, joined by commas>".
  [[nodiscard]] std::string encode() const;
  // Throws std::invalid_argument on what `encode` did not write.
  [[nodiscard]] static RevisionTree decode(std::string_view text);

  friend bool operator==(const RevisionTree&, const RevisionTree&) = default;

 private:
  std::vector<Leaf> leaves_;  // the winner first
};

}  // namespace replica
