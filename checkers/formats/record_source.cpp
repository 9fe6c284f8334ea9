#include "checkers/formats/record_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace holdfast::checkers {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;

}  // namespace

Error error_at(const std::string& name, std::uint64_t line, std::uint64_t column,
               const std::string& what) {
  return fail(name + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + what);
}

RecordSource::RecordSource(std::unique_ptr<ByteSource> bytes, std::string name)
    : bytes_(std::move(bytes)), name_(std::move(name)) {}

Result<bool> RecordSource::fill() {
  if (ended_) return false;
  if (at_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + at_, size_ - at_);
    consumed_ += at_;
    size_ -= at_;
    at_ = 0;
  }
  if (size_ > kLongest) return error_here("expected an operation of at most 1 GiB");
  if (buffer_.size() - size_ < kChunk) {
    buffer_.resize(std::max(buffer_.size() * 2, size_ + kChunk));
  }
  const Result<std::size_t> got = bytes_->read(buffer_.data() + size_, buffer_.size() - size_);
  if (!got) return fail(name_ + ": " + got.error().message);
  size_ += *got;
  ended_ = *got == 0;
  return !ended_;
}

Result<std::string_view> RecordSource::head() {
  while (size_ - at_ < kChunk) {
    const Result<bool> more = fill();
    if (!more) return more.error();
    if (!*more) break;
  }
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  const std::string_view head(buffer_.data() + at_, size_ - at_);
  if (!head.starts_with(kByteOrderMark)) return head;
  at_ += kByteOrderMark.size();
  return head.substr(kByteOrderMark.size());
}

Result<std::string_view> RecordSource::rest() {
  while (!ended_) {
    if (buffer_.size() - size_ < kChunk) buffer_.resize(std::max(buffer_.size() * 2, kChunk * 2));
    const Result<std::size_t> got = bytes_->read(buffer_.data() + size_, buffer_.size() - size_);
    if (!got) return fail(name_ + ": " + got.error().message);
    size_ += *got;
    ended_ = *got == 0;
  }
  const std::size_t start = std::exchange(at_, size_);
  return std::string_view(buffer_.data() + start, size_ - start);
}

void RecordSource::advance(std::size_t size) {
  for (const char* p = buffer_.data() + at_; size > 0; --size, ++p, ++at_) {
    ++column_;
    if (*p == '\n') {
      ++line_;
      column_ = 1;
    }
  }
}

Error RecordSource::error_here(const std::string& what) const {
  return error_at(name_, line_, column_, what);
}

Result<std::optional<Record>> RecordSource::next(Cut cut) {
  if (cut == Cut::lines) return next_line();
  return cut == Cut::maps ? next_bracketed('{', '}') : next_bracketed('[', ']');
}

Result<std::optional<Record>> RecordSource::next_line() {
  std::size_t searched = 0;
  while (true) {
    const char* from = buffer_.data() + at_;
    const void* end = std::memchr(from + searched, '\n', size_ - at_ - searched);
    if (end != nullptr) {
      const auto length = static_cast<std::size_t>(static_cast<const char*>(end) - from);
      at_ += length + 1;
      return std::optional<Record>(Record{{from, length}, line_++, 1, true});
    }
    searched = size_ - at_;
    const Result<bool> more = fill();
    if (!more) return more.error();
    if (*more) continue;
    if (searched == 0) return std::optional<Record>();
    const std::size_t start = at_;
    at_ = size_;
    return std::optional<Record>(Record{{buffer_.data() + start, searched}, line_++, 1, false});
  }
}

// Whether the bracket here is one around vectors: another one follows.
Result<bool> RecordSource::encloses_vectors() {
  for (std::size_t i = 1;; ++i) {
    if (at_ + i == size_) {
      const Result<bool> more = fill();
      if (!more) return more.error();
      if (!*more) return false;
    }
    const char c = buffer_[at_ + i];
    if (std::strchr(" \t\r\n,", c) == nullptr || c == '\0') return c == '[';
  }
}

// Past white space, comments, the brackets around the records and their tags, such as
// #jepsen.history.Op. False at the end.
Result<bool> RecordSource::skip_to(char open) {
  bool comment = false;
  bool tag = false;
  while (true) {
    while (at_ < size_) {
      const char c = buffer_[at_];
      if (comment) {
        comment = c != '\n';
      } else if (tag && c == '_') {
        return error_here("expected no #_: what it discards cannot be told from operations");
      } else if (tag) {
        tag = std::strchr(" \t\r\n,[({", c) == nullptr || c == '\0';
        if (!tag) continue;
      } else if (c == '#') {
        tag = true;
      } else if (c == ';') {
        comment = true;
      } else if (c == open) {
        if (c == '{') return true;
        const Result<bool> around = encloses_vectors();
        if (!around) return around;
        if (!*around) return true;
      } else if (std::strchr(" \t\r\n,[]()", c) == nullptr || c == '\0') {
        return error_here(open == '{' ? "expected an operation, a map that begins with {"
                                      : "expected an operation, [process type f value]");
      }
      advance(1);
    }
    Result<bool> more = fill();
    if (!more || !*more) return more;
  }
}

Result<std::optional<Record>> RecordSource::next_bracketed(char open, char close) {
  const Result<bool> found = skip_to(open);
  if (!found) return found.error();
  if (!*found) return std::optional<Record>();
  Record record;
  record.line = line_;
  record.column = column_;
  std::size_t depth = 0;
  bool in_string = false;
  bool in_comment = false;
  bool escaped = false;
  for (std::size_t i = 0;; ++i) {
    if (at_ + i == size_) {
      const Result<bool> more = fill();
      if (!more) return more.error();
      if (!*more) {
        record.text = {buffer_.data() + at_, size_ - at_};
        record.complete = false;
        advance(size_ - at_);
        return std::optional<Record>(record);
      }
    }
    const char c = buffer_[at_ + i];
    if (escaped) {
      escaped = false;
    } else if (in_comment) {
      in_comment = c != '\n';
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (in_string) {
    } else if (c == ';') {
      in_comment = true;
    } else if (c == open) {
      ++depth;
    } else if (c == close && --depth == 0) {
      const std::size_t start = at_;
      advance(i + 1);
      record.text = {buffer_.data() + start, i + 1};
      return std::optional<Record>(record);
    }
  }
}

}  // namespace holdfast::checkers
