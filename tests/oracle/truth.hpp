// What the oracle knows of a statement: the documentation leaves some cases open (which language a short text is in, which of
// very many words a "*" stands for), and there either answer is right.
#pragma once

namespace oracle {

enum class Truth { kNo, kOpen, kYes };

inline Truth truth_of(bool holds) { return holds ? Truth::kYes : Truth::kNo; }
inline Truth open_if(bool may_hold) { return may_hold ? Truth::kOpen : Truth::kNo; }

inline Truth both(Truth a, Truth b) { return a < b ? a : b; }
inline Truth either(Truth a, Truth b) { return a < b ? b : a; }
inline Truth negated(Truth of) {
  if (of == Truth::kOpen) return of;
  return of == Truth::kYes ? Truth::kNo : Truth::kYes;
}

}  // namespace oracle
