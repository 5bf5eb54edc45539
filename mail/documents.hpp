// The doctypes of a mail account as plain values, and the JSON that carries them in CouchDB.
//
// Readers take a document's bytes as the source sent them and are lenient: a member of another type
// than expected counts as absent, unknown members are ignored, a lone surrogate becomes U+FFFD. A
// text is refused, as `Malformed`, only when it is no JSON object, nests deeper than kMaxJsonDepth
// or is not UTF-8. Nothing here throws because of a document's content.
#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mail {

inline constexpr int kMaxJsonDepth = 100;

enum class Doctype { kEmails, kContents, kMailboxes, kFiles };
inline constexpr Doctype kDoctypes[] = {Doctype::kEmails, Doctype::kContents, Doctype::kMailboxes,
                                        Doctype::kFiles};
// "io.cozy.emails", "io.cozy.email.contents", "io.cozy.email.mailboxes", "io.cozy.files"
[[nodiscard]] std::string_view doctype_name(Doctype doctype);

// Why a text was refused, in words for the operator.
struct Malformed {
  std::string reason;
};

template <typename T>
using Result = boost::system::result<T, Malformed>;

[[noreturn]] void throw_exception_from_error(const Malformed& malformed,
                                             const boost::source_location& where);

// An instant with the offset from UTC at which it was written (RFC 3339; JMAP's Date and UTCDate).
struct DateTime {
  std::chrono::sys_seconds utc;
  std::chrono::minutes offset{0};

  friend bool operator==(const DateTime&, const DateTime&) = default;
};
[[nodiscard]] std::optional<DateTime> parse_rfc3339(std::string_view text);
// "2001-05-14T16:39:00-07:00", or with "Z" where the offset is 0.
[[nodiscard]] std::string to_rfc3339(const DateTime& time);

struct Address {
  std::string name;
  std::string email;

  friend bool operator==(const Address&, const Address&) = default;
};

struct Attachment {
  std::string part_id;
  std::string name;
  std::string type;
  std::uint64_t size = 0;
  std::string blob;  // name of the CouchDB attachment with its bytes; empty when there is none
  // Its Content-ID without angle brackets, by which an HTML body names it; may be empty.
  std::string cid;

  friend bool operator==(const Attachment&, const Attachment&) = default;
};

// A body that stands in the metadata document itself (cozy-emails' Message model).
struct InlineBody {
  std::string type;  // "text/plain" or "text/html"
  std::string content;
};

// A CouchDB attachment of a document (`_attachments`) that is a body: of its text, or a whole
// message.
struct AttachedBody {
  std::string name;
  std::string type;  // "text/plain", "text/html" or "message/rfc822"
  std::string charset;  // as the type's parameter says; may be empty
  std::string digest;  // as CouchDB writes it: "md5-…"

  friend bool operator==(const AttachedBody&, const AttachedBody&) = default;
};

// `io.cozy.emails`: all that a list shows of a message. Members are JMAP's (RFC 8621 section 4.1).
struct MetadataDocument {
  std::string id;
  std::vector<std::string> message_ids;  // without angle brackets, as in_reply_to and references
  std::vector<std::string> in_reply_to;
  std::vector<std::string> references;
  std::vector<Address> from, to, cc, bcc, reply_to, sender;
  std::string subject;
  std::optional<DateTime> sent_at;
  std::optional<DateTime> received_at;
  std::uint64_t size = 0;  // octets of the message
  std::string preview;  // at most 256 characters
  std::vector<std::string> mailbox_ids;
  std::vector<std::string> keywords;  // lower case, such as "$seen"
  std::vector<std::pair<std::string, std::string>> headers;
  bool has_attachment = false;
  std::vector<Attachment> attachments;
  // What the parser left out of this document and its bodies, in words: what a limit cut off, what
  // is encrypted.
  std::vector<std::string> cut;
  std::vector<std::string> contents;  // ids of its content documents, in reading order
  std::vector<InlineBody> inline_bodies;
  // Texts among the CouchDB attachments that `attachments` does not name, plain text first.
  std::vector<AttachedBody> attached_bodies;
  std::optional<AttachedBody> original;  // the whole message as a CouchDB attachment
};

// `io.cozy.email.contents`: one body of one message, always Unicode.
struct ContentDocument {
  std::string id;
  std::string email;  // id of the metadata document; may be empty
  std::string type;  // "text/plain" or "text/html"
  std::string content;
  std::optional<AttachedBody> attached;  // what stands for an empty `content`
  bool truncated = false;
};

// `io.cozy.email.mailboxes`
struct Mailbox {
  std::string id;
  std::string name;
  std::optional<std::string> parent_id;
  std::optional<std::string> role;
  std::int64_t sort_order = 0;
};

// `io.cozy.files`, as cozy-stack keeps it. `content` is the text of the file where the document
// brings it along.
struct FileDocument {
  std::string id;
  std::string name;
  std::string path;
  std::string type;  // MIME type
  std::uint64_t size = 0;
  std::vector<std::string> tags;
  std::optional<DateTime> created_at;
  std::optional<DateTime> updated_at;
  bool trashed = false;
  bool is_directory = false;
  std::string content;
  std::string md5sum;  // base64, of the file's bytes
};

// The doctype named by that member, for databases with documents of all doctypes; nothing for an
// unknown one.
[[nodiscard]] Result<std::optional<Doctype>> read_doctype(std::string_view json,
                                                          std::string_view member);
[[nodiscard]] Result<MetadataDocument> read_metadata(std::string_view json);
[[nodiscard]] Result<ContentDocument> read_content(std::string_view json);
[[nodiscard]] Result<Mailbox> read_mailbox(std::string_view json);
[[nodiscard]] Result<FileDocument> read_file(std::string_view json);
// When a message was received, else sent: all that a filter by age needs.
[[nodiscard]] Result<std::optional<DateTime>> read_message_date(std::string_view json);

// JSON as `import` writes it, `_id` included; absent and empty members that a reader does not need
// are left out. `original` of a metadata document is not written: its attachment is added by
// whoever stores the bytes.
[[nodiscard]] std::string to_json(const MetadataDocument& document);
[[nodiscard]] std::string to_json(const ContentDocument& document);
[[nodiscard]] std::string to_json(const Mailbox& document);

}  // namespace mail
