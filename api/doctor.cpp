#include "api/doctor.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "api/data_folder.hpp"
#include "api/replica_options.hpp"
#include "replica/source_comparison.hpp"

namespace api {
namespace {

constexpr std::size_t kQuarantinedNamed = 20;

indexer::DifferenceKind kind_of(replica::SourceDifference::Kind kind) {
  switch (kind) {
    case replica::SourceDifference::Kind::kMissing:
      return indexer::DifferenceKind::kMissing;
    case replica::SourceDifference::Kind::kExtra:
      return indexer::DifferenceKind::kExtra;
    case replica::SourceDifference::Kind::kDiffers:
      return indexer::DifferenceKind::kDiffers;
  }
  return indexer::DifferenceKind::kDiffers;
}

// Adds what one database has otherwise than its store. False when there is no such database.
bool compare_database(const Config& config, const SourceConfig& source, indexer::Account& account,
                      mail::Doctype doctype, indexer::DoctorReport& report,
                      const indexer::Progress& progress) {
  const auto* store = account.stores().find(doctype);
  replica::SourceQuestion question;
  question.address = source.address;
  question.database = source.layout.database(account.name(), doctype);
  question.keep = replica_options(config, source, account, doctype).keep;
  question.scratch = account_folder(config.data_dir, account.name()) / "doctor.tmp";
  const auto compared = replica::compare_with_source(
      question, store,
      [&report](const replica::SourceDifference& difference) {
        report.findings.add({kind_of(difference.kind), difference.id, indexer::AccountPart::kSource,
                             difference.detail});
      },
      [&progress] { progress.check(); });
  report.source = report.source.value_or(0) + compared.documents;
  if (store == nullptr) return !compared.is_absent;
  if (const auto here = store->counts().documents; compared.is_absent && here > 0) {
    report.findings.add(
        {indexer::DifferenceKind::kExtra, "", indexer::AccountPart::kSource,
         fmt::format("{} is not there at the source: {} documents here", question.database, here)});
  }
  if (compared.is_being_swept) {
    report.notes.push_back(question.database +
                           " is in the middle of a resync: what changed at the source since it "
                           "was last pulled is among the differences");
  }
  if (compared.not_pulled > 0) {
    report.notes.push_back(fmt::format("{}: {} documents changed since the last pull",
                                       question.database, compared.not_pulled));
  }
  const auto quarantined = store->quarantined();
  for (std::size_t i = 0; i < quarantined.size() && i < kQuarantinedNamed; ++i) {
    report.notes.push_back(fmt::format("quarantined: {} {}: {}", question.database,
                                       quarantined[i].id, quarantined[i].reason));
  }
  return !compared.is_absent;
}

void compare_account(const Config& config, const SourceConfig& source, indexer::Account& account,
                     indexer::DoctorReport& report, const indexer::Progress& progress) {
  bool is_anything_there = false;
  for (const auto doctype : source.databases_of_account())
    is_anything_there |= compare_database(config, source, account, doctype, report, progress);
  if (is_anything_there) return;
  report.findings.add(
      {indexer::DifferenceKind::kMissing, "", indexer::AccountPart::kSource,
       fmt::format("none of the account's databases is at {}", source.address.url)});
}

bool is_at_source(const SourceConfig& source, const std::string& account,
                  const std::string& store) {
  const auto doctypes = source.databases_of_account();
  return std::any_of(doctypes.begin(), doctypes.end(), [&](mail::Doctype doctype) {
    const bool is_meant =
        store == indexer::kAllDoctypes || store == indexer::Stores::database_part(doctype);
    return is_meant &&
           replica::has_database(source.address, source.layout.database(account, doctype));
  });
}

// A sweep compares all that is here with all that the source has, fetches what is missing, and purges what is left over.
void refetch(indexer::Account& account, Replication& replication, indexer::Progress& progress) {
  std::ignore = replication.sync(account.name(), {.with_index = false, .resync = true}, progress);
}

}  // namespace

indexer::DoctorReport examine_account(const Config& config, Accounts& accounts,
                                      Replication* replication, const std::string& name,
                                      const DoctorOptions& question, indexer::Progress& progress) {
  const SourceConfig* const source = accounts.source_of(name);
  if (question.source && source == nullptr)
    throw std::runtime_error(fmt::format("account '{}' is local: it has no source", name));
  indexer::DoctorTarget target;
  target.folder = account_folder(config.data_dir, name);
  target.name = name;
  target.open = [&accounts, &name] { return accounts.find(name); };
  if (source != nullptr) {
    target.keeps_bytes = wanted_bytes(source->attachments);
    if (!target.keeps_bytes) target.keeps_bytes = [](auto, auto) { return false; };
    if (replication != nullptr) {
      target.refetch = [replication, &progress](indexer::Account& account) {
        refetch(account, *replication, progress);
      };
      target.is_at_source = [source, &name](const std::string& store) {
        return is_at_source(*source, name, store);
      };
    }
  }
  if (question.source) {
    target.compare_source = [&](indexer::Account& account, indexer::DoctorReport& report) {
      compare_account(config, *source, account, report, progress);
    };
  }
  return question.repair ? examine_and_repair(target, progress) : examine(target, progress);
}

}  // namespace api
