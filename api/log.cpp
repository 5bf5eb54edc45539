#include "api/log.hpp"

#include <chrono>
#include <cstdlib>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <memory>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/json_writer.hpp"

namespace api {
namespace {

// The JSON members of an event come before its text, between two of these.
constexpr char kMark = '\x1e';

// "<major>:<minor>" of what the journal connected as standard error.
bool is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

// Syslog's.
int priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return 7;
    case spdlog::level::warn:
      return 4;
    case spdlog::level::err:
      return 3;
    case spdlog::level::critical:
      return 2;
    default:
      return 6;
  }
}

std::string time_of(const spdlog::details::log_msg& message) {
  using std::chrono::milliseconds;
  const auto since = std::chrono::duration_cast<milliseconds>(message.time.time_since_epoch());
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(spdlog::log_clock::to_time_t(message.time)),
                     since.count() % 1'000);
}

struct Parts {
  std::string_view members;  // JSON, without braces; empty: no event of ours
  std::string_view text;
};

Parts parts_of(const spdlog::details::log_msg& message) {
  const std::string_view payload(message.payload.data(), message.payload.size());
  if (payload.empty() || payload.front() != kMark) return {{}, payload};
  const auto end = payload.find(kMark, 1);
  return {payload.substr(1, end - 1), payload.substr(end + 1)};
}

class LineFormatter : public spdlog::formatter {
 public:
  LineFormatter(bool is_json, bool is_for_journal)
      : is_json_(is_json), is_for_journal_(is_for_journal) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line;
    if (is_for_journal_) line = fmt::format("<{}>", priority_of(message.level));
    is_json_ ? add_json(message, line) : add_text(message, line);
    line += '\n';
    out.append(line.data(), line.data() + line.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(is_json_, is_for_journal_);
  }

 private:
  void add_json(const spdlog::details::log_msg& message, std::string& line) const {
    const Parts parts = parts_of(message);
    mail::JsonWriter json(line);
    json.begin_object();
    if (!is_for_journal_) json.key("time").string(time_of(message));
    json.key("level").string(level_name(message.level));
    if (parts.members.empty()) {
      json.key("event").string("message");
    } else {
      line += ',';
      line += parts.members;
    }
    json.key("message").string(parts.text).end_object();
  }

  // One line, whatever a source or a file's name brings along.
  void add_text(const spdlog::details::log_msg& message, std::string& line) const {
    constexpr unsigned char kFirstPrintable = 0x20, kDelete = 0x7f;
    if (!is_for_journal_)
      line += fmt::format("{} {} ", time_of(message), level_name(message.level));
    for (const char c : parts_of(message).text) {
      const auto byte = static_cast<unsigned char>(c);
      line += byte < kFirstPrintable || byte == kDelete ? ' ' : c;
    }
  }

  static std::string level_name(spdlog::level::level_enum level) {
    const auto name = spdlog::level::to_string_view(level);
    return {name.data(), name.size()};
  }

  bool is_json_;
  bool is_for_journal_;
};

spdlog::level::level_enum level_named(const std::string& name) {
  if (name == "debug") return spdlog::level::debug;
  if (name == "warning") return spdlog::level::warn;
  return name == "error" ? spdlog::level::err : spdlog::level::info;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kInfo:
      break;
  }
  return spdlog::level::info;
}

}  // namespace

void prepare_log() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("davenport"));
  LogConfig config;
  config.level = "warning";  // a command says itself what it does
  configure_log(config);
}

void configure_log(const LogConfig& config) {
  spdlog::set_formatter(std::make_unique<LineFormatter>(config.is_json, is_journal()));
  spdlog::set_level(level_named(config.level));
}

void log_event(Level level, std::string_view event, std::string_view text,
               const std::vector<std::pair<std::string_view, std::string>>& fields) {
  const auto wanted = spdlog_level(level);
  if (!spdlog::should_log(wanted)) return;
  std::string members;
  mail::JsonWriter json(members);
  json.begin_object().key("event").string(event);
  for (const auto& [name, value] : fields) json.key(name).string(value);
  members.erase(0, 1);  // the brace
  spdlog::log(wanted, "{}{}{}{}", kMark, members, kMark, text);
}

}  // namespace api
