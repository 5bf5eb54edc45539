// The attachments that a document names, as blobs to fetch.
#pragma once

#include <vector>

#include "replica/store.hpp"

namespace replica {

// The stubs in `_attachments` that can be read; none of a deletion.
[[nodiscard]] std::vector<WantedBlob> attachments_of(const IncomingRevision& revision);

// cozy-stack keeps the bytes of a file apart: the document itself describes them. None when it is no file.
[[nodiscard]] std::vector<WantedBlob> file_of(const IncomingRevision& revision);

}  // namespace replica
