// The doctor's task: an account examined, and mended where that was asked for.
#pragma once

#include "api/accounts.hpp"
#include "api/config.hpp"
#include "api/replication.hpp"
#include "indexer/doctor.hpp"

namespace api {

struct DoctorOptions {
  bool source = false;  // also compare with the source
  bool repair = false;
};

// `replication` fetches documents and attachments again; with null nothing is fetched. Throws as
// indexer::examine does, and std::runtime_error when there is no such account, or when the source
// is to be compared and the account has none.
[[nodiscard]] indexer::DoctorReport examine_account(const Config& config, Accounts& accounts,
                                                    Replication* replication,
                                                    const std::string& name,
                                                    const DoctorOptions& question,
                                                    indexer::Progress& progress);

}  // namespace api
