#include "checkers/formats/byte_source.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

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

class GzipFile : public ByteSource {
 public:
  explicit GzipFile(gzFile file) : file_(file) {}
  ~GzipFile() override { gzclose(file_); }
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;
  Result<std::size_t> read(char* to, std::size_t size) override {
    const int got = gzread(file_, to, static_cast<unsigned>(std::min<std::size_t>(size, 1 << 30)));
    if (got > 0) return static_cast<std::size_t>(got);
    int code = Z_OK;
    const char* text = gzerror(file_, &code);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
      return fail(std::string("gzip: ") + text);
    return std::size_t{0};
  }

 private:
  gzFile file_;
};

class ZstdFile : public ByteSource {
 public:
  explicit ZstdFile(File file)
      : file_(std::move(file)), stream_(ZSTD_createDStream()), buffer_(ZSTD_DStreamInSize()) {}
  ~ZstdFile() override { ZSTD_freeDStream(stream_); }
  ZstdFile(const ZstdFile&) = delete;
  ZstdFile& operator=(const ZstdFile&) = delete;
  Result<std::size_t> read(char* to, std::size_t size) override {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size) {
        in_ = {buffer_.data(), std::fread(buffer_.data(), 1, buffer_.size(), file_.get()), 0};
        if (in_.size == 0) {
          if (frame_open_) return fail("zstd: the file ends in the middle");
          return std::size_t{0};
        }
      }
      const std::size_t code = ZSTD_decompressStream(stream_, &out, &in_);
      if (ZSTD_isError(code) != 0) return fail(std::string("zstd: ") + ZSTD_getErrorName(code));
      frame_open_ = code != 0;
    }
    return out.pos;
  }

 private:
  File file_;
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
  File file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return fail(path + ": " + std::strerror(errno));
  unsigned char magic[4] = {};
  const std::size_t got = std::fread(magic, 1, sizeof magic, file.get());
  if (got >= 2 && magic[0] == 0x1f && magic[1] == 0x8b) {
    gzFile gzip = gzopen(path.c_str(), "rb");
    if (gzip == nullptr) return fail(path + ": " + std::strerror(errno));
    return std::unique_ptr<ByteSource>(std::make_unique<GzipFile>(gzip));
  }
  std::rewind(file.get());
  if (got == 4 && magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd) {
    return std::unique_ptr<ByteSource>(std::make_unique<ZstdFile>(std::move(file)));
  }
  return std::unique_ptr<ByteSource>(std::make_unique<PlainFile>(std::move(file)));
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
