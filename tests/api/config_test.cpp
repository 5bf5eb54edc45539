#include "api/config.hpp"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/support.hpp"

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  api::Config load(std::string_view toml) {
    support::write_file(folder_ / "d.toml", toml);
    return api::load_config(folder_ / "d.toml");
  }
  std::string error_of(std::string_view toml) {
    try {
      (void)load(toml);
    } catch (const api::ConfigError& error) {
      return error.what();
    }
    return "no error";
  }
  support::TemporaryFolder folder_;
};

TEST_F(ConfigTest, EveryKeyHasADefault) {
  const api::Config none = api::load_config(std::nullopt);
  EXPECT_EQ(none.data_dir, "/var/lib/davenport");
  EXPECT_EQ(none.http.listen, "127.0.0.1:8825");
  EXPECT_TRUE(none.sources.empty());
  EXPECT_EQ(load("").http.listen, none.http.listen);
}

TEST_F(ConfigTest, ReadsEveryKey) {
  support::write_file(folder_ / "password", "secret \n");
  const api::Config config = load(
      "data_dir = 'mail'\n[http]\nlisten = '[::1]:0'\nworkers = 4\n[[source]]\n"
      "url = 'http://127.0.0.1:5984/prefix'\nuser = 'ada'\npassword_file = '" +
      (folder_ / "password").string() +
      "'\nname = 'office'\naccounts = ['alice', 'bob']\nlayout = 'mail-{account}'\n"
      "doctype_member = 'docType'\nwatch = 'continuous'\npoll_interval = '30s'\n"
      "write_checkpoints = false\nattachments = 'keep'\ndoctypes = ['emails', 'io.cozy.files']\n"
      "messages_since = '5y'\nmax_feeds = 3\nmax_connections = 9\n"
      "[replication]\nmax_open_accounts = 5\naccount_idle = '2s'\nmemory = '64M'\npulls = 2\n");
  EXPECT_EQ(config.data_dir, "mail");
  EXPECT_EQ(config.http.listen, "[::1]:0");
  EXPECT_EQ(config.http.workers, 4U);
  ASSERT_EQ(config.sources.size(), 1U);
  const api::SourceConfig& source = config.sources[0];
  EXPECT_EQ(source.address.url, "http://127.0.0.1:5984/prefix");
  EXPECT_EQ(source.address.user, "ada");
  EXPECT_EQ(source.address.password, "secret ");
  support::write_file(folder_ / "password", "renewed\n");
  EXPECT_EQ(source.address.read_secret(), "renewed");
  EXPECT_THAT(source.accounts, ElementsAre("alice", "bob"));
  EXPECT_EQ(source.name, "office");
  EXPECT_EQ(source.layout.pattern(), "mail-{account}");
  EXPECT_EQ(source.doctype_member, "docType");
  EXPECT_EQ(source.watch, api::Watch::kContinuous);
  EXPECT_FALSE(source.write_checkpoints);
  EXPECT_EQ(source.attachments, api::Attachments::kKeep);
  EXPECT_THAT(source.doctypes, ElementsAre(mail::Doctype::kEmails, mail::Doctype::kFiles));
  ASSERT_TRUE(source.messages_since);
  EXPECT_EQ(source.messages_since->span, std::chrono::years(5));
  EXPECT_EQ(source.max_feeds, 3U);
  EXPECT_EQ(source.max_connections, 9U);
  EXPECT_EQ(config.replication.max_open_accounts, 5U);
  EXPECT_EQ(config.replication.account_idle, std::chrono::seconds(2));
  EXPECT_EQ(config.replication.memory, 64U << 20U);
  EXPECT_EQ(config.replication.pulls, 2U);
  EXPECT_EQ(source.poll_interval, std::chrono::seconds(30));
  EXPECT_EQ(config.source_of("bob"), &source);
  EXPECT_EQ(config.source_of("carol"), nullptr);
}

TEST_F(ConfigTest, ReadsAPasswordFromTheEnvironment) {
  setenv("DAVENPORT_TEST_PASSWORD", "secret", 1);
  const api::Config config = load(
      "[[source]]\nurl = 'http://h'\nuser = 'u'\npassword_env = 'DAVENPORT_TEST_PASSWORD'\n"
      "accounts = ['a']\n");
  EXPECT_EQ(config.sources.at(0).address.password, "secret");
}

TEST_F(ConfigTest, TheExampleIsTheDefault) {
  const api::Config config = api::load_config(DAVENPORT_SOURCE_DIR "/data/davenport.toml");
  EXPECT_EQ(config.data_dir, api::Config{}.data_dir);
  EXPECT_EQ(config.http.listen, api::Config{}.http.listen);
  EXPECT_TRUE(config.sources.empty());
  EXPECT_FALSE(config.http.open_on_loopback) << "packaged, it is on machines where others log in";
}

TEST_F(ConfigTest, TheExampleNamesOnlyKeysThatAreKnown) {
  std::string example = support::read_file(DAVENPORT_SOURCE_DIR "/data/davenport.toml");
  std::string uncommented;
  for (std::size_t at = 0; at < example.size();) {
    const std::size_t end = example.find('\n', at);
    std::string line = example.substr(at, end - at);
    const bool is_key = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    if (is_key) line.erase(0, 1);
    const bool needs_the_machine =
        line.starts_with("password") || line.starts_with("token") || line.starts_with("ca_file");
    if (!needs_the_machine) uncommented += line + "\n";
    at = end + 1;
  }
  EXPECT_THAT(load(uncommented).sources.at(0).accounts, ElementsAre("alice", "bob")) << uncommented;
}

TEST_F(ConfigTest, MistakesAreNamedWithTheirLine) {
  const std::string source = "[[source]]\nurl = 'http://h'\n";
  const struct {
    std::string toml;
    std::string line;
    std::string message;
  } rows[] = {
      {"dat_dir = 'x'", "1", "unknown key dat_dir"},
      {"\ndata_dir = 7", "2", "data_dir must be a text"},
      {"data_dir = ", "1", ""},
      {"data_dir = ''", "1", "must name a folder"},
      {"[http]\nport = 1", "2", "unknown key http.port"},
      {"[http]\nlisten = '0.0.0.0:80'", "2", "name tls_certificate and tls_key"},
      {"[http]\ntls_key = 'k'", "1", "go together"},
      {"[http]\ncors_origins = ['https://h/']", "2", "is no origin"},
      {"[http]\ncors_origins = ['*']", "2", "is no origin"},
      {"[http]\nmax_connections = 1", "2", "from 16 to"},
      {"[http]\nopen_on_loopback = 1", "2", "true or false"},
      {"[http]\nlisten = '127.0.0.1'", "2", "no address with a port"},
      {"[http]\nlisten = '127.0.0.1:70000'", "2", "no address with a port"},
      {"[http]\nworkers = 0", "2", "from 1 to 256"},
      {"http = 1", "1", "http is a section"},
      {"[source]\nurl = 'http://h'", "1", "two brackets"},
      {"[[source]]\naccounts = ['a']", "1", "needs url"},
      {"[[source]]\nurl = 'ftp://h'\naccounts = ['a']", "2", "must begin with http://"},
      {"[[source]]\nurl = 'http://u:p@h/x'\naccounts = ['a']", "2", "must not hold a password"},
      {source, "1", "needs accounts"},
      {source + "accounts = 'al'", "3", "or \"all\""},
      {source + "accounts = 'all'\nlayout = '{doctype}'", "3", "needs a layout with {account}"},
      {source + "accounts = ['a', 'b']\nlayout = 'mail'", "3", "has the databases of one account"},
      {source + "accounts = ['a', 7]", "3", "text in quotes"},
      {source + "accounts = ['../a']", "3", "cannot be an account's name"},
      {source + "accounts = ['a', 'a']", "1", "is in a source already"},
      {source + "accounts = ['a']\n" + source + "accounts = ['a']", "4", "is in a source already"},
      {source + "accounts = ['a']\nname = 'x'\n" + source + "accounts = ['b']\nname = 'x'", "5",
       "is another source's already"},
      {source + "accounts = ['a']\nname = 'A b'", "4", "cannot be one"},
      {source + "accounts = ['a']\nwatch = 'push'", "4", "write updates or continuous or longpoll"},
      {source + "accounts = ['a']\nlayout = '{user}'", "4", "no other braces"},
      {source + "accounts = ['a']\nlayout = ''", "4", "names no database"},
      {source + "accounts = ['a']\nlayout = '{account}{doctype}'", "4", "something between"},
      {source + "accounts = ['a']\ndoctype_member = 'd'", "4", "is for a layout without {doctype}"},
      {source + "accounts = ['a']\nlayout = 'm'\ndoctype_member = ''", "5", "must name a member"},
      {source + "accounts = ['a']\ndoctypes = ['email']", "4", "\"email\" is unknown"},
      {source + "accounts = ['a']\ndoctypes = []", "4", "doctypes is an empty list"},
      {source + "accounts = []", "3", "accounts is an empty list: it needs one element at least"},
      {source + "accounts = 7", "3", "accounts must be a list"},
      {source + "accounts = ['a']\ndoctypes = ['emails', 'io.cozy.emails']", "4", "there twice"},
      {source + "accounts = ['a']\nmessages_since = '2015'", "4", "neither a day nor an age"},
      {source + "accounts = ['a']\nmax_feeds = 0", "4", "from 1 to"},
      {source + "accounts = ['a']\nmax_connections = '9'", "4", "a whole number"},
      {source + "accounts = ['a']\nwrite_checkpoints = 'no'", "4", "true or false"},
      {source + "accounts = ['a']\nattachments = 'some'", "4", "write extract or keep or none"},
      {"[replication]\nmemory = '32'", "2", "is no size"},
      {"[replication]\nmemory = '1M'", "2", "4M at least"},
      {"[replication]\naccount_idle = 60", "2", "must be a text"},
      {"[replication]\npulls = 0", "2", "from 1 to 64"},
      {"replication = 1", "1", "replication is a section"},
      {source + "accounts = ['a']\npoll_interval = '3'", "4", "no duration"},
      {source + "accounts = ['a']\nattachment = 'keep'", "4", "unknown key source.attachment"},
      {source + "accounts = ['a']\nuser = 'u'\npassword_file = '/nowhere/p'", "5",
       "cannot read /nowhere/p"},
      {source + "accounts = ['a']\nuser = 'u'\npassword_env = 'DAVENPORT_NONE'", "5",
       "no variable DAVENPORT_NONE"},
      {source + "accounts = ['a']\npassword_env = 'PATH'", "1", "password without source.user"},
      {source + "accounts = ['a']\ntoken_file = '/nowhere/t'", "4", "cannot read /nowhere/t"},
      {source + "accounts = ['a']\ntoken_env = 'PATH'\nuser = 'u'", "1", "not both"},
  };
  for (const auto& row : rows) {
    const std::string error = error_of(row.toml);
    EXPECT_THAT(error, HasSubstr("d.toml:" + row.line + ": ")) << row.toml;
    EXPECT_THAT(error, HasSubstr(row.message)) << row.toml;
  }
}

TEST_F(ConfigTest, OpenIsOnlyWhatListensOnLoopback) {
  EXPECT_TRUE(load("").http.is_open());
  EXPECT_TRUE(load("[http]\nlisten = '[::1]:1'").http.is_open());
  EXPECT_FALSE(load("[http]\nopen_on_loopback = false").http.is_open());
  EXPECT_FALSE(load("[http]\nlisten = '0.0.0.0:1'\nplain_text = true").http.is_open());
  EXPECT_FALSE(
      load("[http]\nlisten = '[::]:1'\ntls_certificate = 'c'\ntls_key = 'k'").http.is_open());
}

TEST_F(ConfigTest, EveryMistakeIsNamedWhenThatIsAskedFor) {
  const auto file = folder_ / "d.toml";
  support::write_file(file,
                      "data_dir = 7\n"
                      "[replication]\npulls = 1000\n"
                      "[indx]\n"
                      "[[source]]\nurl = \"ftp://x\"\naccounts = [\"Alice\"]\ncolour = \"red\"\n"
                      "shape = \"round\"\nwatch = \"sometimes\"\n"
                      "[[source]]\nurl = \"http://y\"\naccounts = \"all\"\n");
  const auto checked = api::check_config(file);
  EXPECT_THAT(checked.mistakes,
              testing::UnorderedElementsAre(
                  HasSubstr("d.toml:1: data_dir"), HasSubstr("d.toml:3: replication.pulls"),
                  HasSubstr("unknown key indx"), HasSubstr("d.toml:6: source.url"),
                  HasSubstr("d.toml:7: \"Alice\""), HasSubstr("unknown key source.colour"),
                  HasSubstr("unknown key source.shape"), HasSubstr("d.toml:10: source.watch")));
  ASSERT_EQ(checked.config.sources.size(), 2U);
  EXPECT_TRUE(checked.config.sources[1].has_all_accounts);
}

TEST_F(ConfigTest, EveryMistakeOfOneSectionIsNamed) {
  const auto file = folder_ / "d.toml";
  support::write_file(
      file,
      "[http]\nlisten = 'here'\nworkers = 0\ncors_origins = ['*', 'x']\nport = 1\n"
      "[replication]\nmemory = '1M'\naccount_idle = 'soon'\npulls = 0\n"
      "[index]\nlanguage = 'x1'\nheaders = []\n"
      "[log]\nlevel = 'loud'\nformat = 'xml'\n"
      "[[source]]\nurl = 7\nlayout = '{user}'\ndoctype_member = 'd'\n"
      "accounts = ['A', 7, '..']\ndoctypes = ['mail', 'post']\npoll_interval = '3'\n"
      "max_feeds = 0\nca_file = '/nowhere/ca'\n");
  const auto checked = api::check_config(file);
  EXPECT_THAT(
      checked.mistakes,
      ElementsAre(HasSubstr(":2: http.listen"), HasSubstr(":3: http.workers"), HasSubstr("\"*\""),
                  HasSubstr("\"x\" is no origin"), HasSubstr(":5: unknown key http.port"),
                  HasSubstr("replication.account_idle"), HasSubstr("replication.memory"),
                  HasSubstr("replication.pulls"), HasSubstr("index.language"),
                  HasSubstr("index.headers is an empty list"), HasSubstr("log.level"),
                  HasSubstr("log.format"), HasSubstr("source.url must be a text"),
                  HasSubstr("/nowhere/ca"), HasSubstr("source.layout"),
                  HasSubstr("each must be a text"), HasSubstr("\"A\" cannot be"),
                  HasSubstr("\"..\" cannot be"), HasSubstr("\"mail\" is unknown"),
                  HasSubstr("\"post\" is unknown"), HasSubstr("source.poll_interval"),
                  HasSubstr("source.max_feeds")));
}

TEST_F(ConfigTest, TheIndexKnowsItsLanguageAndItsHeaders) {
  const auto index = load("[index]\nlanguage = 'zh-Hant'\nheaders = ['X-Label']").index;
  EXPECT_EQ(index.language, "zh-hant");
  EXPECT_THAT(index.headers, ElementsAre("x-label"));
  for (const char* wrong : {"language = 'xx'", "headers = ['a b']", "headers = ['X-Foo:']"})
    EXPECT_THROW((void)load(std::string("[index]\n") + wrong), api::ConfigError) << wrong;
}

TEST_F(ConfigTest, AFileThatIsNotThereIsNamed) {
  EXPECT_THROW((void)api::load_config(folder_ / "absent.toml"), api::ConfigError);
  EXPECT_THROW((void)api::load_config(folder_.path()), api::ConfigError);
}

TEST(Duration, HasAUnit) {
  EXPECT_EQ(api::parse_duration("500ms"), std::chrono::milliseconds(500));
  EXPECT_EQ(api::parse_duration("30s"), std::chrono::seconds(30));
  EXPECT_EQ(api::parse_duration("3m"), std::chrono::minutes(3));
  EXPECT_EQ(api::parse_duration("1h"), std::chrono::hours(1));
  for (const std::string text : {"", "3", "m", "-3m", "0s", "3 m", "3d", "99999999999h", "1.5s"}) {
    EXPECT_EQ(api::parse_duration(text), std::nullopt) << text;
  }
}

TEST(Bytes, HaveAUnit) {
  EXPECT_EQ(api::parse_bytes("500K"), 500U << 10U);
  EXPECT_EQ(api::parse_bytes("32M"), 32U << 20U);
  EXPECT_EQ(api::parse_bytes("1G"), 1U << 30U);
  for (const std::string text : {"", "32", "M", "-1M", "0M", "32 M", "32MB", "9999999999G"}) {
    EXPECT_EQ(api::parse_bytes(text), std::nullopt) << text;
  }
}

TEST(MessageAge, IsADayOrASpan) {
  using namespace std::chrono;
  const sys_seconds now = sys_days(2026y / 3 / 1);
  EXPECT_EQ(api::parse_message_age("2015-01-31")->since(now), sys_days(2015y / 1 / 31));
  EXPECT_EQ(api::parse_message_age("90d")->since(now), now - days(90));
  EXPECT_EQ(api::parse_message_age("5y")->since(now), now - years(5));
  for (const std::string text : {"", "2015", "2015-13-01", "5", "y", "0d", "-1y", "5m"}) {
    EXPECT_FALSE(api::parse_message_age(text)) << text;
  }
}

}  // namespace
