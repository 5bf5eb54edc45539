// Is a replica what its source is? Reads a database back from its server with a client and a JSON reader of its own, and
// compares it with a store, document by document.
#pragma once

#include <string>
#include <vector>

#include "replica/blobs.hpp"
#include "replica/store.hpp"
#include "tests/support/plain_client.hpp"

namespace support {

// The differences in words, empty when there are none: documents missing or left over, leaves, what both know of their
// ancestors, winner, deletion, conflicts, bodies by JSON equality (digests of attachments among them), counts; with `blobs`
// also the bytes of the attachments of live leaves. Design documents are not replicated. Nobody may write meanwhile.
// Throws std::runtime_error when the server refuses.
[[nodiscard]] std::vector<std::string> compare(PlainClient& server, const std::string& database,
                                               const replica::Store& store,
                                               const replica::Blobs* blobs = nullptr);

// For failure messages: the first of them, one a line.
[[nodiscard]] std::string summary(const std::vector<std::string>& differences);

}  // namespace support
