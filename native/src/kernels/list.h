// A list that belongs to its instruction set. The standard containers' functions are shared by all files that use them,
// and the linker might keep those of a file compiled for instructions that the processor lacks.
#pragma once
#include <cstdlib>
#include <type_traits>

#include "isa.h"

namespace vaekit::VAEKIT_ISA {

template <typename T>
class List {
 public:
  static_assert(std::is_trivially_copyable_v<T>);
  List() = default;
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() { std::free(items_); }

  void add(const T& item) {
    if (size_ == room_) {
      room_ = room_ ? 2 * room_ : 4;
      items_ = static_cast<T*>(std::realloc(items_, sizeof(T) * room_));
      if (!items_) std::abort();
    }
    items_[size_++] = item;
  }
  int size() const { return size_; }
  T& operator[](int i) { return items_[i]; }
  const T& operator[](int i) const { return items_[i]; }
  const T* begin() const { return items_; }
  const T* end() const { return items_ + size_; }

 private:
  T* items_ = nullptr;
  int size_ = 0, room_ = 0;
};

}  // namespace vaekit::VAEKIT_ISA
