// A machine that refuses: a system call fails for a program, and for those that it starts, as if
// the kernel could not do it. A seccomp filter, so that it needs no rights and ends with them.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace holdfast::harness {

struct Refusal {
  // Of an argument's lower half, the bits of the mask.
  struct Argument {
    unsigned index = 0;
    std::uint32_t value = 0;
    std::uint32_t mask = ~0u;
  };

  long call = 0;                 // SYS_…
  std::vector<Argument> having;  // all of them; none: every call
  std::uint32_t error = 0;       // errno

  // For this process, for good. False if the kernel has no filters.
  bool install() const {
    const auto load = [](std::size_t offset) {
      return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
    };
    std::vector<sock_filter> program;
    // Skips what is left of the conditions, and the refusal.
    const auto unless_equal = [&](std::uint32_t value, std::size_t conditions_left) {
      const auto over = static_cast<std::uint8_t>(3 * conditions_left + 1);
      program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, over));
    };
    program.push_back(load(offsetof(seccomp_data, nr)));
    unless_equal(static_cast<std::uint32_t>(call), having.size());
    for (std::size_t i = 0; i < having.size(); ++i) {
      program.push_back(load(offsetof(seccomp_data, args) + 8 * having[i].index));
      program.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, having[i].mask));
      unless_equal(having[i].value, having.size() - i - 1);
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
  }
};

}  // namespace holdfast::harness
