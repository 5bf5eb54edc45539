// What lines of the log look like, by what a child process writes.
#include "api/log.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::string logged(const api::LogConfig& config, const std::function<void()>& work) {
  static const bool is_prepared = (api::prepare_log(), true);
  static_cast<void>(is_prepared);
  testing::internal::CaptureStderr();
  api::configure_log(config);
  work();
  auto text = testing::internal::GetCapturedStderr();
  api::configure_log({"error", false});
  return text;
}

void say_hello() {
  api::log_event(api::Level::kWarning, "hello", "it says \"hello\"\nand more",
                 {{"account", "ada"}});
}

TEST(Log, TextIsALineWithTimeAndLevel) {
  EXPECT_THAT(
      logged({"info", false}, say_hello),
      MatchesRegex("[0-9-]{10}T[0-9:]{8}[.][0-9]{3}Z warning it says \"hello\" and more\n"));
}

TEST(Log, JsonHasTheFieldsOfTheEvent) {
  const auto line = logged({"info", true}, say_hello);
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  ASSERT_TRUE(parsed.is_object()) << line;
  EXPECT_EQ(parsed["event"], "hello");
  EXPECT_EQ(parsed["level"], "warning");
  EXPECT_EQ(parsed["account"], "ada");
  EXPECT_EQ(parsed["message"], "it says \"hello\"\nand more");
  const auto other =
      nlohmann::json::parse(logged({"info", true}, [] { spdlog::info("plain"); }), nullptr, false);
  EXPECT_EQ(other["event"], "message");
  EXPECT_EQ(other["message"], "plain");
}

TEST(Log, WhatIsBelowTheLevelIsNotSaid) {
  EXPECT_EQ(logged({"error", false}, say_hello), "");
  EXPECT_NE(logged({"debug", false}, say_hello), "");
}

}  // namespace
