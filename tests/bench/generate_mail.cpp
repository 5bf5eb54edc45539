// generate_mail FOLDER MESSAGES [SEED]: writes a Maildir per mailbox (Inbox, Archive, Lists) of invented messages, the same for
// the same arguments: words by Zipf's law out of 30,000, threads of up to a few dozen, a third unread, some flagged, some with
// an attachment, dates over ten years in no order.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace {
namespace fs = std::filesystem;

class Words {
 public:
  explicit Words(std::mt19937_64& random) : random_(random), weights_(kCount) {
    const std::array<const char*, 24> syllables = {
        "ba", "re",  "mi",  "to", "lu", "ken", "dor", "sal", "ve", "ni", "gra", "po",
        "ti", "sha", "mon", "el", "ur", "cas", "fi",  "wen", "ja", "ho", "qui", "zer"};
    double sum = 0;
    for (std::size_t rank = 0; rank < kCount; ++rank) {
      std::string word;
      for (std::size_t rest = rank + 24; rest > 0; rest /= 24) word += syllables.at(rest % 24);
      words_.push_back(word);
      sum += 1.0 / std::pow(static_cast<double>(rank + 1), 1.05);
      weights_[rank] = sum;
    }
  }

  const std::string& pick() {
    const double at = std::uniform_real_distribution<>(0, weights_.back())(random_);
    const auto found = std::lower_bound(weights_.begin(), weights_.end(), at);
    return words_[static_cast<std::size_t>(found - weights_.begin())];
  }
  std::string sentence(std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += (i == 0 ? "" : " ") + pick();
    return text;
  }

 private:
  static constexpr std::size_t kCount = 30'000;
  std::mt19937_64& random_;
  std::vector<std::string> words_;
  std::vector<double> weights_;
};

struct Thread {
  std::string subject;
  std::vector<std::string> ids;
  std::int64_t date = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: generate_mail FOLDER MESSAGES [SEED]\n");
    return 2;
  }
  const fs::path folder = argv[1];
  const auto messages = std::strtoull(argv[2], nullptr, 10);
  std::mt19937_64 random(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  Words words(random);
  const auto chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };

  const std::array<std::string, 3> mailboxes = {"Inbox", "Archive", "Lists"};
  for (const auto& mailbox : mailboxes) {
    fs::create_directories(folder / mailbox / "cur");
    fs::create_directories(folder / mailbox / "new");
  }
  std::vector<Thread> threads;
  for (std::uint64_t number = 0; number < messages; ++number) {
    if (threads.empty() || chance(30)) {
      const auto start = 1'450'000'000 + static_cast<std::int64_t>(random() % 315'000'000);
      threads.push_back({words.sentence(3 + random() % 6), {}, start});
    }
    // Replies go to recent threads, so that these stay short.
    auto& thread =
        threads[threads.size() - 1 - random() % std::min<std::size_t>(threads.size(), 50)];
    thread.date += static_cast<std::int64_t>(random() % 40'000);
    const auto person = random() % 500;
    const auto id = fmt::format("{}.{:x}@bench.example.org", number, random());

    std::string text = fmt::format(
        "From: {0} Person{0} <person{0}@bench.example.org>\r\nTo: list@bench.example.net\r\n",
        person);
    text += fmt::format("Subject: {}{}\r\n", thread.ids.empty() ? "" : "Re: ", thread.subject);
    text += fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\nMessage-ID: <{}>\r\n",
                        fmt::gmtime(thread.date), id);
    if (!thread.ids.empty()) {
      text += fmt::format("In-Reply-To: <{}>\r\nReferences:", thread.ids.back());
      for (std::size_t i = thread.ids.size() - std::min<std::size_t>(thread.ids.size(), 10);
           i < thread.ids.size(); ++i) {
        text += fmt::format(" <{}>\r\n", thread.ids[i]);
      }
    }
    const bool attachment = chance(10);
    text += "MIME-Version: 1.0\r\n";
    if (attachment) text += "Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\n";
    text += "Content-Type: text/plain; charset=utf-8\r\n\r\n";
    for (auto line = 10 + random() % 40; line > 0; --line)
      text += words.sentence(8 + random() % 6) + "\r\n";
    if (attachment) {
      text +=
          "--edge\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; "
          "filename=\"" +
          words.pick() + ".bin\"\r\n\r\nbytes\r\n--edge--\r\n";
    }
    thread.ids.push_back(id);

    const bool unread = chance(33);
    const auto& mailbox = mailboxes.at(random() % 10 < 6 ? 0 : 1 + random() % 2);
    const auto name = fmt::format("{}.m{}.bench", thread.date, number);
    const auto flags = fmt::format(":2,{}{}", chance(5) ? "F" : "", unread ? "" : "S");
    std::ofstream(folder / mailbox / "cur" / (name + flags), std::ios::binary) << text;
  }
}
