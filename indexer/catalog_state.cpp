#include "indexer/catalog_state.hpp"

#include "embedded/catalog_sql.hpp"

namespace indexer {

Catalog::State::State(std::filesystem::path path, replica::sqlite::Access access)
    : file(std::move(path)),
      writer(access == replica::sqlite::Access::kReadWrite ? std::make_unique<Writer>(file)
                                                           : nullptr),
      readers([this] { return std::make_unique<Reader>(file); }) {
  if (access == replica::sqlite::Access::kReadOnly) {
    Connection connection(file, access, replica::sqlite::Durability::kNormal);
    replica::sqlite::open_schema(connection, access, kCatalogFormat, embedded::catalog_sql);
  }
}

Writer& Catalog::State::writing() {
  if (!writer) throw replica::sqlite::read_only(file);
  return *writer;
}

}  // namespace indexer
