// Joins the two lists of files in a metadata document: `attachments`, as mail has them, and
// `_attachments`, as CouchDB keeps them.
#pragma once

#include <string>
#include <vector>

#include "mail/documents.hpp"

namespace mail {

// What a metadata document says of files besides its `attachments`.
struct FileLists {
  std::vector<AttachedBody> files;  // `_attachments`, of any type
  // For each of `attachments` the name of its file, if that is different from its own.
  std::vector<std::string> file_names;
};

// Gives each attachment its file and an id, and finds the files that are bodies or the original
// message.
//
// An attachment that does not name its file by `blob` gets the file with its own name, if no other
// has it. Its id is its `partId`. If that is empty, ".", ".." or already used, the id is "a" and
// the position (from 1), followed by as many "_" as make it unique. Files that belong to
// attachments are no bodies. The first whole message among the remaining files is the original.
void join_attachments(FileLists&& lists, MetadataDocument& document);

}  // namespace mail
