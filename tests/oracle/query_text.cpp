#include <fmt/format.h>

#include "tests/oracle/query.hpp"

namespace oracle {
namespace {

// How tightly what is written holds together; what stands inside must hold at least as tightly.
enum class Level { kOr, kAnd, kNear, kUnary };

class TextWriter {
 public:
  explicit TextWriter(Random& random) : random_(random) {}

  [[nodiscard]] std::string write(const Query& query, Level wanted) {
    auto [text, level] = std::visit([this](const auto& node) { return written(node); }, query.node);
    const bool needs_parentheses = level < wanted;
    return needs_parentheses || chance(10) ? fmt::format("({}{})", blank(), text) : text;
  }
  [[nodiscard]] bool can_say_all() const { return can_say_all_; }

 private:
  struct Written {
    std::string text;
    Level level = Level::kUnary;
  };

  bool chance(unsigned one_in) { return random_() % one_in == 0; }
  std::string blank() { return chance(5) ? " " : ""; }
  std::string any_case(std::string name) {
    if (chance(8)) {
      for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return name;
  }
  std::string field(const std::string& name) { return name.empty() ? "" : any_case(name) + ":"; }
  std::string quoted_where_needed(const std::string& value) {
    const bool is_word = value.find_first_of(" ()\"{}") == std::string::npos;
    return is_word && !chance(3) ? value : "\"" + value + "\"";
  }

  Written written(const Everything&) {
    return {"kind:mail OR kind:file", Level::kOr};  // an empty query cannot stand inside another
  }
  Written written(const Words& words) {
    const char* quote = words.is_quoted ? "\"" : "";
    return {fmt::format("{}{}{}{}{}", field(words.field), quote, words.text, quote,
                        words.is_beginning ? "*" : "")};
  }
  Written written(const Part& part) {
    return {fmt::format("{}*{}{}", field(part.field), part.text, part.at_end ? "" : "*")};
  }
  Written written(const Near& near) {
    const auto between =
        near.distance ? fmt::format(" NEAR/{} ", *near.distance) : std::string(" NEAR ");
    const bool is_grouped = !near.field.empty() && chance(2);
    std::string text;
    for (const auto& word : near.words) {
      if (!text.empty()) text += between;
      text += (is_grouped ? "" : field(near.field)) + word;
    }
    if (is_grouped) return {fmt::format("{}({})", field(near.field), text)};
    return {text, Level::kNear};
  }
  Written written(const InMailbox& mailbox) {
    return {field("in") + quoted_where_needed(mailbox.spelled)};
  }
  Written written(const InOtherMailbox&) {
    can_say_all_ = false;
    return {"kind:file"};
  }
  Written written(const HasKeyword& keyword) { return {field("keyword") + keyword.keyword}; }
  Written written(const InState& state) {
    constexpr const char* kNames[] = {"unread",   "read",       "flagged", "unflagged",
                                      "answered", "unanswered", "draft"};
    return {field("is") + kNames[static_cast<std::size_t>(state.state)]};
  }
  Written written(const HasAttachment&) { return {field("has") + "attachment"}; }
  Written written(const OfKind& kind) { return {field("kind") + (kind.is_mail ? "mail" : "file")}; }
  Written written(const InLanguage& language) { return {field("lang") + language.code}; }
  Written written(const Dated& date) { return {date.spelled}; }
  Written written(const Sized& size) { return {size.spelled}; }
  Written written(const WithMessageId& message) {
    return {field("messageid") + (chance(2) ? message.id : fmt::format("\"<{}>\"", message.id))};
  }
  Written written(const HasHeader& header) { return {field("header:" + header.name) + "*"}; }
  Written written(const InThread& thread) { return {field("thread") + thread.id}; }
  Written written(const ThreadOf& threads) {
    return {fmt::format("thread:{{{}{}{}}}", blank(), write(*threads.of, Level::kOr), blank())};
  }
  Written written(const All& all) {
    std::string text;
    for (const auto& part : all.of) {
      if (!text.empty()) text += chance(2) ? " AND " : " ";
      text += write(*part, Level::kNear);
    }
    return {text, Level::kAnd};
  }
  Written written(const Any& any) {
    std::string text;
    for (const auto& part : any.of) {
      if (!text.empty()) text += " OR ";
      text += write(*part, Level::kAnd);
    }
    return {text, Level::kOr};
  }
  Written written(const Not& negation) {
    return {(chance(2) ? "NOT " : "-") + write(*negation.of, Level::kUnary)};
  }

  Random& random_;
  bool can_say_all_ = true;
};

struct PartsOf {
  std::vector<QueryPtr> operator()(const All& all) const { return all.of; }
  std::vector<QueryPtr> operator()(const Any& any) const { return any.of; }
  std::vector<QueryPtr> operator()(const Not& negation) const { return {negation.of}; }
  std::vector<QueryPtr> operator()(const ThreadOf& threads) const { return {threads.of}; }
  template <typename Leaf>
  std::vector<QueryPtr> operator()(const Leaf&) const {
    return {};
  }
};

}  // namespace

std::vector<QueryPtr> parts_of(const Query& query) { return std::visit(PartsOf{}, query.node); }

std::optional<std::string> to_text(const Query& query, Random& random) {
  if (std::holds_alternative<Everything>(query.node) && random() % 2 == 0) return "";
  TextWriter writer(random);
  auto text = writer.write(query, Level::kOr);
  return writer.can_say_all() ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace oracle
