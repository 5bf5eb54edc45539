#include "indexer/mail_files.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <istream>
#include <stdexcept>

namespace indexer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMboxBufferBytes = 256 << 10;

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::string mailbox_name(std::string name) {
  if (name.empty() || equals_ignoring_case(name, "inbox")) return "Inbox";
  return name;
}

bool is_mbox(const fs::path& file) {
  constexpr std::string_view kBeginning = "From ";
  std::string beginning(kBeginning.size(), '\0');
  std::ifstream in(file, std::ios::binary);
  return in.read(beginning.data(), static_cast<std::streamsize>(beginning.size())) &&
         beginning == kBeginning;
}

// "Sent/2020" of "Sent" and "2020"; a mailbox at the top has no name above it.
std::string below(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + "/" + name;
}

struct Entries {
  std::vector<std::string> files;
  std::vector<std::string> folders;
};

Entries read_folder(const fs::path& folder) {
  Entries entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::error_code ignored;  // what cannot be looked at, is neither
    if (entry.is_directory(ignored)) {
      if (!entry.is_symlink(ignored)) entries.folders.push_back(entry.path().filename().string());
    } else if (entry.is_regular_file(ignored) &&
               !entry.path().filename().string().starts_with('.')) {
      entries.files.push_back(entry.path().filename().string());
    }
  }
  std::sort(entries.files.begin(), entries.files.end());
  std::sort(entries.folders.begin(), entries.folders.end());
  return entries;
}

class TreeReader {
 public:
  explicit TreeReader(MailTree& tree) : tree_(tree) {}

  // `name` is the mailbox's, empty for a folder that was asked for itself.
  void read(const fs::path& folder, const std::string& name) {
    try {
      const Entries entries = read_folder(folder);
      const auto has = [&](const char* part) {
        return std::binary_search(entries.folders.begin(), entries.folders.end(), part);
      };
      if (has("cur") || has("new")) {
        read_maildir(folder, name, entries);
      } else {
        read_plain(folder, name, entries);
      }
    } catch (const fs::filesystem_error& error) {
      tree_.refused.push_back({folder.string(), error.code().message()});
    }
  }

  // An mbox is a mailbox: "choir" of choir.mbox.
  void read_mbox(const fs::path& file, const std::string& parent) {
    const std::string name = mailbox_name(file.stem() == "mbox" ? "" : file.stem().string());
    tree_.folders.push_back(
        {file.parent_path(), below(parent, name), false, {file.filename().string()}});
  }

 private:
  void read_maildir(const fs::path& folder, const std::string& name, const Entries& entries) {
    for (const std::string& part : entries.folders) {
      if (part == "tmp") continue;
      if (part == "cur" || part == "new") {
        tree_.folders.push_back(
            {folder / part, mailbox_name(name), true, read_folder(folder / part).files});
      } else if (part.starts_with('.')) {
        std::string dotted = part.substr(1);
        std::replace(dotted.begin(), dotted.end(), '.', '/');
        read(folder / part, below(name, dotted));
      } else {
        read(folder / part, below(name, part));
      }
    }
  }

  void read_plain(const fs::path& folder, const std::string& name, const Entries& entries) {
    std::vector<std::string> messages;
    for (const std::string& file : entries.files) {
      // Without the extension it may be one message of many that begin so.
      if (fs::path(file).extension() != ".mbox" || !is_mbox(folder / file)) {
        messages.push_back(file);
      } else {
        read_mbox(folder / file, name);
      }
    }
    if (!messages.empty()) {
      tree_.folders.push_back({folder,
                               mailbox_name(name.empty() ? folder.filename().string() : name),
                               false, std::move(messages)});
    }
    for (const std::string& part : entries.folders) read(folder / part, below(name, part));
  }

  MailTree& tree_;
};

// Writers put an empty line before each; what follows a "From " in a text is hardly a time of day.
bool is_separator(std::string_view line) {
  if (!line.starts_with("From ")) return false;
  for (std::size_t at = line.find(':'); at != std::string_view::npos; at = line.find(':', at + 1)) {
    const auto is_digit = [&](std::size_t i) {
      return i < line.size() && line[i] >= '0' && line[i] <= '9';
    };
    if (at > 0 && is_digit(at - 1) && is_digit(at + 1)) return true;
  }
  return false;
}

bool is_quoted_from(std::string_view line) {
  const std::size_t text = line.find_first_not_of('>');
  return text != 0 && text != std::string_view::npos && line.substr(text).starts_with("From ");
}

void add_status_keywords(std::string_view flags, std::vector<std::string>& keywords) {
  for (const char flag : flags) {
    switch (flag) {
      case 'R':
        keywords.emplace_back("$seen");
        break;
      case 'A':
        keywords.emplace_back("$answered");
        break;
      case 'F':
        keywords.emplace_back("$flagged");
        break;
      case 'T':
        keywords.emplace_back("$draft");
        break;
      case 'D':
        keywords.emplace_back("$deleted");
        break;
      default:
        break;
    }
  }
}

std::vector<std::string> status_keywords(std::string_view raw) {
  std::vector<std::string> keywords;
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t end = std::min(raw.find('\n', at), raw.size());
    const std::string_view line = raw.substr(at, end - at);
    if (line.empty() || line == "\r") break;
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      const std::string_view name = line.substr(0, colon);
      if (equals_ignoring_case(name, "Status") || equals_ignoring_case(name, "X-Status")) {
        add_status_keywords(line.substr(colon + 1), keywords);
      }
    }
    at = end + 1;
  }
  std::sort(keywords.begin(), keywords.end());
  keywords.erase(std::unique(keywords.begin(), keywords.end()), keywords.end());
  return keywords;
}

}  // namespace

MailTree find_mail(std::span<const fs::path> paths) {
  MailTree tree;
  for (const fs::path& given : paths) {
    std::error_code error;
    const fs::path path = fs::canonical(given, error);
    if (error) throw std::runtime_error(fmt::format("{}: {}", given.string(), error.message()));
    if (fs::is_directory(path)) {
      TreeReader(tree).read(path, "");
    } else if (fs::is_regular_file(path)) {
      if (is_mbox(path)) {
        TreeReader(tree).read_mbox(path, "");
      } else {
        tree.folders.push_back({path.parent_path(), "Inbox", false, {path.filename().string()}});
      }
    } else {
      tree.refused.push_back({given.string(), "is neither a file nor a folder"});
    }
  }
  return tree;
}

std::vector<std::string> maildir_keywords(std::string_view file_name) {
  std::vector<std::string> keywords;
  const std::size_t info = file_name.rfind(":2,");
  if (info == std::string_view::npos) return keywords;
  for (const char flag : file_name.substr(info + 3)) {
    switch (flag) {
      case 'D':
        keywords.emplace_back("$draft");
        break;
      case 'F':
        keywords.emplace_back("$flagged");
        break;
      case 'P':
        keywords.emplace_back("$forwarded");
        break;
      case 'R':
        keywords.emplace_back("$answered");
        break;
      case 'S':
        keywords.emplace_back("$seen");
        break;
      case 'T':
        keywords.emplace_back("$deleted");
        break;
      default:
        break;
    }
  }
  return keywords;
}

MboxReader::MboxReader(std::istream& in, std::size_t max_message_bytes)
    : in_(in), max_message_bytes_(max_message_bytes), buffer_(kMboxBufferBytes, '\0') {
  skip_line();
}

bool MboxReader::next(Message& message) {
  message = {};
  bool after_empty_line = false;
  bool any = false;
  for (;;) {
    const bool starts_line = at_line_start_;
    std::string_view piece = next_piece();
    if (piece.empty()) break;
    any = true;
    if (starts_line) {
      if (after_empty_line && is_separator(piece)) {
        if (!at_line_start_) skip_line();
        break;
      }
      after_empty_line = piece == "\n" || piece == "\r\n";
      if (is_quoted_from(piece)) piece.remove_prefix(1);
    }
    if (message.raw.size() + piece.size() > max_message_bytes_) message.too_large = true;
    if (message.too_large) {
      message.raw.clear();
    } else {
      message.raw += piece;
    }
  }
  if (!any) return false;
  // The empty line before the next "From " is the mbox's, not the message's.
  for (const std::string_view end : {std::string_view("\n\r\n"), std::string_view("\n\n")}) {
    if (message.raw.ends_with(end)) {
      message.raw.resize(message.raw.size() - end.size() + 1);
      break;
    }
  }
  message.keywords = status_keywords(message.raw);
  return true;
}

void MboxReader::skip_line() {
  while (!next_piece().empty() && !at_line_start_) {
  }
}

// A line with its end, or as much of it as the buffer holds; empty at the end of the file.
std::string_view MboxReader::next_piece() {
  const auto find_line_end = [&]() -> const char* {
    return static_cast<const char*>(std::memchr(buffer_.data() + begin_, '\n', end_ - begin_));
  };
  const char* line_end = find_line_end();
  if (line_end == nullptr && in_) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    in_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
    end_ += static_cast<std::size_t>(in_.gcount());
    line_end = find_line_end();
  }
  const std::size_t until =
      line_end == nullptr ? end_ : static_cast<std::size_t>(line_end - buffer_.data()) + 1;
  const std::string_view piece(buffer_.data() + begin_, until - begin_);
  begin_ = until;
  at_line_start_ = line_end != nullptr;
  return piece;
}

}  // namespace indexer
