#pragma once

#include <string>
#include <string_view>

namespace replica {

// Appends `text` as a JSON string. Bytes that are no UTF-8 stay as they are.
void append_json_string(std::string& json, std::string_view text);

}  // namespace replica
