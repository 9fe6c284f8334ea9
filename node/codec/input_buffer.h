// Bytes that arrived and were not taken yet. Its memory follows what is really there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::node {

class InputBuffer {
 public:
  // Invalidates earlier views.
  void append(std::string_view bytes) {
    if (start_ == bytes_.size()) {
      bytes_.clear();
      if (bytes_.capacity() > kKeptCapacity) bytes_.shrink_to_fit();
    } else if (start_ > 0) {
      bytes_.erase(0, start_);
    }
    start_ = 0;
    bytes_.append(bytes);
  }

  std::string_view view() const { return std::string_view(bytes_).substr(start_); }
  std::size_t size() const { return bytes_.size() - start_; }
  // Views of what was taken stay valid until the next append().
  void take(std::size_t size) { start_ += size; }

 private:
  // Kept between messages; a rare large one must not stay allocated.
  static constexpr std::size_t kKeptCapacity = std::size_t{1} << 16;

  std::string bytes_;
  std::size_t start_ = 0;
};

}  // namespace holdfast::node
