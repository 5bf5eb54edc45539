#include "tests/oracle/world.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace oracle {
namespace {

constexpr const char* kPulled = "oracle";
constexpr const char* kImported = "second";
constexpr std::size_t kShared = 12;  // messages of both accounts

std::string configuration(const std::string& couch) {
  return fmt::format(
      "[index]\nheaders = [\"{}\"]\n[[source]]\nurl = \"{}\"\naccounts = [\"{}\"]\nwatch = "
      "\"poll\"\n",
      fmt::join(kIndexedHeaders, "\", \""), couch, kPulled);
}

// Every third message of real mail, beginning with the first or not.
MailByBytes part_of(const MailByBytes& mail, bool is_third) {
  MailByBytes part;
  std::size_t number = 0;
  for (const auto& each : mail) {
    if ((number++ % 3 == 0) == is_third) part.insert(each);
  }
  return part;
}

void share(const MailByBytes& from, MailByBytes& to) {
  for (auto each = from.begin(); each != from.end() && to.size() < from.size(); ++each) {
    if (std::distance(from.begin(), each) == kShared) break;
    to.insert(*each);
  }
}

}  // namespace

World::World(const WorldOptions& options, Random& random)
    : davenport_(configuration(couch_.url())) {
  MailByBytes pulled, imported;
  if (options.mail.empty()) {
    pulled = random_mail(options.messages * 2 / 3, options.now, random);
    imported = random_mail(options.messages / 3, options.now, random);
  } else {
    const auto all = read_mail(options.mail, options.messages);
    pulled = part_of(all, false);
    imported = part_of(all, true);
  }
  share(pulled, imported);
  fill_first(pulled, options, random);
  const auto folder = davenport_.folder() / "imported";
  write_maildirs({folder}, imported, random);
  run({"import", kImported, folder.string()});

  davenport_.start_serving();
  engine_ = std::make_unique<Engine>(davenport_.port());
  accounts_.push_back(engine_->account(kPulled, pulled, files_));
  accounts_.push_back(engine_->account(kImported, imported, {}));
  if (!options.mail.empty()) return;
  for (auto& account : accounts_) account.languages = languages_of_random_mail();
}

World::~World() { (void)davenport_.stop_serving(); }

void World::fill_first(const MailByBytes& mail, const WorldOptions& options, Random& random) {
  const std::vector<std::filesystem::path> folders = {davenport_.folder() / "early",
                                                      davenport_.folder() / "late"};
  write_maildirs(folders, mail, random);
  const auto database = fmt::format("{}/io-cozy-files", kPulled);
  couch_.create(database);
  for (const auto& folder : folders) {
    run({"import", kPulled, folder.string(), "--into", couch_.url()});
    run({"sync", kPulled, "--once"});
    if (files_.empty())
      files_ = put_random_files(couch_, database, options.files, options.now, random);
  }
}

void World::run(const std::vector<std::string>& command) {
  const auto result = davenport_.run(command);
  if (result.exit_code != 0)
    throw std::runtime_error(
        fmt::format("{}: {}{}", fmt::join(command, " "), result.out, result.err));
}

}  // namespace oracle
