#include "mail/flowed.hpp"

#include "mail/text_lines.hpp"

namespace mail {
namespace {

struct FlowedLine {
  std::size_t depth = 0;  // of quotation
  std::string_view text;
};

FlowedLine take_flowed_line(std::string_view& text) {
  auto line = take_line(text);
  const auto depth = std::min(line.find_first_not_of('>'), line.size());
  line.remove_prefix(depth);
  if (line.starts_with(' ')) line.remove_prefix(1);  // space-stuffing
  return {depth, line};
}

}  // namespace

std::string join_flowed_lines(std::string_view text, bool delete_space) {
  constexpr std::string_view kSignature = "-- ";
  std::string out;
  out.reserve(text.size());
  std::size_t open_depth = 0;
  bool open = false;  // the last line goes on with the next of the same depth
  while (!text.empty()) {
    const bool ends = text.find('\n') != std::string_view::npos;
    const auto line = take_flowed_line(text);
    const bool is_signature = line.text == kSignature;
    const bool goes_on = open && line.depth == open_depth && !is_signature;
    if (open && !goes_on) out += '\n';
    if (!goes_on && line.depth > 0) out.append(line.depth, '>').append(" ");
    open = !line.text.empty() && line.text.back() == ' ' && !is_signature;
    open_depth = line.depth;
    out += line.text;
    if (open && delete_space) out.pop_back();
    if (!open && ends) out += '\n';
  }
  return out;
}

}  // namespace mail
