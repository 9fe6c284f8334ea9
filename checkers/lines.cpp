#include "checkers/lines.h"

#include <cerrno>
#include <cstring>

namespace holdfast::checkers {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::size_t kRoom = 64;  // at least simdjson's padding

}  // namespace

Result<Lines> Lines::open(const std::string& path) {
  Lines lines;
  lines.name_ = path;
  lines.file_.reset(std::fopen(path.c_str(), "rb"));
  if (!lines.file_) return fail(path + ": cannot be read: " + std::strerror(errno));
  if (std::fseek(lines.file_.get(), 0, SEEK_END) == 0) {
    const long size = std::ftell(lines.file_.get());
    lines.size_ = size > 0 ? static_cast<std::uint64_t>(size) : 0;
    std::rewind(lines.file_.get());
  }
  lines.buffer_.resize(kChunk + kRoom);
  return lines;
}

Lines Lines::of_text(std::string_view text, std::string_view name) {
  Lines lines;
  lines.name_ = name;
  lines.buffer_.reserve(text.size() + kRoom);
  lines.buffer_.assign(text.begin(), text.end());
  lines.buffer_.resize(text.size() + kRoom);
  lines.end_ = text.size();
  lines.bytes_ = text.size();
  lines.size_ = text.size();
  return lines;
}

// Reads more behind what is left; false at the end of the file.
bool Lines::fill() {
  if (!file_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < kChunk / 2 + kRoom) buffer_.resize(2 * buffer_.size());
  const std::size_t space = buffer_.size() - end_ - kRoom;
  const std::size_t got = std::fread(buffer_.data() + end_, 1, space, file_.get());
  failed_ = got == 0 && std::ferror(file_.get()) != 0;
  end_ += got;
  bytes_ += got;
  return got > 0;
}

bool Lines::next(std::string_view& line) {
  std::size_t searched = begin_;
  for (;;) {
    const char* start = buffer_.data();
    const void* found = std::memchr(start + searched, '\n', end_ - searched);
    if (found != nullptr) {
      const auto stop = static_cast<std::size_t>(static_cast<const char*>(found) - start);
      line = {start + begin_, stop - begin_};
      begin_ = stop + 1;
      ++number_;
      return true;
    }
    const std::size_t unfinished = end_ - begin_;
    if (!fill()) break;
    searched = begin_ + unfinished;
  }
  if (failed_ || begin_ == end_) return false;
  line = {buffer_.data() + begin_, end_ - begin_};
  begin_ = end_;
  cut_ = true;
  ++number_;
  return true;
}

std::size_t Lines::room_after(std::string_view line) const {
  return static_cast<std::size_t>(buffer_.data() + buffer_.size() - (line.data() + line.size()));
}

std::string Lines::error_at(const char* position, std::string_view line,
                            std::string_view expected) const {
  const bool inside = position >= line.data() && position <= line.data() + line.size();
  const std::size_t column = inside ? static_cast<std::size_t>(position - line.data()) + 1 : 1;
  return name_ + ":" + std::to_string(number_) + ":" + std::to_string(column) + ": expected " +
         std::string(expected);
}

}  // namespace holdfast::checkers
