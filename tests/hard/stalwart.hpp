// The values in the results of stalwart's mail-parser.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mail/documents.hpp"

namespace hard {

// As RFC 3339 writes it; "none" for null.
[[nodiscard]] inline std::string stalwart_date(const nlohmann::json& date) {
  if (date.is_null()) return "none";
  const auto number = [&date](const char* name) { return date[name].get<int>(); };
  const int offset = number("tz_hour") * 60 + number("tz_minute");
  namespace chr = std::chrono;
  const chr::sys_days day{chr::year{number("year")} / number("month") / number("day")};
  mail::DateTime time;
  time.offset = chr::minutes(date["tz_before_gmt"].get<bool>() ? -offset : offset);
  time.utc = day + chr::hours(number("hour")) + chr::minutes(number("minute")) +
             chr::seconds(number("second")) - time.offset;
  return mail::to_rfc3339(time);
}

// Members of groups as others: davenport keeps no groups.
[[nodiscard]] inline std::vector<mail::Address> stalwart_addresses(const nlohmann::json& value) {
  std::vector<mail::Address> out;
  const auto add = [&out](const nlohmann::json& list) {
    const auto text = [](const nlohmann::json& item) {
      return item.is_null() ? std::string() : item.get<std::string>();
    };
    for (const auto& address : list)
      out.push_back({text(address["name"]), text(address["address"])});
  };
  if (!value.is_object()) return out;
  if (value.contains("List")) add(value["List"]);
  if (value.contains("Group")) {
    for (const auto& group : value["Group"]) add(group["addresses"]);
  }
  return out;
}

}  // namespace hard
