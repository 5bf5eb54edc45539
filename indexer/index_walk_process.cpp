#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <sstream>
#include <string_view>
#include <unistd.h>

#include "indexer/entry.hpp"
#include "indexer/entry_hashes.hpp"
#include "indexer/index_walk.hpp"
#include "indexer/index_walk_frames.hpp"

#ifdef __SANITIZE_ADDRESS__
// Xapian 1.4.22 checks a table with an object that it deletes as one of another size.
extern "C" const char* __asan_default_options() { return "new_delete_type_mismatch=0"; }
#endif

namespace indexer {
namespace {

constexpr int kMaxWalks = 5;  // on an index that is written meanwhile
constexpr std::size_t kMostFaults = 20;

void write_to_pipe(const void* data, std::size_t size) {
  const auto* at = static_cast<const char*>(data);
  while (size > 0) {
    const auto written = write(STDOUT_FILENO, at, size);
    if (written <= 0) _exit(1);  // the reader of the pipe has gone
    at += written;
    size -= static_cast<std::size_t>(written);
  }
}

void send_frame(WalkFrame frame, const void* data = nullptr, std::size_t size = 0) {
  const WalkFrameHead head{frame, static_cast<std::uint32_t>(size)};
  write_to_pipe(&head, sizeof head);
  write_to_pipe(data, size);
}

// Tells the reader every second that the walk goes on.
class Heartbeat {
 public:
  void operator()() {
    if (++steps_ % 1'024 != 0) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::seconds(1)) return;
    last_ = now;
    send_frame(WalkFrame::kAlive);
  }

 private:
  std::uint64_t steps_ = 0;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

class IndexWalk {
 public:
  explicit IndexWalk(const std::filesystem::path& folder)
      : folder_(folder), database_(folder.string()) {}

  void run() {
    send_frame(WalkFrame::kTables);
    check_tables();
    send_frame(WalkFrame::kLists);
    walk_entries();
    walk_terms();
    for (unsigned slot = 0; slot <= kTypesSlot; ++slot) walk_values(slot);
  }
  void send_result() const {
    for (const auto& fault : faults_) send_frame(WalkFrame::kFault, fault.data(), fault.size());
    const std::string revision = revision_of(database_);
    send_frame(WalkFrame::kRevision, revision.data(), revision.size());
    constexpr std::size_t kAtOnce = kMaxWalkFrame / sizeof(WalkedIndex::Entry);
    for (std::size_t at = 0; at < entries_.size(); at += kAtOnce) {
      const auto count = std::min(kAtOnce, entries_.size() - at);
      send_frame(WalkFrame::kEntries, &entries_[at], count * sizeof(WalkedIndex::Entry));
    }
  }
  void fault(std::string words) {
    if (faults_.size() < kMostFaults) faults_.push_back(std::move(words));
  }

 private:
  // The table of terms by entry is left out: Xapian 1.4.22 takes 4 octets for each number up to the
  // greatest to check it, some 4 GB with ours. It is walked, as all are.
  void check_tables() {
    for (const char* table : {"docdata", "postlist", "position"}) {
      const auto file = folder_ / fmt::format("{}.glass", table);
      if (may_be_absent(table) && !std::filesystem::exists(file)) continue;
      std::ostringstream words;
      std::string said;
      try {
        if (Xapian::Database::check(file.string(), 0, &words) == 0) continue;
        said = words.str();
      } catch (const Xapian::DatabaseModifiedError&) {
        throw;
      } catch (const Xapian::Error& error) {
        said = error.get_description();
      }
      std::replace(said.begin(), said.end(), '\n', ' ');
      fault(fmt::format("{}: {}", table, said.substr(0, 300)));
    }
  }

  // Xapian makes these files with the first that is put into them. Each entry has data; that words
  // lack their positions shows when entries are compared with what they ought to be.
  [[nodiscard]] bool may_be_absent(std::string_view table) const {
    const bool has_entries = database_.get_doccount() > 1;  // beside the empty one
    return table == "position" || (table == "docdata" && !has_entries);
  }

  void walk_entries() {
    Xapian::docid last = 0;
    const auto end = database_.postlist_end("");
    for (auto entry = database_.postlist_begin(""); entry != end; ++entry) {
      heartbeat_();
      const auto number = *entry;
      if (number <= last) return fault("the list of entries does not ascend");
      last = number;
      const auto length = entry.get_doclength();
      length_ += length;
      ++count_;
      if (number == kEmptyEntry) continue;
      auto& walked = entries_.emplace_back();
      walked.number = number;
      walked.sums.terms += hash_of_data(database_.get_document(number).get_data(), length);
      const auto terms_end = database_.termlist_end(number);
      for (auto term = database_.termlist_begin(number); term != terms_end; ++term)
        walked.sums.terms += hash_of_term(hash_of(*term), term.get_wdf());
      if (length < database_.get_doclength_lower_bound() && length != 0)
        fault("a length is below the least");
      if (length > database_.get_doclength_upper_bound()) fault("a length is above the greatest");
    }
    if (count_ != database_.get_doccount()) fault("the number of entries is wrong");
    if (length_ != database_.get_total_length()) fault("the total length is wrong");
  }

  void walk_terms() {
    std::string last;
    for (auto term = database_.allterms_begin(); term != database_.allterms_end(); ++term) {
      const std::string text = *term;
      if (text <= last) return fault("the list of terms does not ascend");
      last = text;
      const auto hash = hash_of(text);
      const auto most = database_.get_wdf_upper_bound(text);
      std::uint64_t entries = 0, occurrences = 0;
      auto at = entries_.begin();
      const auto end = database_.postlist_end(text);
      for (auto posting = database_.postlist_begin(text); posting != end; ++posting) {
        heartbeat_();
        const auto wdf = posting.get_wdf();
        ++entries;
        occurrences += wdf;
        if (wdf > most) fault("a term occurs more often than the most");
        at = find(entries == 1 ? at : at + 1, *posting);
        if (at == entries_.end()) {
          fault("a list of a term does not ascend, or names an entry that is not there");
          break;
        }
        at->sums.postings += hash_of_posting(hash, wdf, posting.positionlist_begin());
      }
      if (entries != term.get_termfreq()) fault("the number of entries of a term is wrong");
      if (occurrences != database_.get_collection_freq(text))
        fault("the number of occurrences of a term is wrong");
    }
  }

  void walk_values(unsigned slot) {
    std::uint64_t values = 0;
    auto at = entries_.begin();
    const auto least = database_.get_value_lower_bound(slot);
    const auto most = database_.get_value_upper_bound(slot);
    const auto end = database_.valuestream_end(slot);
    for (auto value = database_.valuestream_begin(slot); value != end; ++value) {
      heartbeat_();
      ++values;
      const std::string text = *value;
      if (text < least || text > most) fault("a value is beyond its bounds");
      at = find(values == 1 ? at : at + 1, value.get_docid());
      if (at == entries_.end()) {
        fault("the list of a value does not ascend, or names an entry that is not there");
        return;
      }
      at->sums.values += hash_of_value(slot, text);
    }
    if (values != database_.get_value_freq(slot)) fault("the number of values is wrong");
  }

  // The entry of that number from `from` on: lists ascend, and long ones have the next entry near
  // by.
  using Place = std::vector<WalkedIndex::Entry>::iterator;
  [[nodiscard]] Place find(Place from, Xapian::docid number) {
    std::ptrdiff_t step = 1;
    auto low = from;
    while (entries_.end() - low > step && (low + step)->number < number) {
      low += step;
      step *= 2;
    }
    const auto high = entries_.end() - low > step ? low + step + 1 : entries_.end();
    const auto found = std::lower_bound(
        low, high, number,
        [](const auto& entry, Xapian::docid wanted) { return entry.number < wanted; });
    return found != entries_.end() && found->number == number ? found : entries_.end();
  }

  std::filesystem::path folder_;
  Xapian::Database database_;
  std::vector<WalkedIndex::Entry> entries_;
  std::vector<std::string> faults_;
  std::uint64_t count_ = 0, length_ = 0;
  Heartbeat heartbeat_;
};

void send_fault(const std::string& words) {
  send_frame(WalkFrame::kFault, words.data(), words.size());
}

// False when the index was written meanwhile.
bool walk_once(const std::filesystem::path& folder) {
  try {
    IndexWalk walk(folder);
    try {
      walk.run();
    } catch (const Xapian::DatabaseModifiedError&) {
      throw;
    } catch (const Xapian::Error& error) {
      walk.fault(error.get_description());
    }
    walk.send_result();
  } catch (const Xapian::DatabaseModifiedError&) {
    return false;
  } catch (const Xapian::Error& error) {
    send_fault(error.get_description());
  } catch (const std::exception& error) {
    send_fault(error.what());
  }
  return true;
}

}  // namespace

void run_index_walk(const std::filesystem::path& folder) {
  bool has_walked = false;
  for (int attempt = 0; !has_walked && attempt < kMaxWalks; ++attempt)
    has_walked = walk_once(folder);
  if (!has_walked) send_fault("it was written while it was walked, or says so");
  send_frame(WalkFrame::kEnd);
  _exit(0);
}

}  // namespace indexer
