// What an open catalog keeps between calls; shared by the sources that implement it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "indexer/catalog.hpp"
#include "indexer/catalog_reader.hpp"
#include "indexer/catalog_writer.hpp"
#include "indexer/page_cache.hpp"
#include "replica/pool.hpp"

namespace indexer {

struct Catalog::State {
  State(std::filesystem::path path, replica::sqlite::Access access);

  // Throws when the catalog was opened for reading.
  [[nodiscard]] Writer& writing();

  std::filesystem::path file;
  std::unique_ptr<Writer> writer;
  replica::Pool<Reader> readers;

  PageCache pages;

  // Answers of `numbers`: a search asks for the same mailbox again and again, and the list may be
  // long.
  struct KeptNumbers {
    std::string state;
    EntryNumbers numbers;
  };
  static constexpr std::size_t kMaxKeptNumbers = 16;
  std::mutex numbers_mutex;
  std::map<MessageFilter, KeptNumbers> kept_numbers;  // guarded by numbers_mutex
};

}  // namespace indexer
