// The doctor's task: an account examined, and mended where that was asked for.
#pragma once

#include "api/accounts.hpp"
#include "api/config.hpp"
#include "api/replication.hpp"
#include "indexer/doctor.hpp"

namespace api {

struct DoctorQuestion {
  bool source = false;  // compare with the source too
  bool repair = false;
};

// `replication` fetches what is to be fetched again; null: nothing is. Throws as indexer::examine; std::runtime_error for
// an account that there is not, or without a source where that was asked for.
[[nodiscard]] indexer::DoctorReport examine_account(const Config& config, Accounts& accounts,
                                                    Replication* replication,
                                                    const std::string& name,
                                                    const DoctorQuestion& question,
                                                    indexer::Progress& progress);

}  // namespace api
