// Attachments, byte by byte as they are sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/replica/couch_conversation.hpp"
#include "tests/support/pouchdb_server.hpp"

namespace replica {
namespace {

using testing::HasSubstr;

struct Received {
  AttachmentAnswer answer;
  std::string bytes;
};

net::awaitable<Received> receive(CouchClient& client, AttachmentQuery query) {
  Received received;
  const auto begin = [&received](AttachmentAnswer answer) -> net::awaitable<void> {
    received.answer = answer;
    received.bytes.clear();
    co_return;
  };
  const auto piece = [&received](std::string_view bytes) -> net::awaitable<void> {
    received.bytes += bytes;
    co_return;
  };
  co_await client.attachment("mail", std::move(query), begin, piece);
  co_return received;
}

AttachmentQuery query_of(const std::string& name, std::uint64_t offset = 0) {
  return {"c/1", "2-a3", name, offset};
}

constexpr auto kBody = "GET /mail/c%2F1/body?rev=2-a3";

TEST(CouchAttachment, ComesAsItIsSent) {
  const std::string packed = gzip(std::string(10'000, 'x'));
  Exchange zipped = get(kBody, answer(packed, 200, "Content-Encoding: gzip\r\n"));
  zipped.field = "Accept-Encoding: gzip";
  Conversation talk({get("GET /", answer(kWelcome)), zipped,
                     get(kBody, answer(packed, 200, "Content-Encoding: x-gzip\r\n")),
                     get(kBody, chunked_answer(packed, 7)),
                     get("GET /mail/c%2F1/in%20a/folder.txt?rev=2-a3", answer("text")),
                     get("GET /mail/_design/d/logo.png", answer(""))});
  Received received = talk.run(receive(talk.client, query_of("body")));
  EXPECT_TRUE(received.answer.is_gzip);
  EXPECT_EQ(received.bytes, packed);
  EXPECT_TRUE(talk.run(receive(talk.client, query_of("body"))).answer.is_gzip);
  received = talk.run(receive(talk.client, query_of("body")));
  EXPECT_FALSE(received.answer.is_gzip);
  EXPECT_EQ(received.bytes, packed);
  EXPECT_EQ(talk.run(receive(talk.client, query_of("in a/folder.txt"))).bytes, "text");
  EXPECT_EQ(talk.run(receive(talk.client, {"_design/d", "", "logo.png", 0})).bytes, "");
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchAttachment, GoesOnWhereItEnded) {
  Exchange rest = get(kBody, answer("fgh", 206, "Content-Range: bytes 5-7/8\r\n"));
  rest.field = "Range: bytes=5-";
  Conversation talk({rest, get(kBody, answer("abcdefgh", 200, "Accept-Ranges: none\r\n")),
                     get(kBody, answer("", 416)), get(kBody, answer("abcde")),
                     get(kBody, answer("cde", 206, "Content-Range: bytes 2-4/8\r\n")),
                     get(kBody, answer("cde", 206))});
  Received received = talk.run(receive(talk.client, query_of("body", 5)));
  EXPECT_EQ(received.answer.offset, 5U);
  EXPECT_EQ(received.bytes, "fgh");
  for (const char* all : {"abcdefgh", "abcde"}) {
    received = talk.run(receive(talk.client, query_of("body", 5)));
    EXPECT_EQ(received.answer.offset, 0U);
    EXPECT_EQ(received.bytes, all);
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(error_of([&] { return talk.run(receive(talk.client, query_of("body", 5))); }).kind(),
              Kind::kProtocol);
  }
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchAttachment, IsNotThereOrBreaksOff) {
  Exchange cut = get(kBody, answer("abcdefgh").substr(0, answer("abcdefgh").size() - 3));
  cut.close = true;
  Conversation talk(
      {get(kBody,
           answer(R"({"error":"not_found","reason":"Document is missing attachment"})", 404)),
       cut, get(kBody, answer("x", 200, "Content-Encoding: br\r\n"))});
  const auto fails = [&] {
    return error_of([&] { return talk.run(receive(talk.client, query_of("body"))); });
  };
  EXPECT_EQ(fails().kind(), Kind::kNotFound);
  EXPECT_THAT(fails().what(), HasSubstr("in the middle"));
  EXPECT_THAT(fails().what(), HasSubstr("'br'"));
}

TEST(CouchAttachment, OfACozyIsAFile) {
  Conversation talk(
      {get("GET /data/", answer(kCozyWelcome)), get("GET /files/download/c%2F1", answer("bytes"))},
      {5s, 5s}, "/data", {}, "t0ken");
  EXPECT_EQ(talk.run(receive(talk.client, query_of("body"))).bytes, "bytes");
  EXPECT_EQ(talk.server.complaints(), "");
}

// It would compress the text on the way, and its digest is of the text.
TEST(CouchAttachment, ComesFromAPouchdbServer) {
  const support::PouchdbServer server;
  server.ask("PUT", "/mail");
  std::string hellos;  // 3,000 bytes
  for (int i = 0; i < 1'000; ++i) hellos += "SGVs";
  server.ask("PUT", "/mail/c%2F1",
             R"({"_attachments":{"in a/body.txt":{"content_type":"text/plain","data":")" + hellos +
                 R"("}}})");
  net::io_context context{1};
  CouchClient client(context.get_executor(), {server.url(), "", "", "", {}});
  const Received received = support::run(context, receive(client, {"c/1", "", "in a/body.txt", 2}));
  EXPECT_EQ(received.answer.offset, 0U);  // it knows no ranges
  EXPECT_FALSE(received.answer.is_gzip);
  EXPECT_EQ(received.bytes.size(), 3'000U);
  EXPECT_EQ(received.bytes.substr(0, 6), "HelHel");
}

}  // namespace
}  // namespace replica
