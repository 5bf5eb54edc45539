// The numbers that stand in a catalog's tables: flags of entries, numbers of views and of entries.
// Part of the format of the file: a change needs another kCatalogFormat.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "indexer/catalog.hpp"

namespace indexer {

// Bits of entries.flags. kFilesHere: it has attachments that can be read, and the bytes of all of
// them.
namespace flag {
inline constexpr int kUnread = 1, kFlagged = 2, kAttachment = 4, kFilesHere = 8, kSeen = 16,
                     kAnswered = 32, kDraft = 64;
}  // namespace flag
inline constexpr std::int64_t kListedFlags = 127 - flag::kFilesHere;

// ── Views ──
// A view has a multiple of kViewStep as its number. The numbers after it are those of its lists in
// `sorted`: one for each sort but kReceived, and that of the newest message of each thread.
inline constexpr std::int64_t kViewStep = 8;
inline constexpr std::int64_t kAllMail = 8, kAllUnread = 16, kAllFlagged = 32, kAllAttachment = 48,
                              kAllFiles = 56, kAllAnswered = 64, kAllDraft = 80;
// Is no list: only its threads are counted.
inline constexpr std::int64_t kUnreadOutsideTrash = 96;

// Views of all mail, all files and of mailboxes have a list for every sort: those with odd
// multiples.
[[nodiscard]] inline bool has_sorts(std::int64_t view) { return view / kViewStep % 2 == 1; }
[[nodiscard]] inline std::int64_t sorted_view(std::int64_t view, Sort sort) {
  return view + static_cast<std::int64_t>(sort);
}
[[nodiscard]] inline std::int64_t by_thread(std::int64_t view) { return view + 6; }

// The name of a view. `state`: * any, u unread, f flagged, a attachment, r answered, d draft.
// `set`: a all mail, F all files, m a mailbox, k a keyword; of these two `id` tells which.
[[nodiscard]] inline std::string view_name(char state, char set, std::string_view id = {}) {
  std::string name{state, set};
  name += id;
  return name;
}
// States that have views of their own.
struct StateView {
  char letter;
  int flag;
  std::int64_t of_all_mail;
};
inline constexpr StateView kStateViews[] = {{'u', flag::kUnread, kAllUnread},
                                            {'f', flag::kFlagged, kAllFlagged},
                                            {'a', flag::kAttachment, kAllAttachment},
                                            {'r', flag::kAnswered, kAllAnswered},
                                            {'d', flag::kDraft, kAllDraft}};
// Keywords that are flags; they have no view as keywords.
struct FlagKeyword {
  std::string_view keyword;
  int flag;
};
inline constexpr FlagKeyword kFlagKeywords[] = {{"$seen", flag::kSeen},
                                                {"$flagged", flag::kFlagged},
                                                {"$answered", flag::kAnswered},
                                                {"$draft", flag::kDraft}};
// 0: the keyword is none of them.
[[nodiscard]] inline int flag_of_keyword(std::string_view keyword) {
  for (const auto& each : kFlagKeywords) {
    if (each.keyword == keyword) return each.flag;
  }
  return 0;
}

// ── Numbers of entries ──
inline constexpr std::int64_t kNumberGap = 16;
// Of the newest entry when all are numbered: below it is room for a billion newer ones.
inline constexpr std::int64_t kFirstNumber = std::int64_t{1} << 30;
inline constexpr std::int64_t kLastNumber = (std::int64_t{1} << 32) - 1;

}  // namespace indexer
