#include "indexer/gmail_labels.hpp"

#include <algorithm>
#include <array>

#include "indexer/mailbox_roles.hpp"
#include "indexer/maildir.hpp"
#include "mail/ascii.hpp"
#include "mail/encoded_words.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxMailboxes = 100;  // of a message
constexpr std::size_t kMaxValue = 64 << 10;  // bytes; the rest is not read

// Labels that are no mailboxes, as folded_name gives them: states, and the tabs of the inbox. Takeout
// writes them in the language of the account.
struct StateLabel {
  std::string_view name;
  std::string_view state;  // a keyword, "unread", or nothing
};
constexpr std::string_view kUnreadLabel = "unread";
constexpr StateLabel kStateLabels[] = {
    {"unread", kUnreadLabel},
    {"ungelesen", kUnreadLabel},
    {"non-lus", kUnreadLabel},
    {"no-leído", kUnreadLabel},
    {"no-leídos", kUnreadLabel},
    {"da-leggere", kUnreadLabel},
    {"non-letti", kUnreadLabel},
    {"não-lidas", kUnreadLabel},
    {"não-lidos", kUnreadLabel},
    {"ongelezen", kUnreadLabel},
    {"nieprzeczytane", kUnreadLabel},
    {"непрочитанные", kUnreadLabel},
    {"olästa", kUnreadLabel},
    {"ulæst", kUnreadLabel},
    {"ulest", kUnreadLabel},
    {"lukemattomat", kUnreadLabel},
    {"未読", kUnreadLabel},
    {"未读", kUnreadLabel},
    {"未讀", kUnreadLabel},
    {"starred", "$flagged"},
    {"markiert", "$flagged"},
    {"suivis", "$flagged"},
    {"destacados", "$flagged"},
    {"speciali", "$flagged"},
    {"com-estrela", "$flagged"},
    {"met-ster", "$flagged"},
    {"oznaczone-gwiazdką", "$flagged"},
    {"помеченные", "$flagged"},
    {"スター付き", "$flagged"},
    {"已加星标", "$flagged"},
    {"已加星號", "$flagged"},
    {"important", "$important"},
    {"wichtig", "$important"},
    {"importante", "$important"},
    {"importantes", "$important"},
    {"importanti", "$important"},
    {"belangrijk", "$important"},
    {"ważne", "$important"},
    {"важные", "$important"},
    {"重要", "$important"},
    {"opened", ""},
    {"geöffnet", ""},
    {"ouvert", ""},
    {"abierto", ""},
    {"aperto", ""},
    {"geopend", ""},
    {"archived", ""},
    {"archiviert", ""},
    {"archivés", ""},
    {"messages-archivés", ""},
    {"archivado", ""},
    {"archivados", ""},
    {"gearchiveerd", ""},
    {"category-personal", ""},
    {"category-social", ""},
    {"category-promotions", ""},
    {"category-updates", ""},
    {"category-forums", ""},
};

// Quotes hold a label with a comma together.
std::vector<std::string> split_labels(std::string_view text) {
  std::vector<std::string> labels(1);
  bool is_quoted = false;
  for (const char c : text) {
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      labels.emplace_back();
    } else {
      labels.back() += c;
    }
  }
  return labels;
}

void add_once(std::string value, std::vector<std::string>& values) {
  if (std::find(values.begin(), values.end(), value) == values.end())
    values.push_back(std::move(value));
}

}  // namespace

GmailLabels read_gmail_labels(std::string_view value) {
  std::string line = mail::to_valid_utf8(value.substr(0, kMaxValue));
  std::erase_if(line, [](char c) { return c == '\r' || c == '\n'; });
  GmailLabels labels;
  bool is_unread = false;
  for (const std::string& each : split_labels(mail::decode_words(line))) {
    const std::string label(mail::without_outer_wsp(each));
    const std::string folded = folded_name(label);
    const auto* const state =
        std::find_if(std::begin(kStateLabels), std::end(kStateLabels),
                     [&](const StateLabel& known) { return known.name == folded; });
    if (state != std::end(kStateLabels)) {
      is_unread |= state->state == kUnreadLabel;
      if (state->state.starts_with('$')) add_once(std::string(state->state), labels.keywords);
    } else if (!label.empty() && labels.mailboxes.size() < kMaxMailboxes) {
      if (role_of_name(label) == "drafts") add_once("$draft", labels.keywords);
      add_once(mailbox_name(label), labels.mailboxes);
    }
  }
  if (!is_unread) labels.keywords.emplace_back("$seen");
  if (labels.mailboxes.empty()) labels.mailboxes.emplace_back("Archive");
  return labels;
}

}  // namespace indexer
