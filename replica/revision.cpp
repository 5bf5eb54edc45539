#include "replica/revision.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace replica {

namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_better(const Leaf& a, const Leaf& b) {
  return a.deleted == b.deleted ? a.rev > b.rev : b.deleted;
}

std::uint64_t oldest_generation(const Leaf& leaf) {
  return leaf.rev.generation - leaf.ancestors.size();
}

// Where two histories meet they are one from there on down: what `source` remembers beyond `leaf`
// holds for `leaf` too. Sources shorten histories, so the same revision comes with more or less of
// it; without this, what is a leaf would depend on the order of arrival.
void extend(Leaf& leaf, const Leaf& source) {
  const auto oldest = oldest_generation(leaf);
  if (oldest_generation(source) >= oldest || oldest > source.rev.generation) return;
  const auto& digest_at_oldest = leaf.ancestors.empty() ? leaf.rev.digest : leaf.ancestors.back();
  const auto depth = source.rev.generation - oldest;  // of that generation below the source's leaf
  const auto& met = depth == 0 ? source.rev.digest : source.ancestors[depth - 1];
  if (met != digest_at_oldest) return;
  leaf.ancestors.insert(leaf.ancestors.end(),
                        source.ancestors.begin() + static_cast<std::ptrdiff_t>(depth),
                        source.ancestors.end());
}

// Digests are hexadecimal by custom only: a source may send any text. What separates in `encode` is
// written as %xx, and an empty digest as a lone %.
void append_escaped(std::string& out, std::string_view digest) {
  constexpr std::string_view hex = "0123456789abcdef";
  if (digest.empty()) out += '%';
  for (const char c : digest) {
    if (c == ' ' || c == ',' || c == '\n' || c == '%') {
      out +=
          {'%', hex[static_cast<unsigned char>(c) >> 4], hex[static_cast<unsigned char>(c) & 15]};
    } else {
      out += c;
    }
  }
}

[[noreturn]] void reject() { throw std::invalid_argument("not an encoded revision tree"); }

std::string unescape(std::string_view text) {
  if (text.empty()) reject();
  if (text == "%") return {};
  std::string digest;
  digest.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      digest += text[at];
      continue;
    }
    unsigned value = 0;
    const auto code = text.substr(at + 1, 2);
    const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), value, 16);
    if (error != std::errc() || end != code.data() + 2) reject();
    digest += static_cast<char>(value);
    at += 2;
  }
  return digest;
}

// Takes the text up to `separator` off the front.
std::string_view take(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  if (end == std::string_view::npos) reject();
  const auto taken = text.substr(0, end);
  text.remove_prefix(end + 1);
  return taken;
}

Leaf decode_leaf(std::string_view line) {
  Leaf leaf;
  const auto generation = parse_number(take(line, '-'));
  if (!generation || *generation == 0) reject();
  leaf.rev = {*generation, unescape(take(line, ' '))};
  const auto state = take(line, ' ');
  if (state != "live" && state != "deleted") reject();
  leaf.deleted = state == "deleted";
  const auto body = parse_number(take(line, ' '));
  if (!body || !std::in_range<std::int64_t>(*body)) reject();
  leaf.body = static_cast<std::int64_t>(*body);
  while (!line.empty()) {
    const auto comma = line.find(',');
    leaf.ancestors.push_back(unescape(line.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    line.remove_prefix(comma + 1);
    if (line.empty()) reject();
  }
  if (leaf.ancestors.size() >= leaf.rev.generation) reject();
  return leaf;
}

}  // namespace

std::optional<RevId> RevId::parse(std::string_view text) {
  RevId rev;
  if (!parse_into(text, rev)) return std::nullopt;
  return rev;
}

bool RevId::parse_into(std::string_view text, RevId& rev) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash + 1 == text.size()) return false;
  if (text.front() == '0') return false;  // would not come out as it was written
  const auto generation = parse_number(text.substr(0, dash));
  if (!generation) return false;
  rev.generation = *generation;
  rev.digest = text.substr(dash + 1);
  return true;
}

std::string RevId::to_string() const { return std::to_string(generation) + '-' + digest; }

bool is_ancestor(const RevId& ancestor, const RevId& rev, std::span<const std::string> ancestors) {
  if (ancestor.generation >= rev.generation) return false;
  const auto depth = rev.generation - ancestor.generation;
  return depth <= ancestors.size() && ancestors[depth - 1] == ancestor.digest;
}

bool RevisionTree::contains(const RevId& rev) const {
  return std::any_of(leaves_.begin(), leaves_.end(), [&rev](const Leaf& leaf) {
    return leaf.rev == rev || leaf.descends_from(rev);
  });
}

bool RevisionTree::has_leaf(const RevId& rev) const {
  return std::any_of(leaves_.begin(), leaves_.end(),
                     [&rev](const Leaf& leaf) { return leaf.rev == rev; });
}

RevisionTree::Grafted RevisionTree::graft(Leaf leaf) {
  if (leaf.rev.generation == 0) throw std::invalid_argument("a revision without generation");
  // No history is longer than its generations.
  if (leaf.ancestors.size() >= leaf.rev.generation) leaf.ancestors.resize(leaf.rev.generation - 1);
  for (const auto& known : leaves_) extend(leaf, known);
  for (auto& known : leaves_) extend(known, leaf);

  Grafted result;
  result.added = !contains(leaf.rev);
  std::erase_if(leaves_, [&leaf, &result](const Leaf& known) {
    if (!leaf.descends_from(known.rev)) return false;
    result.replaced.push_back(known.body);
    return true;
  });
  if (result.added) {
    const auto place = std::upper_bound(leaves_.begin(), leaves_.end(), leaf, is_better);
    leaves_.insert(place, std::move(leaf));
  }
  return result;
}

std::vector<std::int64_t> RevisionTree::keep_only(std::span<const RevId> leaves) {
  std::vector<std::int64_t> forgotten;
  std::erase_if(leaves_, [&](const Leaf& known) {
    if (std::find(leaves.begin(), leaves.end(), known.rev) != leaves.end()) return false;
    forgotten.push_back(known.body);
    return true;
  });
  return forgotten;
}

void RevisionTree::set_body(const RevId& leaf, std::int64_t body) {
  for (auto& known : leaves_) {
    if (known.rev == leaf) known.body = body;
  }
}

const Leaf* RevisionTree::winner() const { return leaves_.empty() ? nullptr : &leaves_.front(); }

int RevisionTree::conflicts() const {
  const auto live =
      std::count_if(leaves_.begin(), leaves_.end(), [](const Leaf& leaf) { return !leaf.deleted; });
  return live == 0 ? 0 : static_cast<int>(live) - 1;
}

std::string RevisionTree::encode() const {
  std::string text;
  for (const auto& leaf : leaves_) {
    text += std::to_string(leaf.rev.generation);
    text += '-';
    append_escaped(text, leaf.rev.digest);
    text += leaf.deleted ? " deleted " : " live ";
    text += std::to_string(leaf.body);
    text += ' ';
    bool first = true;
    for (const auto& ancestor : leaf.ancestors) {
      if (!std::exchange(first, false)) text += ',';
      append_escaped(text, ancestor);
    }
    text += '\n';
  }
  return text;
}

RevisionTree RevisionTree::decode(std::string_view text) {
  RevisionTree tree;
  while (!text.empty()) tree.leaves_.push_back(decode_leaf(take(text, '\n')));
  if (!std::is_sorted(tree.leaves_.begin(), tree.leaves_.end(), is_better)) reject();
  return tree;
}

}  // namespace replica
