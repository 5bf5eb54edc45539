// A query as the oracle thinks of it; written in both spellings of data/QUERY.md.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

namespace oracle {

using Random = std::mt19937_64;

struct Query;
using QueryPtr = std::shared_ptr<const Query>;

struct Everything {};
struct Words {
  std::string field;  // empty: any; of a header "header:" and its name
  std::string text;
  bool is_quoted = false;
  bool is_beginning = false;  // a "*" follows
};
struct Part {  // *text* or *text
  std::string field;
  std::string text;
  bool at_end = false;
};
struct Near {
  std::string field;
  std::vector<std::string> words;
  std::optional<unsigned> distance;  // 10 where none is written
};
struct InMailbox {
  std::string id;
  std::string spelled;  // id, name or role
};
struct InOtherMailbox {  // JSON only
  std::vector<std::string> ids;
};
struct HasKeyword {
  std::string keyword;
};
enum class State { kUnread, kRead, kFlagged, kUnflagged, kAnswered, kUnanswered, kDraft };
struct InState {
  State state{};
};
struct HasAttachment {};
struct OfKind {
  bool is_mail = true;
};
struct InLanguage {
  std::string code;
};
// from <= date < to. `slack` seconds around both are open: ages count from a moment that is not known exactly.
struct Dated {
  std::optional<std::int64_t> from, to;
  std::int64_t slack = 0;
  std::string spelled;  // in the text language
};
struct Sized {  // from <= octets < to
  std::optional<std::uint64_t> from, to;
  std::string spelled;
};
struct WithMessageId {
  std::string id;
};
struct HasHeader {
  std::string name;
};
struct InThread {
  std::string id;  // of the thread, or of one of its messages
};
struct ThreadOf {
  QueryPtr of;
};
struct All {
  std::vector<QueryPtr> of;
};
struct Any {
  std::vector<QueryPtr> of;
};
struct Not {
  QueryPtr of;
};

struct Query {
  std::variant<Everything, Words, Part, Near, InMailbox, InOtherMailbox, HasKeyword, InState,
               HasAttachment, OfKind, InLanguage, Dated, Sized, WithMessageId, HasHeader, InThread,
               ThreadOf, All, Any, Not>
      node;
};

// Parts of a query that are queries themselves.
[[nodiscard]] std::vector<QueryPtr> parts_of(const Query& query);

// The text language; spaces, "AND", "-" and parentheses that may be left out are as chance has it. Nothing for what only
// JSON can say.
[[nodiscard]] std::optional<std::string> to_text(const Query& query, Random& random);
// A filter of RFC 8621 section 4.4.1; what only the text language can say stands in its "query".
[[nodiscard]] nlohmann::json to_json(const Query& query, Random& random);

}  // namespace oracle
