// The tables of a catalog as two catalogs of the same stores can be compared: in an order that does
// not depend on the numbers in them, and with names in place of numbers.
#pragma once

#include <span>
#include <string_view>

namespace indexer {

enum class Form {
  kPlain,
  kNumber,  // ordered as a number
  kViews,  // numbers of views, of which the names are compared
  kParts,  // threads.views: view, count and newest entry
  kAtMost,  // a number that must not be greater than in the fresh catalog
};

struct ComparedColumn {
  std::string_view name;
  Form form = Form::kPlain;
};

struct ComparedTable {
  std::string_view name;
  // The first column is the document's id, the key follows; ordered by the key.
  std::string_view select;
  std::span<const ComparedColumn> columns;  // without that of the document's id
  std::size_t key_columns = 1;
};

// Whole tables.
[[nodiscard]] std::span<const ComparedTable> compared_tables();
// Lists of one view, whose number is the parameter: of `listing`, and of `sorted`.
[[nodiscard]] const ComparedTable& compared_listing();
[[nodiscard]] const ComparedTable& compared_sorted();

}  // namespace indexer
