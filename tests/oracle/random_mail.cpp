#include "tests/oracle/random_mail.hpp"

#include <fmt/format.h>

#include "tests/oracle/dates.hpp"
#include "tests/oracle/sentences.hpp"
#include "tests/support/support.hpp"

namespace oracle {
namespace {

struct Person {
  const char *name, *email;
};
constexpr Person kPeople[] = {
    {"Ada Davenport", "ada@davenport.example.org"},
    {"Amélie Dupont", "amelie.dupont@exemple.fr"},
    {"Jürgen Groß", "juergen_gross@beispiel.de"},
    {"Иван Петров", "ivan.petrov@example.ru"},
    {"山田太郎", "taro+mail@example.jp"},
    {"Işıl Yıldız", "isil@ornek.com.tr"},
    {"", "no-reply@lists.example.net"},
    {"Søren Ærø", "soeren@eksempel.dk"},
    {"Zoë O'Brien-Łukasz", "zoe.obrien@corporate.example.com"},
    {"Sales (Incorporated)", "sales@incorp.example.com"},
};
constexpr const char* kIdentifiers[] = {"CVE-2024-1234",
                                        "foo_bar",
                                        "v1.2.3",
                                        "user_name",
                                        "https://www.example.org/path/index.html?id=42",
                                        "ada@example.org",
                                        "x86_64",
                                        "10.0.0.1",
                                        "C++",
                                        "naïve",
                                        "ｆｕｌｌｗｉｄｔｈ",
                                        "№5",
                                        "co-operate",
                                        "3,141"};
constexpr const char* kFiles[] = {"report_2019.txt", "Übersicht-März.txt",   "notes.final.txt",
                                  "会議メモ.txt",    "corporate budget.txt", "photo001.png",
                                  "archive.tar.gz"};
constexpr const char* kMailboxes[] = {"Inbox", "Archive", "Sent.2020", "Drafts", "Lists"};

// Of fewer sentences, with identifiers between them, the language is told wrongly now and then.
constexpr std::size_t kToTell = 5;

class Generator {
 public:
  Generator(std::int64_t now, Random& random) : now_(now), random_(random) {}

  [[nodiscard]] std::size_t below(std::size_t bound) { return random_() % bound; }
  template <typename Items>
  [[nodiscard]] const auto& one_of(const Items& items) {
    return items[below(std::size(items))];
  }

  struct Written {
    std::string raw;
    Message message;
  };
  [[nodiscard]] Written message(std::size_t number) {
    Written made;
    auto& m = made.message;
    const auto& language = one_of(kLanguages);
    m.date = now_ - 60 - age();
    const auto id = fmt::format("{}.{}@example.org", number, below(1'000'000));
    m.message_ids = {id};
    const auto subject = choose_subject(language);
    auto& raw = made.raw;
    raw = people("From", 1, m) + people("To", 1 + below(3), m);
    if (below(3) == 0) raw += people("Cc", 1 + below(2), m);
    if (below(8) == 0) raw += people("Bcc", 1, m);
    raw += fmt::format("Subject: {}\r\nDate: {}\r\nMessage-ID: <{}>\r\n", subject, rfc_date(m.date),
                       id);
    m.fields["subject"].emplace_back(subject);
    if (parent_) raw += fmt::format("In-Reply-To: <{0}>\r\nReferences: <{0}>\r\n", *parent_);
    if (below(5) == 0) {
      const auto list = fmt::format("Dev-Talk <dev{}.lists.example.net>", below(3));
      raw += fmt::format("List-Id: {}\r\n", list);
      m.fields["list"].emplace_back(list);
    }
    raw += "MIME-Version: 1.0\r\n" + body_and_attachments(language, m);
    m.size = raw.size();
    recent_.emplace_back(id, subject);
    return made;
  }

 private:
  // Of the last days, of the last weeks, or of the last twelve years.
  std::int64_t age() {
    constexpr std::int64_t kDay = 86'400;
    constexpr std::int64_t kAges[] = {15 * kDay, 60 * kDay, 12 * 365 * kDay};
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(one_of(kAges)));
  }

  std::string choose_subject(const Language& language) {
    parent_.reset();
    if (!recent_.empty() && below(3) == 0) {
      const auto& [id, subject] =
          recent_[recent_.size() - 1 - below(std::min<std::size_t>(recent_.size(), 30))];
      parent_ = id;
      return subject.starts_with("Re: ") ? subject : "Re: " + subject;
    }
    std::string subject = one_of(language.sentences);
    return below(4) == 0 ? fmt::format("[{}] {}", one_of(kIdentifiers), subject) : subject;
  }

  std::string people(const std::string& field, std::size_t count, Message& m) {
    std::string line = field + ": ";
    auto& passages = m.fields[field == "From" ? "from"
                              : field == "To" ? "to"
                              : field == "Cc" ? "cc"
                                              : "bcc"];
    for (std::size_t i = 0; i < count; ++i) {
      const auto& person = one_of(kPeople);
      const std::string name = person.name;
      if (i > 0) line += ",\r\n ";
      line +=
          name.empty() ? std::string(person.email) : fmt::format("\"{}\" <{}>", name, person.email);
      if (!name.empty()) passages.emplace_back(name);
      passages.emplace_back(person.email);
    }
    return line + "\r\n";
  }

  std::string text(const Language& language, std::size_t sentences) {
    std::string text;
    for (std::size_t i = 0; i < sentences; ++i) {
      text += one_of(language.sentences);
      text += below(3) == 0 ? "\r\n\r\n" : "\r\n";
      if (below(3) == 0) text += fmt::format("{}\r\n", one_of(kIdentifiers));
    }
    return text;
  }

  std::string body_and_attachments(const Language& language, Message& m) {
    const auto sentences = 3 + below(5);
    const auto body = text(language, sentences);
    if (sentences >= kToTell) m.language = language.code;
    m.fields["body"].emplace_back(body);
    const std::string text_part =
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body;
    const auto files = below(4) == 0 ? 1 + below(2) : 0;
    if (files == 0) return text_part;
    m.has_attachment = true;
    std::string raw =
        "Content-Type: multipart/mixed; boundary=\"=_x\"\r\n\r\n--=_x\r\n" + text_part;
    for (std::size_t i = 0; i < files; ++i) {
      const std::string name = one_of(kFiles);
      const bool has_text = name.ends_with(".txt");
      const std::string type = has_text                 ? "text/plain"
                               : name.ends_with(".png") ? "image/png"
                                                        : "application/gzip";
      const auto content = has_text ? text(language, 2) : std::string("\x01\x02\x03");
      raw += fmt::format(
          "\r\n--=_x\r\nContent-Type: {}; charset=utf-8\r\nContent-Disposition: attachment; "
          "filename=\"{}\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
          type, name, content);
      m.fields["filename"].emplace_back(name);
      m.fields["type"].emplace_back(type);
      if (has_text) m.fields["attachment"].emplace_back(content);
    }
    return raw + "\r\n--=_x--\r\n";
  }

  static std::string rfc_date(std::int64_t seconds) {
    constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const Day day = day_of(seconds);
    const auto rest = seconds - seconds_of(day);
    return fmt::format("{} {} {:04} {:02}:{:02}:{:02} +0000", day.day, kMonths[day.month - 1],
                       day.year, rest / 3'600, rest / 60 % 60, rest % 60);
  }

  std::int64_t now_;
  Random& random_;
  std::optional<std::string> parent_;
  std::vector<std::pair<std::string, std::string>> recent_;  // id and subject
};

}  // namespace

MailByBytes write_random_mail(const std::filesystem::path& folder, std::size_t count,
                              std::int64_t now, Random& random) {
  MailByBytes mail;
  Generator generator(now, random);
  for (std::size_t number = 0; number < count; ++number) {
    auto [raw, message] = generator.message(number);
    const std::string mailbox = generator.one_of(kMailboxes);
    std::string flags;
    for (const char flag :
         {'F', 'P', 'R', 'S'}) {  // in their alphabetic order, as Maildirs have them
      if (generator.below(3) == 0) flags += flag;
    }
    support::write_file(
        folder / ("." + mailbox) / "cur" / fmt::format("{}.test:2,{}", number, flags), raw);
    mail.emplace(std::move(raw), std::move(message));
  }
  return mail;
}

std::set<std::string> languages_of_random_mail() {
  std::set<std::string> codes;
  for (const auto& language : kLanguages) codes.insert(language.code);
  return codes;
}

}  // namespace oracle
