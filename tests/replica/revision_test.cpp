#include "replica/revision.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <stdexcept>

namespace replica {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Leaf leaf(std::string_view rev, std::vector<std::string> ancestors = {}, bool deleted = false,
          std::int64_t body = 0) {
  return {*RevId::parse(rev), std::move(ancestors), deleted, body};
}

std::vector<std::string> revs(const RevisionTree& tree) {
  std::vector<std::string> result;
  for (const auto& known : tree.leaves()) result.push_back(known.rev.to_string());
  return result;
}

TEST(RevId, ComesOutAsItWasWritten) {
  for (const char* text : {"1-a", "3-2b9e77bd5c1e4a3f8c7d6e5f4a3b2c1d", "18446744073709551615-x",
                           "2-a-b", "1- ,\n%"}) {
    const auto rev = RevId::parse(text);
    ASSERT_TRUE(rev) << text;
    EXPECT_EQ(rev->to_string(), text);
  }
}

TEST(RevId, RefusesWhatIsNone) {
  for (const char* text : {"", "-", "1", "1-", "-a", "0-a", "01-a", "+1-a", " 1-a", "1 -a", "a-1",
                           "18446744073709551616-x"}) {
    EXPECT_FALSE(RevId::parse(text)) << text;
  }
}

TEST(RevId, IsOrderedByGenerationThenDigest) {
  EXPECT_LT(*RevId::parse("2-f"), *RevId::parse("10-a"));
  EXPECT_LT(*RevId::parse("2-a"), *RevId::parse("2-b"));
  EXPECT_LT(*RevId::parse("2-a"), *RevId::parse("2-ab"));
}

TEST(RevisionTree, WinnerIsCouchDBs) {
  const struct {
    std::vector<Leaf> leaves;
    const char* winner;
    int conflicts;
  } cases[] = {
      {{leaf("1-a")}, "1-a", 0},
      {{leaf("1-a"), leaf("1-b")}, "1-b", 1},
      {{leaf("2-a"), leaf("1-b")}, "2-a", 1},
      {{leaf("10-a"), leaf("9-b")}, "10-a", 1},
      {{leaf("5-a", {}, true), leaf("1-b")}, "1-b", 0},
      {{leaf("5-a", {}, true), leaf("6-b", {}, true)}, "6-b", 0},
      {{leaf("2-a"), leaf("2-b"), leaf("2-c"), leaf("3-d", {}, true)}, "2-c", 2},
  };
  for (const auto& row : cases) {
    RevisionTree tree;
    for (const auto& known : row.leaves) EXPECT_TRUE(tree.graft(known).added);
    EXPECT_EQ(tree.winner()->rev.to_string(), row.winner);
    EXPECT_EQ(tree.conflicts(), row.conflicts) << row.winner;
  }
  EXPECT_EQ(RevisionTree().winner(), nullptr);
  EXPECT_EQ(RevisionTree().conflicts(), 0);
}

TEST(RevisionTree, SuccessorReplacesItsAncestor) {
  RevisionTree tree;
  tree.graft(leaf("1-a", {}, false, 7));
  tree.graft(leaf("2-x", {"b"}, false, 8));
  const auto grafted = tree.graft(leaf("3-c", {"d", "a"}));
  EXPECT_TRUE(grafted.added);
  EXPECT_THAT(grafted.replaced, ElementsAre(7));
  EXPECT_THAT(revs(tree), ElementsAre("3-c", "2-x"));
}

TEST(RevisionTree, AncestorChangesNothing) {
  RevisionTree tree;
  tree.graft(leaf("3-c", {"b", "a"}));
  for (const char* known : {"1-a", "2-b", "3-c"}) {
    EXPECT_TRUE(tree.contains(*RevId::parse(known))) << known;
    EXPECT_FALSE(tree.graft(leaf(known)).added) << known;
  }
  EXPECT_FALSE(tree.contains(*RevId::parse("2-a")));
  EXPECT_THAT(revs(tree), ElementsAre("3-c"));
}

TEST(RevisionTree, DeletedLeafIsKept) {
  RevisionTree tree;
  tree.graft(leaf("2-gone", {"a"}, true));
  tree.graft(leaf("2-live", {"a"}));
  EXPECT_THAT(revs(tree), ElementsAre("2-live", "2-gone"));
  tree.graft(leaf("3-gone", {"live", "a"}, true));
  EXPECT_THAT(revs(tree), ElementsAre("3-gone", "2-gone"));
}

// 5-e and 2-b look like a conflict until 4-d tells that one descends from the other.
TEST(RevisionTree, KnownRevisionCanJoinHistories) {
  RevisionTree tree;
  tree.graft(leaf("5-e", {"d", "c"}));
  tree.graft(leaf("2-b", {}, false, 9));
  EXPECT_EQ(tree.conflicts(), 1);
  const auto grafted = tree.graft(leaf("4-d", {"c", "b"}));
  EXPECT_FALSE(grafted.added);
  EXPECT_THAT(grafted.replaced, ElementsAre(9));
  EXPECT_THAT(revs(tree), ElementsAre("5-e"));
}

TEST(RevisionTree, HistoryLongerThanGenerationsIsCut) {
  RevisionTree tree;
  tree.graft(leaf("2-b", {"a", "z", "y"}));
  EXPECT_THAT(tree.winner()->ancestors, ElementsAre("a"));
  EXPECT_THROW(tree.graft(Leaf{}), std::invalid_argument);
}

TEST(RevisionTree, EncodingComesBack) {
  RevisionTree tree;
  tree.graft(leaf("3-c", {"b", "a"}, false, 12));
  tree.graft(leaf("2-a b,c%\nd", {"a,"}, true, 13));
  tree.graft(leaf("2-x", {""}, false, 14));
  EXPECT_EQ(RevisionTree::decode(tree.encode()), tree) << tree.encode();
  EXPECT_EQ(RevisionTree::decode(""), RevisionTree());
  RevisionTree one;
  one.graft(leaf("2-b", {"a"}, false, 5));
  EXPECT_EQ(one.encode(), "2-b live 5 a\n");
}

TEST(RevisionTree, DecodingRefusesWhatEncodingDidNotWrite) {
  for (const char* text :
       {"x", "\n", "2-b live 5 a", "2-b alive 5 a\n", "0-b live 5 \n", "2-b live x a\n",
        "2-b live -1 a\n", "1-b live 5 a\n", "3-b live 5 a,\n", "3-b live 5 ,a\n", "2-b live 5\n",
        "2- live 5 a\n", "2-b live 5 %2\n", "2-b live 5 %zz\n", "1-a live 1 \n2-b live 2 \n"}) {
    EXPECT_THROW(static_cast<void>(RevisionTree::decode(text)), std::invalid_argument) << text;
  }
}

// Random trees whose revisions arrive with more or less of their history: whatever the order, the
// leaves are those revisions that none of the others descends from, as far as all histories
// together tell.
class ArrivalOrder : public testing::TestWithParam<unsigned> {};

TEST_P(ArrivalOrder, GivesTheSameLeaves) {
  std::mt19937 random(GetParam());
  const auto below = [&random](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  std::vector<std::vector<std::string>> paths;  // each with all of its ancestors, newest first
  std::vector<Leaf> arrivals;
  const std::size_t count = 2 + below(11);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::string> path{"d" + std::to_string(i)};
    if (!paths.empty() && below(6) != 0) {
      const auto& parent = paths[below(paths.size())];
      path.insert(path.end(), parent.begin(), parent.end());
    }
    std::vector<std::string> remembered(path.begin() + 1, path.end());
    remembered.resize(below(remembered.size() + 1));
    arrivals.push_back(
        {{path.size(), path.front()}, remembered, below(4) == 0, static_cast<std::int64_t>(i)});
    paths.push_back(std::move(path));
  }

  std::map<std::string, std::string> parents;
  for (const auto& arrival : arrivals) {
    const std::string* child = &arrival.rev.digest;
    for (const auto& ancestor : arrival.ancestors) {
      parents[*child] = ancestor;
      child = &ancestor;
    }
  }
  std::set<std::string> expected;
  for (const auto& arrival : arrivals) expected.insert(arrival.rev.digest);
  for (const auto& arrival : arrivals) {
    for (auto at = parents.find(arrival.rev.digest); at != parents.end();
         at = parents.find(at->second)) {
      expected.erase(at->second);
    }
  }

  std::string first;
  for (int round = 0; round < 20; ++round) {
    std::shuffle(arrivals.begin(), arrivals.end(), random);
    RevisionTree tree;
    for (const auto& arrival : arrivals) tree.graft(arrival);
    std::set<std::string> found;
    for (const auto& known : tree.leaves()) found.insert(known.rev.digest);
    ASSERT_EQ(found, expected);
    if (round == 0) first = tree.encode();
    ASSERT_EQ(tree.encode(), first);
    for (const auto& arrival : arrivals) {
      ASSERT_TRUE(tree.contains(arrival.rev));
      ASSERT_FALSE(tree.graft(arrival).added);
    }
    ASSERT_EQ(tree.encode(), first);
  }
}

INSTANTIATE_TEST_SUITE_P(Random, ArrivalOrder, testing::Range(0U, 200U));

}  // namespace
}  // namespace replica
