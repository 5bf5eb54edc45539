// Parts of a search's answer, shared by those of one account and of several.
#pragma once

#include <string_view>
#include <vector>

#include "indexer/account.hpp"
#include "mail/json_writer.hpp"

namespace api {

// `account` is written where it is not empty.
void write_hit(mail::JsonWriter& json, const indexer::SearchAnswer::Found& found,
               std::string_view account);
void write_facets(mail::JsonWriter& json, const std::vector<indexer::FacetCounts>& facets);
void write_index(mail::JsonWriter& json, const indexer::IndexState& index);

}  // namespace api
