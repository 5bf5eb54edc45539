// XML as events. No network, no DTD, no entities but the predefined, elements nested 256 deep at
// most; linear.
#pragma once

#include <string_view>

#include "indexer/extraction/package.hpp"

namespace indexer {

class XmlAttributes {
 public:
  XmlAttributes(const unsigned char* const* values, int count) : values_(values), count_(count) {}
  // The value of the attribute with that local name; empty when there is none. Character references
  // stay as they are written.
  [[nodiscard]] std::string_view find(std::string_view local_name) const;

 private:
  // Libxml2's: local name, prefix, URI, begin and end of the value.
  const unsigned char* const* values_;
  int count_;
};

// Names are without their prefixes.
class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual void start(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual void end(std::string_view name) = 0;
  virtual void text(std::string_view utf8) = 0;
  [[nodiscard]] virtual bool is_done() const = 0;  // true: the rest is not needed
};

// Of a damaged document, gives the part before the damage and whatever libxml2 can read of the
// rest. Throws std::runtime_error for what has no element at all.
void read_xml(const NextPiece& next, XmlHandler& handler);

}  // namespace indexer
