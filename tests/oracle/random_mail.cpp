#include "tests/oracle/random_mail.hpp"

#include <fmt/format.h>

#include "tests/oracle/dates.hpp"
#include "tests/oracle/random_text.hpp"
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
constexpr const char* kFiles[] = {"report_2019.txt", "Übersicht-März.txt",   "notes.final.txt",
                                  "会議メモ.txt",    "corporate budget.txt", "photo001.png",
                                  "archive.tar.gz"};
constexpr const char* kMailboxes[] = {"Inbox", "Archive", "Sent.2020", "Drafts", "Lists"};

class Generator : public RandomText {
 public:
  Generator(std::int64_t now, Random& random) : RandomText(random), now_(now) {}

  struct Written {
    std::string raw;
    Entry entry;
  };
  [[nodiscard]] Written message(std::size_t number) {
    Written made;
    auto& m = made.entry;
    const auto& language = this->language();
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
    raw += headers(m) + "MIME-Version: 1.0\r\n" + body_and_attachments(language, m);
    m.size = raw.size();
    recent_.emplace_back(id, subject);
    return made;
  }

 private:
  std::string choose_subject(const Language& language) {
    parent_.reset();
    if (!recent_.empty() && below(3) == 0) {
      const auto& [id, subject] =
          recent_[recent_.size() - 1 - below(std::min<std::size_t>(recent_.size(), 30))];
      parent_ = id;
      return subject.starts_with("Re: ") ? subject : "Re: " + subject;
    }
    std::string subject = one_of(language.sentences);
    return below(4) == 0 ? fmt::format("[{}] {}", identifier(), subject) : subject;
  }

  // One of a few, or of many with names alike.
  std::pair<std::string, std::string> person() {
    if (below(3) > 0) {
      const auto& known = one_of(kPeople);
      return {known.name, known.email};
    }
    const auto number = below(60);
    return {fmt::format("Reader {}", number), fmt::format("reader{}@example.org", number)};
  }

  // Some of those that are indexed, one of them twice or without a text now and then.
  std::string headers(Entry& m) {
    std::string lines;
    while (below(2) == 0) {
      const std::string name = one_of(kIndexedHeaders);
      const auto value =
          below(8) == 0 ? "" : fmt::format("{} {}", identifier(), one_of(kPeople).name);
      lines += fmt::format("{}: {}\r\n", name, value);
      m.headers.insert(name);
      m.fields["header:" + name].emplace_back(value);
    }
    return lines;
  }

  std::string people(const std::string& field, std::size_t count, Entry& m) {
    std::string line = field + ": ";
    auto& passages = m.fields[field == "From" ? "from"
                              : field == "To" ? "to"
                              : field == "Cc" ? "cc"
                                              : "bcc"];
    for (std::size_t i = 0; i < count; ++i) {
      const auto [name, email] = person();
      if (i > 0) line += ",\r\n ";
      line += name.empty() ? email : fmt::format("\"{}\" <{}>", name, email);
      passages.emplace_back(name + " " + email);
      if (field == "From") m.sender = name.empty() ? email : name;
    }
    return line + "\r\n";
  }

  std::string body_and_attachments(const Language& language, Entry& m) {
    const auto sentences = 3 + below(5);
    const auto body = text(language, sentences);
    m.language = language_told(language, sentences);
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
  std::optional<std::string> parent_;
  std::vector<std::pair<std::string, std::string>> recent_;  // id and subject
};

}  // namespace

MailByBytes random_mail(std::size_t count, std::int64_t now, Random& random) {
  MailByBytes mail;
  Generator generator(now, random);
  for (std::size_t number = 0; number < count; ++number) {
    auto [raw, entry] = generator.message(number);
    mail.emplace(std::move(raw), std::move(entry));
  }
  return mail;
}

void write_maildirs(const std::vector<std::filesystem::path>& folders, const MailByBytes& mail,
                    Random& random) {
  for (const auto& folder : folders) {
    for (const char* part : {"cur", "new", "tmp"})
      std::filesystem::create_directories(folder / part);
  }
  RandomText chance(random);
  std::size_t number = 0;
  for (const auto& [raw, entry] : mail) {
    const std::string mailbox = chance.one_of(kMailboxes);
    std::string flags;
    for (const char flag :
         {'D', 'F', 'P', 'R', 'S'}) {  // in their alphabetic order, as Maildirs have them
      if (chance.below(3) == 0) flags += flag;
    }
    support::write_file(chance.one_of(folders) / ("." + mailbox) / "cur" /
                            fmt::format("{}.test:2,{}", number++, flags),
                        raw);
  }
}

std::set<std::string> languages_of_random_mail() {
  std::set<std::string> codes;
  for (const auto& language : kLanguages) codes.insert(language.code);
  return codes;
}

}  // namespace oracle
