#include "indexer/strict_json.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <vector>

namespace indexer {
namespace {

using nlohmann::json;

struct JsonMistake {
  std::string what;
};

// "line 2, byte 7": both count from 1; `byte` counts in all of the text.
std::string position_in(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, byte == 0 ? 0 : std::min(byte - 1, text.size()));
  const auto line_end = before.rfind('\n');
  const auto in_line = before.size() - (line_end == before.npos ? 0 : line_end + 1);
  return fmt::format("line {}, byte {}", std::count(before.begin(), before.end(), '\n') + 1,
                     in_line + 1);
}

// Is told of each event of the parser, and ends it with a JsonMistake.
class StrictnessCheck {
 public:
  explicit StrictnessCheck(int max_depth) : max_depth_(static_cast<std::size_t>(max_depth)) {}

  bool operator()(json::parse_event_t event, const json& value) {
    using Event = json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (members_.size() == max_depth_)
        throw JsonMistake{fmt::format("nests deeper than {} levels of JSON", max_depth_)};
      members_.emplace_back();
    } else if (event == Event::object_end || event == Event::array_end) {
      members_.pop_back();
    } else if (event == Event::key) {
      const auto& name = value.get_ref<const std::string&>();
      if (!members_.back().insert(name).second)
        throw JsonMistake{fmt::format("has the member \"{}\" twice in one object", name)};
    }
    return true;
  }

 private:
  std::size_t max_depth_;
  std::vector<std::set<std::string>> members_;  // of each object that is open; of a list none
};

}  // namespace

std::variant<json, std::string> read_strict_json(std::string_view text, int max_depth) {
  StrictnessCheck check(max_depth);
  const auto look = [&](int, json::parse_event_t event, json& value) {
    return check(event, value);
  };
  try {
    return json::parse(text, look);
  } catch (const JsonMistake& mistake) {
    return mistake.what;
  } catch (const json::parse_error& error) {
    return fmt::format("is no JSON: {}", position_in(text, error.byte));
  } catch (const json::exception&) {
    return std::string("has a number that is too large");
  }
}

}  // namespace indexer
