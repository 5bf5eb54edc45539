#include "indexer/sort_keys.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <iterator>

namespace indexer {
namespace {

std::string subject_key(const std::string& subject) {
  mail::MetadataDocument message;
  message.subject = subject;
  const auto at = std::find(std::begin(kKeySorts), std::end(kKeySorts), Sort::kSubject);
  return sort_keys(message, {0, "id"})[static_cast<std::size_t>(at - std::begin(kKeySorts))];
}

TEST(SortKeys, TextsAreOrderedToTheirEnds) {
  const std::string begin = "drm/amd/display: add support for the second pipe of ";
  EXPECT_LT(subject_key(begin + "DCN31"), subject_key(begin + "dcn32"));
  EXPECT_LT(subject_key("Поздравляем с наступающим Новым годом, Анна"),
            subject_key("Поздравляем с наступающим Новым годом, Яна"));
  EXPECT_LT(subject_key("年末年始休業のお知らせ（東京本社）"),
            subject_key("年末年始休業のお知らせ（東京本社）の件"));
}

TEST(SortKeys, OfAVeryLongTextTheBeginningCounts) {
  const std::string long_text(1'000'000, 'x');
  EXPECT_EQ(subject_key(long_text), subject_key(long_text + "y"));
  EXPECT_LT(subject_key(long_text).size(), 300U);
}

}  // namespace
}  // namespace indexer
