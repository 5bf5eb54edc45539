// Sort keys of lists: bytes that compare like the order itself. A message has the same keys in
// every catalog, so an order is the same after a rebuild.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indexer/catalog.hpp"

namespace indexer {

// The sorts that have keys of their own, in the order of `sort_keys`; kReceived has the place
// alone.
inline constexpr Sort kKeySorts[] = {Sort::kSent, Sort::kFrom, Sort::kTo, Sort::kSubject,
                                     Sort::kSize};

// For each of kKeySorts, ascending. Texts are folded (case, accents, leading marks) and cut to
// 200 octets. A message without a date of sending counts as sent when it was received; an address
// without a name is sorted by itself.
[[nodiscard]] std::vector<std::string> sort_keys(const mail::MetadataDocument& message,
                                                 const OrderKey& place);
// The same of a file, by name (kSubject) and size; the others are alike for all.
[[nodiscard]] std::vector<std::string> sort_keys(const mail::FileDocument& file,
                                                 const OrderKey& place);

// The key of a place in `listing`, newest first, and the place of a key.
[[nodiscard]] std::string place_key(const OrderKey& place);
[[nodiscard]] OrderKey place_of(std::string_view key);

// The key in `sorted`: equal sort keys newest first, then by a hash of the id. The reverse order is
// the exact reverse.
[[nodiscard]] std::string sorted_key(std::string_view sort_key, const OrderKey& place);

// Comes after every key.
[[nodiscard]] std::string_view last_key();

}  // namespace indexer
