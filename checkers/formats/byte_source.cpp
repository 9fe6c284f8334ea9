#include "checkers/formats/byte_source.h"

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "node/base/check.h"

namespace holdfast::checkers {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

class PlainFile : public ByteSource {
 public:
  explicit PlainFile(File file) : file_(std::move(file)) {}
  Result<std::size_t> read(char* to, std::size_t size) override {
    const std::size_t got = std::fread(to, 1, size, file_.get());
    if (got == 0 && std::ferror(file_.get()) != 0) return fail(std::strerror(errno));
    return got;
  }

 private:
  File file_;
};

using Source = std::unique_ptr<ByteSource>;

// What was read ahead of a source, and then the source: a pipe cannot be read twice.
class Rejoined : public ByteSource {
 public:
  Rejoined(std::string_view head, Source rest) : head_(head), rest_(std::move(rest)) {}
  Result<std::size_t> read(char* to, std::size_t size) override {
    if (head_.empty()) return rest_->read(to, size);
    const std::size_t got = head_.copy(to, size);
    head_.erase(0, got);
    return got;
  }

 private:
  std::string head_;
  Source rest_;
};

constexpr const char* kTorn = "the file ends in the middle";

class Gunzip : public ByteSource {
 public:
  explicit Gunzip(Source packed) : packed_(std::move(packed)), buffer_(std::size_t{1} << 16) {
    constexpr int kGzipOnly = 16;
    CHECK(inflateInit2(&stream_, MAX_WBITS + kGzipOnly) == Z_OK);
  }
  ~Gunzip() override { inflateEnd(&stream_); }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  Result<std::size_t> read(char* to, std::size_t size) override {
    const auto space = static_cast<unsigned>(std::min<std::size_t>(size, 1 << 30));
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = space;
    while (stream_.avail_out == space) {
      if (stream_.avail_in == 0) {
        Result<std::size_t> got = packed_->read(buffer_.data(), buffer_.size());
        if (!got) return got;
        if (*got == 0) return in_member_ ? Result<std::size_t>(torn()) : Result<std::size_t>(0);
        stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
        stream_.avail_in = static_cast<unsigned>(*got);
      }
      // Members may follow each other; what else follows is padding, as gzip has it.
      if (!in_member_ && *stream_.next_in != 0x1f) return std::size_t{0};
      in_member_ = true;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        in_member_ = false;
        inflateReset(&stream_);
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return fail(std::string("gzip: ") + (stream_.msg != nullptr ? stream_.msg : "damaged"));
      }
    }
    return std::size_t{space - stream_.avail_out};
  }

 private:
  static Error torn() { return fail(std::string("gzip: ") + kTorn); }

  Source packed_;
  z_stream stream_{};
  std::vector<char> buffer_;
  bool in_member_ = false;
};

class Unzstd : public ByteSource {
 public:
  explicit Unzstd(Source packed)
      : packed_(std::move(packed)), stream_(ZSTD_createDStream()), buffer_(ZSTD_DStreamInSize()) {}
  ~Unzstd() override { ZSTD_freeDStream(stream_); }
  Unzstd(const Unzstd&) = delete;
  Unzstd& operator=(const Unzstd&) = delete;
  Result<std::size_t> read(char* to, std::size_t size) override {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size) {
        Result<std::size_t> got = packed_->read(buffer_.data(), buffer_.size());
        if (!got) return got;
        if (*got == 0 && frame_open_) return fail(std::string("zstd: ") + kTorn);
        if (*got == 0) return std::size_t{0};
        in_ = {buffer_.data(), *got, 0};
      }
      const std::size_t code = ZSTD_decompressStream(stream_, &out, &in_);
      if (ZSTD_isError(code) != 0) return fail(std::string("zstd: ") + ZSTD_getErrorName(code));
      frame_open_ = code != 0;
    }
    return out.pos;
  }

 private:
  Source packed_;
  ZSTD_DStream* stream_;
  std::vector<char> buffer_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool frame_open_ = false;
};

class Text : public ByteSource {
 public:
  explicit Text(std::string_view text) : left_(text) {}
  Result<std::size_t> read(char* to, std::size_t size) override {
    const std::size_t got = std::min(size, left_.size());
    std::memcpy(to, left_.data(), got);
    left_.remove_prefix(got);
    return got;
  }

 private:
  std::string_view left_;
};

Result<> write_gzip(const std::string& path, std::string_view text) {
  gzFile file = gzopen(path.c_str(), "wb6");
  if (file == nullptr) return fail(path + ": " + std::strerror(errno));
  bool good = true;
  for (std::size_t at = 0; at < text.size() && good;) {
    const auto size = static_cast<unsigned>(std::min<std::size_t>(text.size() - at, 1 << 30));
    good = gzwrite(file, text.data() + at, size) == static_cast<int>(size);
    at += size;
  }
  if (gzclose(file) != Z_OK || !good) return fail(path + ": cannot be written");
  return {};
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_source(const std::string& path) {
  const bool standard_input = path == kStandardInput;
  File file(standard_input ? ::fdopen(::dup(STDIN_FILENO), "rb") : std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return fail(name_of_source(path) + ": " + std::strerror(errno));
  char bytes[4] = {};
  const std::string_view head(bytes, std::fread(bytes, 1, sizeof bytes, file.get()));
  if (std::ferror(file.get()) != 0) {
    return fail(name_of_source(path) + ": " + std::strerror(errno));
  }
  Source whole = std::make_unique<Rejoined>(head, std::make_unique<PlainFile>(std::move(file)));
  if (head.starts_with("\x1f\x8b")) return Source(std::make_unique<Gunzip>(std::move(whole)));
  if (head == "\x28\xb5\x2f\xfd") return Source(std::make_unique<Unzstd>(std::move(whole)));
  return whole;
}

std::string name_of_source(const std::string& path) {
  return path == kStandardInput ? "<stdin>" : path;
}

std::unique_ptr<ByteSource> source_of(std::string_view text) {
  return std::make_unique<Text>(text);
}

Result<> write_file(const std::string& path, std::string_view text) {
  if (path.ends_with(".gz")) return write_gzip(path, text);
  std::vector<char> packed;
  if (path.ends_with(".zst")) {
    packed.resize(ZSTD_compressBound(text.size()));
    const std::size_t size =
        ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3);
    if (ZSTD_isError(size) != 0) return fail(path + ": " + ZSTD_getErrorName(size));
    text = {packed.data(), size};
  }
  File file(std::fopen(path.c_str(), "wb"));
  if (file == nullptr) return fail(path + ": " + std::strerror(errno));
  const bool good = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  if (!good || std::fflush(file.get()) != 0) return fail(path + ": " + std::strerror(errno));
  return {};
}

}  // namespace holdfast::checkers
