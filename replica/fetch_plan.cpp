#include "replica/fetch_plan.hpp"

#include "replica/json_string.hpp"
#include "replica/tuning.hpp"

namespace replica {

FetchPlan::FetchPlan(const std::vector<RevisionsOfDocument>& wanted) {
  for (const RevisionsOfDocument& document : wanted) {
    for (const RevId& rev : document.revs) {
      by_id_[document.id].push_back(asked_.size());
      FetchedRevision& fetched = asked_.emplace_back();
      fetched.revision.id = document.id;
      fetched.revision.rev = rev;
    }
  }
  answered_.resize(asked_.size());
}

std::vector<FetchPlan::Part> FetchPlan::parts() const {
  constexpr std::size_t kPunctuation = 80;  // {"id":"","rev":""}, and the revision
  std::vector<Part> parts;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const std::size_t size = asked_[i].revision.id.size() + kPunctuation;
    const bool full = parts.empty() || i - parts.back().begin >= tuning::kMaxRevisionsPerFetch ||
                      bytes + size > tuning::kMaxFetchRequestBytes;
    if (full) {
      parts.push_back({i, i});
      bytes = 0;
    }
    parts.back().end = i + 1;
    bytes += size;
  }
  return parts;
}

std::string FetchPlan::bulk_get_body(Part part) const {
  std::string body = R"({"docs":[)";
  for (std::size_t i = part.begin; i < part.end; ++i) {
    if (i > part.begin) body += ',';
    body += R"({"id":)";
    append_json_string(body, asked_[i].revision.id);
    body += R"(,"rev":)";
    append_json_string(body, asked_[i].revision.rev.to_string());
    body += '}';
  }
  return body += "]}";
}

std::vector<RevisionsOfDocument> FetchPlan::documents(Part part) const {
  std::vector<RevisionsOfDocument> documents;
  for (std::size_t i = part.begin; i < part.end; ++i) {
    const IncomingRevision& asked = asked_[i].revision;
    if (documents.empty() || documents.back().id != asked.id ||
        documents.back().revs.size() == tuning::kMaxOpenRevs) {
      documents.emplace_back().id = asked.id;
    }
    documents.back().revs.push_back(asked.rev);
  }
  return documents;
}

void FetchPlan::add_result(SentRevision sent) {
  const auto found = by_id_.find(sent.revision.id);
  if (found == by_id_.end()) return;
  const bool names_no_revision = sent.revision.rev.generation == 0;
  FetchedRevision* taker = nullptr;  // gets the document itself, others before it a copy
  for (const std::size_t i : found->second) {
    FetchedRevision& asked = asked_[i];
    const bool exact = asked.revision.rev == sent.revision.rev;
    // An error row that does not say of which revision it speaks is told of all that have no answer.
    const bool concerns =
        exact || (names_no_revision ? !sent.problem.empty()
                                    : is_ancestor(asked.revision.rev, sent.revision.rev,
                                                  sent.revision.ancestors));
    if (!concerns || (answered_[i] && !exact)) continue;
    if (sent.problem.empty()) {
      if (taker != nullptr) taker->revision = sent.revision;
      taker = &asked;
      asked.problem.clear();
      answered_[i] = true;
    } else if (!answered_[i]) {
      asked.problem = sent.problem;
    }
  }
  if (taker != nullptr) taker->revision = std::move(sent.revision);
}

std::vector<FetchedRevision> FetchPlan::results() {
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    if (!answered_[i] && asked_[i].problem.empty())
      asked_[i].problem = "the source's answer leaves it out";
  }
  return std::move(asked_);
}

}  // namespace replica
