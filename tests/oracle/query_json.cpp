#include "tests/oracle/dates.hpp"
#include "tests/oracle/query.hpp"

namespace oracle {
namespace {

using nlohmann::json;

constexpr std::string_view kHeaderField = "header:";

class JsonWriter {
 public:
  explicit JsonWriter(Random& random) : random_(random) {}

  json operator()(const Everything&) const { return json::object(); }
  json operator()(const Words& words) const {
    const std::string quote = words.is_quoted ? "\"" : "";
    const auto text = quote + words.text + quote + (words.is_beginning ? "*" : "");
    if (words.field.starts_with(kHeaderField))
      return {{"header", json::array({words.field.substr(kHeaderField.size()), text})}};
    return {{words.field.empty() ? "text" : words.field, text}};
  }
  json operator()(const Part& part) const { return as_text({part}); }
  json operator()(const Near& near) const { return as_text({near}); }
  json operator()(const InMailbox& mailbox) const { return {{"inMailbox", mailbox.id}}; }
  json operator()(const InOtherMailbox& other) const { return {{"inMailboxOtherThan", other.ids}}; }
  json operator()(const HasKeyword& keyword) const { return {{"hasKeyword", keyword.keyword}}; }
  json operator()(const InState& state) const {
    // By its definition: a message, and neither seen nor a draft.
    if (state.state == State::kUnread && chance())
      return {{"kind", "mail"}, {"notKeyword", "$seen"}, {"query", "NOT keyword:$draft"}};
    return as_text({state});
  }
  json operator()(const HasAttachment&) const { return {{"hasAttachment", true}}; }
  json operator()(const OfKind& kind) const { return {{"kind", kind.is_mail ? "mail" : "file"}}; }
  json operator()(const InLanguage& language) const { return {{"lang", language.code}}; }
  json operator()(const Dated& date) const {
    auto condition = json::object();
    if (date.from) condition["after"] = utc_date(*date.from);
    if (date.to) condition["before"] = utc_date(*date.to);
    return condition;
  }
  json operator()(const Sized& size) const {
    auto condition = json::object();
    if (size.from) condition["minSize"] = *size.from;
    if (size.to) condition["maxSize"] = *size.to;
    return condition;
  }
  json operator()(const WithMessageId& message) const { return {{"messageId", message.id}}; }
  json operator()(const HasHeader& header) const {
    return {{"header", json::array({header.name})}};
  }
  json operator()(const InThread& thread) const { return {{"threadId", thread.id}}; }
  json operator()(const ThreadOf& threads) const {
    if (const auto* keyword = std::get_if<HasKeyword>(&threads.of->node))
      return {{"someInThreadHaveKeyword", keyword->keyword}};
    return {{"inThread", to_json(*threads.of, random_)}};
  }
  json operator()(const All& all) const { return combined("AND", all.of); }
  json operator()(const Any& any) const { return combined("OR", any.of); }
  json operator()(const Not& negation) const {
    const auto& of = negation.of->node;
    if (const auto* keyword = std::get_if<HasKeyword>(&of); keyword != nullptr && chance())
      return {{"notKeyword", keyword->keyword}};
    if (std::holds_alternative<HasAttachment>(of) && chance()) return {{"hasAttachment", false}};
    // NOT of several is none of them.
    if (const auto* any = std::get_if<Any>(&of); any != nullptr && chance())
      return combined("NOT", any->of);
    return combined("NOT", {negation.of});
  }

 private:
  [[nodiscard]] bool chance() const { return random_() % 2 == 0; }

  [[nodiscard]] json combined(const char* name, const std::vector<QueryPtr>& of) const {
    auto conditions = json::array();
    for (const auto& part : of) conditions.push_back(to_json(*part, random_));
    return {{"operator", name}, {"conditions", std::move(conditions)}};
  }
  [[nodiscard]] json as_text(const Query& query) const {
    return {{"query", *to_text(query, random_)}};
  }

  Random& random_;
};

}  // namespace

json to_json(const Query& query, Random& random) {
  return std::visit(JsonWriter(random), query.node);
}

}  // namespace oracle
