// XML as events. No network, no DTD, no entities but the predefined, elements nested 256 deep at most; linear.
#pragma once

#include <string_view>

#include "indexer/extraction/package.hpp"

namespace indexer {

class XmlAttributes {
 public:
  XmlAttributes(const unsigned char* const* values, int count) : values_(values), count_(count) {}
  // Of the attribute of that local name; empty where there is none. Character references stand as they are written.
  [[nodiscard]] std::string_view find(std::string_view local_name) const;

 private:
  const unsigned char* const*
      values_;  // libxml2's: local name, prefix, URI, begin and end of the value
  int count_;
};

// Names are without their prefixes.
class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual void start(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual void end(std::string_view name) = 0;
  virtual void text(std::string_view utf8) = 0;
  [[nodiscard]] virtual bool is_done() const = 0;  // the rest is not wanted
};

// A damaged document gives what stands before the damage, and what libxml2 makes of the rest. Throws std::runtime_error
// for what has no element at all.
void read_xml(const NextPiece& next, XmlHandler& handler);

}  // namespace indexer
