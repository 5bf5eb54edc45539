// TLS as it is met: a certificate that is trusted, one that is not, one of another host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replica/couch_client.hpp"
#include "tests/replica/certificate.hpp"
#include "tests/support/awaiting.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/support.hpp"

namespace replica {
namespace {

using testing::HasSubstr;

// What a client that trusts `ca_file` makes of a server with that certificate: its version, or the error.
std::string ask(const CertificateFiles& files, const std::string& ca_file) {
  support::Exchange welcome;
  welcome.request = "GET /";
  welcome.answer = support::answer(R"({"couchdb":"Welcome","version":"3.5.0","uuid":"9cb8"})");
  const support::ScriptedServer server({welcome}, files.certificate, files.key);
  net::io_context context;
  CouchClient client(context.get_executor(), {server.url(), "", "", "", ca_file});
  try {
    return support::run(context, client.server_info()).version;
  } catch (const SourceError& error) {
    return error.what();
  }
}

TEST(Tls, ACertificateInTheCaFileIsTrusted) {
  const support::TemporaryFolder folder;
  const auto files = make_certificate(folder, "IP:127.0.0.1");
  EXPECT_EQ(ask(files, files.certificate), "3.5.0");
}

TEST(Tls, ACertificateThatNobodyVouchesForIsRefused) {
  const support::TemporaryFolder folder;
  const auto files = make_certificate(folder, "IP:127.0.0.1");
  EXPECT_THAT(ask(files, ""), HasSubstr("ca_file"));
}

TEST(Tls, ACertificateOfAnotherHostIsRefused) {
  const support::TemporaryFolder folder;
  const auto files = make_certificate(folder, "DNS:other.example.org");
  EXPECT_THAT(ask(files, files.certificate), HasSubstr("certificate"));
}

}  // namespace
}  // namespace replica
