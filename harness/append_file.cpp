#include "harness/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace holdfast::harness {
namespace {

constexpr std::int64_t kFlushEvery_ns = 1'000'000'000;

Error io_error(const std::string& path, int number) {
  std::string message = "cannot write " + path + ": " + std::strerror(number);
  if (number == ENOSPC) message += "; free some space, or choose another place with --results";
  return fail(std::move(message));
}

}  // namespace

Result<std::unique_ptr<AppendFile>> AppendFile::open(const std::string& path,
                                                     std::function<std::int64_t()> wall_ns) {
  int file = -1;
  if (!path.empty()) {
    file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return io_error(path, errno);
  }
  return std::unique_ptr<AppendFile>(new AppendFile(path, file, std::move(wall_ns)));
}

AppendFile::~AppendFile() {
  write_out();
  if (file_ >= 0) ::close(file_);
}

bool AppendFile::is_due() const {
  return wall_ns_ && wall_ns_() - written_at_ns_ >= kFlushEvery_ns;
}

void AppendFile::write_out() {
  if (wall_ns_) written_at_ns_ = wall_ns_();
  const char* data = buffer_.data();
  std::size_t left = file_ < 0 || error_ ? 0 : buffer_.size();
  while (left > 0) {
    const ssize_t written = ::write(file_, data, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      error_ = io_error(path_, written == 0 ? ENOSPC : errno);
      break;
    }
    data += written;
    left -= static_cast<std::size_t>(written);
  }
  buffer_.clear();
}

Result<> write_file(const std::string& path, std::string_view text) {
  auto file = AppendFile::open(path, nullptr);
  if (!file) return file.error();
  (*file)->buffer() = text;
  (*file)->flush();
  if ((*file)->error()) return *(*file)->error();
  return {};
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file && file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (file.bad() || !text || !file.is_open())
    return fail("cannot read " + path + ": " + std::strerror(errno));
  return text.str();
}

}  // namespace holdfast::harness
