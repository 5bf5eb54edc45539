// How much of the words of real documents our extraction finds, against what other programs read of them, and how fast.
//
//   documents_report FOLDER [SCRATCH]
//
// Of each file the words are compared, each once, with those that `pdftotext`, `libreoffice --convert-to txt` or a file "<name>.txt"
// beside it gives; of HTML and text with those of libreoffice and the file itself. Where nobody else has words, a file only counts
// for speed. Files are read by a worker process, as the index reads them. Then all of them become files of an account, and some words
// that others read of each are searched for.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "indexer/account.hpp"
#include "indexer/analyzer.hpp"
#include "indexer/extraction/worker.hpp"
#include "indexer/extraction/worker_process.hpp"
#include "replica/blobs.hpp"

namespace {

namespace fs = std::filesystem;
using Words = std::set<std::string>;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kTypes[] = {"pdf", "docx", "xlsx", "pptx", "odt",
                                       "ods", "odp",  "rtf",  "html", "txt"};
constexpr double kPoor = 0.95;  // recall under which a file is named

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Words words_of(std::string_view text) {
  const auto words = indexer::words_of(text);
  return {words.begin(), words.end()};
}

std::string quoted(const fs::path& path) {
  std::string out = "'";
  for (const char c : path.string()) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// What it could not do is seen by what is missing.
void run(const std::string& command) { std::ignore = std::system(command.c_str()); }

// What others read of a file.
struct Expected {
  fs::path file;
  std::string extension;
  Words words;
};

// Where the text that another program makes of the file with that number comes to lie; it stays for the next run.
fs::path converted(const fs::path& scratch, std::size_t number) {
  return scratch / "converted" / fmt::format("{}.txt", number);
}

void read_pdf(const fs::path& pdf, const fs::path& to) {
  run(fmt::format("timeout 60 pdftotext -q {} {}", quoted(pdf), quoted(to)));
}

// All files of one type at once: libreoffice takes longer to start than to read.
void convert(const std::vector<Expected>& all, const std::string& extension,
             const fs::path& scratch) {
  std::string files;
  fs::create_directories(scratch / "originals");
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].extension != extension || fs::exists(converted(scratch, i))) continue;
    const auto copy = scratch / "originals" / fmt::format("{}.{}", i, extension);
    fs::copy_file(all[i].file, copy, fs::copy_options::overwrite_existing);
    if (extension == "pdf") {
      read_pdf(copy, converted(scratch, i));
    } else {
      files += " " + quoted(copy);
    }
  }
  if (files.empty() || extension == "txt") return;
  // There is no text filter for slides.
  const bool is_sheet = extension == "ods" || extension == "xlsx";
  const bool are_slides = extension == "odp" || extension == "pptx";
  const char* filter = is_sheet     ? "'txt:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true'"
                       : are_slides ? "pdf"
                                    : "txt:Text";
  run(
      fmt::format("timeout 900 soffice -env:UserInstallation=file://{} --headless --convert-to {} "
                  "--outdir {}{} >/dev/null 2>&1",
                  (scratch / "profile").string(), filter, quoted(scratch / "converted"), files));
  if (!are_slides) return;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto pdf = converted(scratch, i);
    pdf.replace_extension("pdf");
    if (fs::exists(pdf)) read_pdf(pdf, converted(scratch, i));
  }
}

std::optional<std::string> expected_text(const Expected& one, std::size_t number,
                                         const fs::path& scratch) {
  const fs::path beside = one.file.string() + ".txt";
  if (fs::exists(beside)) return read_file(beside);
  if (one.extension == "txt") return read_file(one.file);
  if (!fs::exists(converted(scratch, number))) return std::nullopt;
  return read_file(converted(scratch, number));
}

struct Sum {
  int files = 0, failed = 0, compared = 0;
  std::size_t expected = 0, found = 0, bytes = 0;
  std::size_t searched = 0,
              hit = 0;  // words of the sample, and searches that had the file among their hits
  double seconds = 0;
};

Words report_file(const Expected& one, std::size_t number, const fs::path& scratch,
                  indexer::ExtractWorker& worker, Sum& sum) {
  const auto name = one.file.filename().string();
  const std::string bytes = read_file(one.file);
  const auto type = indexer::file_type("application/octet-stream", name);
  const auto began = Clock::now();
  const auto extract = worker.read(bytes, type);
  sum.seconds += std::chrono::duration<double>(Clock::now() - began).count();
  ++sum.files;
  sum.bytes += bytes.size();
  if (!extract.failure.empty()) {
    ++sum.failed;
    fmt::print("  {}: {}\n", name, extract.failure);
  }
  const auto expected_utf8 = expected_text(one, number, scratch);
  if (!expected_utf8) return {};
  const Words expected = words_of(*expected_utf8), ours = words_of(extract.text);
  if (expected.empty()) return {};
  std::vector<std::string> missing;
  std::set_difference(expected.begin(), expected.end(), ours.begin(), ours.end(),
                      std::back_inserter(missing));
  ++sum.compared;
  sum.expected += expected.size();
  sum.found += expected.size() - missing.size();
  const double recall =
      1 - static_cast<double>(missing.size()) / static_cast<double>(expected.size());
  if (recall >= kPoor) return expected;
  fmt::print("  {}: {:.3f} of {} words, without", name, recall, expected.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(missing.size(), 8); ++i)
    fmt::print(" {}", missing[i]);
  fmt::print("\n");
  return expected;
}

// ── The same by search ──

constexpr std::size_t kSample = 20;  // words of a file, spread over its words

void put_files(indexer::Account& account, const std::vector<Expected>& all) {
  replica::Batch batch;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string bytes = read_file(all[i].file);
    const replica::Blobs::Blob blob{replica::blob_digest(bytes), bytes};
    account.stores().blobs().put({&blob, 1});
    batch.revisions.push_back(
        {fmt::format("{}", i),
         *replica::RevId::parse("1-x"),
         {},
         false,
         fmt::format(R"({{"_id":"{}","type":"file","name":"x.{}","md5sum":"{}","size":{}}})", i,
                     all[i].extension, blob.digest.substr(4), bytes.size())});
  }
  account.stores().create(mail::Doctype::kFiles).commit(batch);
}

bool finds(const indexer::Account& account, const std::string& word, std::size_t number) {
  const auto query = indexer::parse_query("body:" + word);
  if (!query) return false;
  indexer::SearchRequest request;
  request.query = &*query;
  request.limit = 1'000;
  const auto answer = account.search(request, false);
  const std::string id = fmt::format(R"("docId":"{}")", number);
  return answer && std::any_of(answer->hits.begin(), answer->hits.end(), [&](const auto& hit) {
           return hit.row.find(id) != std::string::npos;
         });
}

void search_sample(const std::vector<Expected>& all, const fs::path& scratch,
                   std::map<std::string, Sum>& sums) {
  fs::remove_all(scratch / "account");
  indexer::Account account(scratch / "account", "report", replica::sqlite::Access::kReadWrite);
  put_files(account, all);
  indexer::Progress progress;
  const auto began = Clock::now();
  account.reindex(progress);
  fmt::print("\n{} files indexed in {:.2f} s", all.size(),
             std::chrono::duration<double>(Clock::now() - began).count());
  const auto again = Clock::now();
  account.reindex(progress);
  fmt::print(", again with known texts in {:.2f} s\n",
             std::chrono::duration<double>(Clock::now() - again).count());
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& sum = sums[all[i].extension];
    const std::size_t step = std::max<std::size_t>(1, all[i].words.size() / kSample);
    std::size_t place = 0;
    for (const auto& word : all[i].words) {
      if (place++ % step != 0) continue;
      ++sum.searched;
      if (finds(account, word, i)) ++sum.hit;
    }
  }
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void print_table(const std::map<std::string, Sum>& sums) {
  fmt::print("\n{:5} {:>6} {:>7} {:>9} {:>9} {:>7} {:>9} {:>7} {:>8} {:>6}\n", "type", "files",
             "failed", "compared", "words", "recall", "searched", "found", "files/s", "MB/s");
  for (const auto type : kTypes) {
    const auto found = sums.find(std::string(type));
    if (found == sums.end()) continue;
    const auto& sum = found->second;
    fmt::print("{:5} {:>6} {:>7} {:>9} {:>9} {:>7.4f} {:>9} {:>7.4f} {:>8.0f} {:>6.1f}\n", type,
               sum.files, sum.failed, sum.compared, sum.expected, share(sum.found, sum.expected),
               sum.searched, share(sum.hit, sum.searched), sum.files / sum.seconds,
               static_cast<double>(sum.bytes) / 1e6 / sum.seconds);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: documents_report FOLDER [SCRATCH]\n");
    return 2;
  }
  if (argc == 2 && std::string_view(argv[1]) == indexer::kWorkerArgument)
    indexer::run_extract_worker(indexer::extract_text);
  const fs::path scratch = argc > 2 ? argv[2] : "/tmp/documents_report";
  fs::create_directories(scratch);
  indexer::ExtractWorker worker;
  std::ignore = worker.read("ready", indexer::FileType::kText);  // so that its start does not count
  std::vector<Expected> all;
  for (const auto& item : fs::recursive_directory_iterator(argv[1])) {
    const auto extension = item.path().extension().string();
    if (!item.is_regular_file() || extension.size() < 2) continue;
    if (std::find(std::begin(kTypes), std::end(kTypes), extension.substr(1)) != std::end(kTypes))
      all.push_back({item.path(), extension.substr(1), {}});
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.file < b.file; });
  std::map<std::string, Sum> sums;
  fs::create_directories(scratch / "converted");
  for (const auto type : kTypes) convert(all, std::string(type), scratch);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i].words = report_file(all[i], i, scratch, worker, sums[all[i].extension]);
  search_sample(all, scratch, sums);
  print_table(sums);
}
