#include "harness/ssh/bundle.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

TEST(Bundle, LibrariesOfTheSystemStayThere) {
  const auto libraries = parse_libraries(
      "\tlinux-vdso.so.1 (0x00007ffd)\n"
      "\tlibprotobuf.so.32 => /lib/x86_64-linux-gnu/libprotobuf.so.32 (0x00007f01)\n"
      "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f02)\n"
      "\tlibmnl.so.0 => /lib/x86_64-linux-gnu/libmnl.so.0 (0x00007f02)\n"
      "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f03)\n"
      "\t/lib64/ld-linux-x86-64.so.2 (0x00007f04)\n");
  ASSERT_TRUE(libraries);
  ASSERT_EQ(libraries->size(), 2u);
  EXPECT_EQ(libraries->at(0).name, "libprotobuf.so.32");
  EXPECT_EQ(libraries->at(0).path, "/lib/x86_64-linux-gnu/libprotobuf.so.32");
  EXPECT_EQ(libraries->at(1).name, "libmnl.so.0");
}

TEST(Bundle, AMissingLibraryIsNamed) {
  const auto libraries = parse_libraries("\tlibz.so.1 => not found\n");
  ASSERT_FALSE(libraries);
  EXPECT_NE(libraries.error().message.find("libz.so.1"), std::string::npos);
}

TEST(Bundle, IsTheSameForTheSameContents) {
  char name[] = "/tmp/holdfast-bundle-XXXXXX";
  const fs::path folder = ::mkdtemp(name);
  boost::asio::io_context context;
  const fs::path own = fs::read_symlink("/proc/self/exe");
  std::ofstream(folder / "node") << "not a program";
  const auto refused = make_bundle(context, own, folder / "node", folder);
  EXPECT_FALSE(refused);
  fs::copy_file("/bin/true", folder / "node", fs::copy_options::overwrite_existing);
  const auto first = make_bundle(context, own, folder / "node", folder);
  ASSERT_TRUE(first) << first.error().message;
  const auto again = make_bundle(context, own, folder / "node", folder);
  ASSERT_TRUE(again);
  EXPECT_EQ(first->id, again->id);
  const auto holdfast = std::find_if(first->files.begin(), first->files.end(),
                                     [](const auto& file) { return file.name == "holdfast"; });
  ASSERT_NE(holdfast, first->files.end());
  EXPECT_EQ(holdfast->bytes, fs::file_size(own));
  EXPECT_TRUE(std::any_of(first->files.begin(), first->files.end(),
                          [](const auto& file) { return file.name.starts_with("libstdc++.so"); }));
  std::ofstream(folder / "node", std::ios::app) << "x";  // other contents, the same libraries
  const auto other = make_bundle(context, own, folder / "node", folder);
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_NE(first->id, other->id);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace holdfast::harness
