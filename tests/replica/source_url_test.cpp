#include "replica/source_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace replica {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SourceUrl, IsTakenApart) {
  struct Case {
    std::string url, host, port, prefix, origin;
    bool secure;
  };
  const std::vector<Case> cases = {
      {"http://127.0.0.1:5984", "127.0.0.1", "5984", "", "http://127.0.0.1:5984", false},
      {"http://couch.example.org/", "couch.example.org", "80", "", "http://couch.example.org:80",
       false},
      {"https://alice.example.org/data/", "alice.example.org", "443", "/data",
       "https://alice.example.org:443", true},
      {"http://[::1]:5984/a%20b", "::1", "5984", "/a%20b", "http://[::1]:5984", false},
  };
  for (const Case& each : cases) {
    const SourceUrl url = SourceUrl::parse(each.url);
    EXPECT_EQ(url.host, each.host) << each.url;
    EXPECT_EQ(url.port, each.port) << each.url;
    EXPECT_EQ(url.prefix, each.prefix) << each.url;
    EXPECT_EQ(url.origin, each.origin) << each.url;
    EXPECT_EQ(url.secure, each.secure) << each.url;
  }
}

TEST(SourceUrl, KnowsTheMachineItIsOn) {
  for (const char* url :
       {"http://localhost:5984", "http://127.0.0.1", "https://127.3.2.1/x", "http://[::1]:5984"})
    EXPECT_TRUE(SourceUrl::parse(url).is_loopback()) << url;
  for (const char* url : {"http://example.org", "http://10.0.0.1", "http://localhost.example.org",
                          "http://[fe80::1]"})
    EXPECT_FALSE(SourceUrl::parse(url).is_loopback()) << url;
}

TEST(SourceUrl, RefusesWhatItCannotUse) {
  for (const std::string url :
       {"", "127.0.0.1:5984", "ftp://host", "http://", "http://host/?a=b", "http://host/#x",
        "http:// x", "http://host:65536", "http://host:111075/", "http://host:0"}) {
    EXPECT_THROW((void)SourceUrl::parse(url), std::invalid_argument) << url;
  }
}

TEST(SourceUrl, DoesNotRepeatCredentials) {
  for (const std::string url :
       {"http://admin:secret@host:5984", "https://secret@host/x", "http://admin:sec ret@host"}) {
    try {
      (void)SourceUrl::parse(url);
      FAIL() << url;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr("password_file")) << url;
      EXPECT_THAT(error.what(), Not(HasSubstr("sec"))) << url;
    }
  }
}

TEST(PercentEncode, LeavesNoSlash) {
  EXPECT_EQ(percent_encode("alice/io-cozy-emails"), "alice%2Fio-cozy-emails");
  EXPECT_EQ(percent_encode("mail/odd +%ü"), "mail%2Fodd%20%2B%25%C3%BC");
  EXPECT_EQ(percent_encode("aZ09-_.~"), "aZ09-_.~");
}

}  // namespace
}  // namespace replica
