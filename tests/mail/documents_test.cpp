#include "mail/documents.hpp"

#include <gtest/gtest.h>

namespace mail {

bool operator==(const InlineBody& a, const InlineBody& b) {
  return a.type == b.type && a.content == b.content;
}

namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using Strings = std::vector<std::string>;

DateTime at(std::int64_t utc, int offset = 0) {
  return {sys_seconds{seconds{utc}}, minutes{offset}};
}

TEST(Documents, DatesAreRfc3339) {
  struct Case {
    std::string_view text;
    std::optional<DateTime> expected;
  };
  const Case cases[] = {
      {"2001-05-14T16:39:00-07:00", at(989883540, -420)},
      {"2001-05-14T23:39:00Z", at(989883540)},
      {"2001-05-14t23:39:00.123456z", at(989883540)},
      {"2001-05-15T05:09:00+0530", at(989883540, 330)},
      {"1970-01-01 00:00:00", at(0)},
      {"0001-01-01T00:00:00Z", at(-62135596800)},
      {"2000-02-29T00:00:00Z", at(951782400)},
      {"2001-02-29T00:00:00Z", std::nullopt},
      {"2001-13-01T00:00:00Z", std::nullopt},
      {"2001-05-14T24:00:00Z", std::nullopt},
      {"2001-05-14T16:39:00-07:00x", std::nullopt},
      {"2001-05-14T16:39:00.Z", std::nullopt},
      {"2001-05-14", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_rfc3339(c.text), c.expected) << c.text;
}

TEST(Documents, DatesAreWrittenAsTheyWereRead) {
  for (const auto* text : {"2001-05-14T16:39:00-07:00", "2001-05-14T23:39:12Z",
                           "1969-12-31T23:59:59Z", "0044-03-15T12:00:00+01:30"}) {
    EXPECT_EQ(to_rfc3339(*parse_rfc3339(text)), text);
  }
}

MetadataDocument whole() {
  MetadataDocument d;
  d.id = "m-0001";
  d.message_ids = {"20010514@x"};
  d.in_reply_to = {"a@x"};
  d.references = {"r1@x", "r2@x"};
  d.from = {{"Ada \"L\"", "ada@example.org"}};
  d.to = {{"", "b@example.org"}, {"Group", ""}};
  d.cc = {{"C", "c@example.org"}};
  d.bcc = {{"D", "d@example.org"}};
  d.reply_to = {{"E", "e@example.org"}};
  d.sender = {{"F", "f@example.org"}};
  d.subject = "Report \xE2\x9C\x93\n";
  d.sent_at = at(989883540, -420);
  d.received_at = at(989883552);
  d.size = 4711;
  d.preview = "first words";
  d.mailbox_ids = {"inbox", "work"};
  d.keywords = {"$seen"};
  d.headers = {{"List-Id", "<dev.example.org>"}, {"X", ""}};
  d.has_attachment = true;
  d.attachments = {{"2", "q1.pdf", "application/pdf", 88123, "q1.pdf", "i@example.org"}};
  d.cut = {"parts after the first 2000"};
  d.contents = {"m-0001:text", "m-0001:html"};
  d.inline_bodies = {{"text/plain", "hello"}, {"text/html", "<p>hello"}};
  return d;
}

void expect_equal(const MetadataDocument& a, const MetadataDocument& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.message_ids, b.message_ids);
  EXPECT_EQ(a.in_reply_to, b.in_reply_to);
  EXPECT_EQ(a.references, b.references);
  EXPECT_EQ(a.from, b.from);
  EXPECT_EQ(a.to, b.to);
  EXPECT_EQ(a.cc, b.cc);
  EXPECT_EQ(a.bcc, b.bcc);
  EXPECT_EQ(a.reply_to, b.reply_to);
  EXPECT_EQ(a.sender, b.sender);
  EXPECT_EQ(a.subject, b.subject);
  EXPECT_EQ(a.sent_at, b.sent_at);
  EXPECT_EQ(a.received_at, b.received_at);
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.preview, b.preview);
  EXPECT_EQ(a.mailbox_ids, b.mailbox_ids);
  EXPECT_EQ(a.keywords, b.keywords);
  EXPECT_EQ(a.headers, b.headers);
  EXPECT_EQ(a.has_attachment, b.has_attachment);
  EXPECT_EQ(a.attachments, b.attachments);
  EXPECT_EQ(a.cut, b.cut);
  EXPECT_EQ(a.contents, b.contents);
  EXPECT_EQ(a.inline_bodies, b.inline_bodies);
  EXPECT_EQ(a.original, b.original);
}

TEST(Documents, AnOriginalIsOneThoughAPartInItIsNamedAlike) {
  const auto read = read_metadata(
      R"({"attachments":[{"partId":"2","name":"message.eml","type":"message/rfc822"}],)"
      R"("_attachments":{"message.eml":{"content_type":"message/rfc822","digest":"md5-x"}}})");
  ASSERT_TRUE(read && read->original);
  EXPECT_EQ(read->original->name, "message.eml");
}

TEST(Documents, MetadataIsReadAsItWasWritten) {
  const auto json = to_json(whole());
  const auto read = read_metadata(json);
  ASSERT_TRUE(read) << json;
  expect_equal(*read, whole());
}

TEST(Documents, MetadataOfCozyEmails) {
  const auto read = read_metadata(R"({
    "_id": "c1", "docType": "Message", "messageID": "<abc@x>", "mailboxIDs": {"box1": 12, "box2": 7, "gone": null},
    "flags": ["\\Seen", "\\Flagged", "\\Recent", "NonJunk"], "inReplyTo": "<parent@x>", "references": ["<r1@x>", "r2@x"],
    "from": [{"name": "Ada", "address": "ada@example.org"}], "to": "bob@example.org", "date": "2016-02-03T04:05:06.000Z",
    "html": "<p>h</p>", "text": "t", "hasAttachments": true, "headers": {"list-id": ["<l.example.org>"]},
    "attachments": [{"generatedFileName": "a.txt", "contentType": "text/plain", "length": 3}]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->message_ids, Strings{"abc@x"});
  EXPECT_EQ(read->mailbox_ids, (Strings{"box1", "box2"}));
  EXPECT_EQ(read->keywords, (Strings{"$seen", "$flagged", "nonjunk"}));
  EXPECT_EQ(read->in_reply_to, Strings{"parent@x"});
  EXPECT_EQ(read->references, (Strings{"r1@x", "r2@x"}));
  EXPECT_EQ(read->from, (std::vector<Address>{{"Ada", "ada@example.org"}}));
  EXPECT_EQ(read->to, (std::vector<Address>{{"", "bob@example.org"}}));
  EXPECT_EQ(read->sent_at, at(1454472306));
  EXPECT_EQ(read->inline_bodies,
            (std::vector<InlineBody>{{"text/plain", "t"}, {"text/html", "<p>h</p>"}}));
  EXPECT_TRUE(read->has_attachment);
  EXPECT_EQ(read->headers,
            (std::vector<std::pair<std::string, std::string>>{{"list-id", "<l.example.org>"}}));
  EXPECT_EQ(read->attachments, (std::vector<Attachment>{{"a1", "a.txt", "text/plain", 3, "", ""}}));
}

TEST(Documents, MembersOfAnotherTypeAreAbsent) {
  struct Case {
    const char* json;
    void (*check)(const MetadataDocument&);
  };
  const Case cases[] = {
      {R"({"_id":"x","subject":["a"],"size":4})",
       [](auto& d) {
         EXPECT_EQ(d.subject, "");
         EXPECT_EQ(d.size, 4U);
       }},
      {R"({"subject":null,"_id":"x"})",
       [](auto& d) {
         EXPECT_EQ(d.subject, "");
         EXPECT_EQ(d.id, "x");
       }},
      {R"({"size":1e400,"subject":"s"})",
       [](auto& d) {
         EXPECT_EQ(d.size, 0U);
         EXPECT_EQ(d.subject, "s");
       }},
      {R"({"size":99999999999999999999,"subject":"s"})",
       [](auto& d) {
         EXPECT_EQ(d.size, 0U);
         EXPECT_EQ(d.subject, "s");
       }},
      {R"({"size":"12","subject":"s"})", [](auto& d) { EXPECT_EQ(d.size, 12U); }},
      {R"({"size":-1,"subject":"s"})", [](auto& d) { EXPECT_EQ(d.size, 0U); }},
      {R"({"size":12.9 })", [](auto& d) { EXPECT_EQ(d.size, 12U); }},
      {R"({"other":1e400,"big":123456789012345678901234567890,"subject":"s"})",
       [](auto& d) { EXPECT_EQ(d.subject, "s"); }},
      {R"({"from":{"name":"A","email":"a@x"}})", [](auto& d) { EXPECT_EQ(d.from.size(), 1U); }},
      {R"({"from":[1,null,[],{}],"to":7})",
       [](auto& d) { EXPECT_TRUE(d.from.empty() && d.to.empty()); }},
      {R"({"mailboxIds":["a",1,"b"]})",
       [](auto& d) {
         EXPECT_EQ(d.mailbox_ids, (Strings{"a", "b"}));
       }},
      {R"({"mailboxIds":{"a":true,"b":false}})",
       [](auto& d) { EXPECT_EQ(d.mailbox_ids, Strings{"a"}); }},
      {R"({"keywords":{"$Seen":true}})", [](auto& d) { EXPECT_EQ(d.keywords, Strings{"$seen"}); }},
      {R"({"messageId":"<a@x> <b@x>"})",
       [](auto& d) {
         EXPECT_EQ(d.message_ids, (Strings{"a@x", "b@x"}));
       }},
      {R"({"hasAttachment":"yes","sentAt":5})",
       [](auto& d) { EXPECT_FALSE(d.has_attachment || d.sent_at); }},
      {R"({"headers":{"":["x"],"A":"b"}})", [](auto& d) { EXPECT_EQ(d.headers.size(), 1U); }},
      {R"({"headers":[["A","b"],["C"],{"name":"D","value":"e"},5]})",
       [](auto& d) { EXPECT_EQ(d.headers.size(), 3U); }},
      {R"({"s\u0075bject":"s","mailboxIds":{"\u00e9\"":true}})",
       [](auto& d) {
         EXPECT_EQ(d.subject, "s");
         EXPECT_EQ(d.mailbox_ids, Strings{"\xC3\xA9\""});
       }},
      {R"({"subject":"a\ud800b\udc00\ud83d\ude00\/\t"})",
       [](auto& d) {
         EXPECT_EQ(d.subject,
                   "a\xEF\xBF\xBD"
                   "b\xEF\xBF\xBD\xF0\x9F\x98\x80/\t");
       }},
      {R"({"\ud800":{"\ud800":"\ud800"},"subject":"s"})",
       [](auto& d) { EXPECT_EQ(d.subject, "s"); }},
      {R"({"subject":"a","subject":"b"})", [](auto& d) { EXPECT_EQ(d.subject, "b"); }},
      {R"({"_attachments":{"a":{"content_type":"text/plain"},"m":{"stub":true,"content_type":"message/rfc822"}},"size":1})",
       [](auto& d) {
         EXPECT_EQ(d.original.value().name, "m");
         EXPECT_EQ(d.size, 1U);
       }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.json);
    const auto read = read_metadata(c.json);
    ASSERT_TRUE(read);
    c.check(*read);
  }
}

std::string nested(int depth) {
  const auto levels = static_cast<std::size_t>(depth - 1);
  return R"({"subject":"s","x":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
}

TEST(Documents, WhatIsNoObjectIsRefused) {
  for (const auto& json : Strings{"", " ", "[]", "null", "1", "\"a\"", "{", "{\"a\":1", "{\"a\" 1}",
                                  "{\"a\":\"b}", "{} {}", "{}x", "}", "{\"subject\":\"\xFF\"}",
                                  "{\"subject\":\"a\x01\"}", nested(101), nested(1'000'000)}) {
    const auto read = read_metadata(json);
    EXPECT_FALSE(read) << json.substr(0, 100);
    if (read) continue;
    EXPECT_FALSE(read.error().reason.empty());
  }
  EXPECT_TRUE(read_metadata(nested(100)));
  EXPECT_TRUE(read_metadata(R"({"a":"[[[","subject":"\\\"{"})"));
}

TEST(Documents, AThrownMalformedSaysWhy) {
  try {
    static_cast<void>(read_metadata("[]").value());
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "not a JSON object");
  }
}

TEST(Documents, Content) {
  ContentDocument d{"m:html", "m", "text/html", "<p>\xE2\x80\xA8\n\"x\"\\", {}, true};
  const auto read = read_content(to_json(d));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, d.id);
  EXPECT_EQ(read->email, d.email);
  EXPECT_EQ(read->type, d.type);
  EXPECT_EQ(read->content, d.content);
  EXPECT_TRUE(read->truncated);
  EXPECT_FALSE(read_content("{}")->truncated);
}

TEST(Documents, MailboxAndFile) {
  const Mailbox box{"inbox", "Inbox", "top", "inbox", -3};
  const auto read = read_mailbox(to_json(box));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, "Inbox");
  EXPECT_EQ(read->parent_id, "top");
  EXPECT_EQ(read->role, "inbox");
  EXPECT_EQ(read->sort_order, -3);
  EXPECT_EQ(read_mailbox(R"({"label":"Old","parentId":null})")->name, "Old");
  EXPECT_EQ(read_mailbox(R"({"parentId":null})")->parent_id, std::nullopt);

  const auto file = read_file(
      R"({"_id":"f","type":"file","name":"a.txt","dir_id":"d","path":"/a.txt","mime":"text/plain",
    "size":"12","tags":["x","y"],"created_at":"2016-09-19T12:35:08Z","updated_at":"2016-09-19T12:35:08+02:00","trashed":true,
    "text":"words"})");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size, 12U);
  EXPECT_EQ(file->tags, (Strings{"x", "y"}));
  EXPECT_EQ(file->content, "words");
  EXPECT_EQ(file->type, "text/plain");
  EXPECT_TRUE(file->trashed);
  EXPECT_FALSE(file->is_directory);
  EXPECT_EQ(file->created_at, at(1474288508));
  EXPECT_TRUE(read_file(R"({"type":"directory"})")->is_directory);
}

TEST(Documents, NamesOfDoctypes) {
  EXPECT_EQ(doctype_name(Doctype::kEmails), "io.cozy.emails");
  EXPECT_EQ(doctype_name(Doctype::kContents), "io.cozy.email.contents");
  EXPECT_EQ(doctype_name(Doctype::kMailboxes), "io.cozy.email.mailboxes");
  EXPECT_EQ(doctype_name(Doctype::kFiles), "io.cozy.files");
}

}  // namespace
}  // namespace mail
