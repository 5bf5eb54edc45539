// What hostile files can do to a worker, and what a worker can do. The program is its own worker
// (support/extract_worker_main.cpp), which takes orders.
#include "indexer/extraction/worker.hpp"

#include <chrono>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/indexer/extraction/documents.hpp"

namespace indexer {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

class WorkerTest : public testing::Test {
 protected:
  Extract order(const std::string& order) {
    return worker_.read("order: " + order, FileType::kText);
  }
  void expect_it_goes_on() { EXPECT_EQ(worker_.read("words", FileType::kText).text, "words"); }

  ExtractWorker worker_;
};

TEST_F(WorkerTest, ReadsFilesOneAfterTheOther) {
  EXPECT_EQ(worker_.process(), 0);
  EXPECT_THAT(worker_.read(documents::pdf({"Hello"}), FileType::kPdf).text, HasSubstr("Hello"));
  const auto process = worker_.process();
  EXPECT_NE(process, 0);
  EXPECT_THAT(worker_.read(documents::docx({"World"}), FileType::kOffice).text, HasSubstr("World"));
  EXPECT_NE(worker_.read("nothing", FileType::kPdf).failure, "");
  EXPECT_EQ(worker_.read("", FileType::kText).text, "");
  const std::string large(std::size_t{20} << 20, 'x');
  EXPECT_EQ(worker_.read(large, FileType::kText).text.size(), kMaxExtractBytes);
  EXPECT_EQ(worker_.process(), process);
}

TEST_F(WorkerTest, ACrashIsTheFilesFailureAndNobodyElses) {
  const auto crashed = order("crash");
  EXPECT_THAT(crashed.failure, HasSubstr(kIsSanitized ? "worker" : "signal 11"));
  EXPECT_TRUE(crashed.is_final);
  expect_it_goes_on();
  EXPECT_THAT(order("leave").failure, HasSubstr("ended its worker"));
  expect_it_goes_on();
}

TEST_F(WorkerTest, AWorkerThatIsKilledFromOutsideSaysNothingOfTheFile) {
  expect_it_goes_on();
  kill(worker_.process(), SIGKILL);
  const auto extract = worker_.read("words", FileType::kText);
  EXPECT_FALSE(extract.is_final);
  EXPECT_NE(extract.failure, "");
  expect_it_goes_on();
}

TEST(Worker, WaitingIsNotForEver) {
  ExtractWorker worker("/proc/self/exe", {20s, 300ms});
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(worker.read("order: wait", FileType::kText).failure, HasSubstr("took more than"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
  EXPECT_THAT(worker.read("order: loop", FileType::kText).failure, HasSubstr("took more than"));
}

TEST(Worker, ProcessorTimeIsLimited) {
  ExtractWorker worker("/proc/self/exe", {1s, 300s});
  EXPECT_THAT(worker.read("order: loop", FileType::kText).failure, HasSubstr("processor time"));
  EXPECT_EQ(worker.read("words", FileType::kText).text, "words");
}

TEST_F(WorkerTest, MemoryIsLimited) {
  if (kIsSanitized) GTEST_SKIP() << "sanitizers reserve more addresses than a limit leaves";
  EXPECT_EQ(order("memory").failure, "no memory");
  expect_it_goes_on();
}

TEST_F(WorkerTest, NothingOutsideCanBeReached) {
  for (const char* wanted : {"socket", "fork", "exec", "read", "write"}) {
    const auto answer = order(wanted);
    EXPECT_THAT(answer.text + answer.failure,
                testing::AnyOf(HasSubstr("not permitted"), HasSubstr("denied")))
        << wanted;
  }
}

TEST_F(WorkerTest, TheEnvironmentIsEmptyOfSecrets) {
  setenv("DAVENPORT_TEST_PASSWORD", "secret", 1);
  EXPECT_EQ(order("environment").text, "LC_ALL=C.UTF-8");
  unsetenv("DAVENPORT_TEST_PASSWORD");
}

TEST(Worker, OneThatCannotBeStartedIsNoFailureOfTheFile) {
  ExtractWorker worker("/nowhere/davenport", {});
  EXPECT_THROW(std::ignore = worker.read("words", FileType::kText), std::system_error);
}

TEST(Worker, HostileDocumentsEndInTime) {
  ExtractWorker worker("/proc/self/exe", {2s, 300s});
  std::string loop =
      "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
      "2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000>>endobj\n"
      "trailer<</Root 1 0 R/Prev 9>>\n%%EOF";
  std::ignore = worker.read(loop, FileType::kPdf);
  std::string nested = "%PDF-1.4\n1 0 obj";
  for (int i = 0; i < 500'000; ++i) nested += "[<<";
  std::ignore = worker.read(nested, FileType::kPdf);
  EXPECT_EQ(worker.read("words", FileType::kText).text, "words");
}

}  // namespace
}  // namespace indexer
