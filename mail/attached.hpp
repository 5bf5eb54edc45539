// What a metadata document says of its files in two places: `attachments`, as mail has them, and `_attachments`, as CouchDB
// keeps them.
#pragma once

#include <string>
#include <vector>

#include "mail/documents.hpp"

namespace mail {

// As they are read, before they know of each other.
struct Attached {
  std::vector<AttachedBody> files;  // `_attachments`, of any type
  // Of each of `attachments`: the name that its file is kept under, where that is another than its own.
  std::vector<std::string> kept_names;
};

// Gives each attachment its file and an id, and the document those files that are bodies or the original.
//
// An attachment that does not say its file by `blob` has the one of its name, which is then no other's. Its id is the
// `partId` that it came with; where that is empty, a dot or two, or an earlier one's, it is "a" and its position, from 1, and
// then as many "_" as make it unlike all others. What a reader would call an attachment is no body. The first whole message
// that is left is the original.
void settle_attached(Attached&& attached, MetadataDocument& document);

}  // namespace mail
