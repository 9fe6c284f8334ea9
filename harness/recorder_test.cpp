#include "harness/recorder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>

#include "checkers/history_file.h"

namespace holdfast::harness {
namespace {

class RecorderTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            ("holdfast-recorder-" + std::to_string(::getpid()) + ".jsonl");
  }
  void TearDown() override { std::filesystem::remove(path_); }

  // Write number `i`, acknowledged by three.
  static void record(Recorder& recorder, std::uint64_t i) {
    checkers::Operation operation;
    operation.invoked_ns = static_cast<std::int64_t>(i) * 1000;
    operation.process = static_cast<std::uint32_t>(i % 10);
    operation.function = checkers::Function::write;
    operation.value = static_cast<std::int64_t>(i) + 1;
    operation.id = {7, i + 1};
    operation.node = static_cast<NodeId>(i % 5);
    const auto index = recorder.invoke(operation, "k" + std::to_string(i % 1000));
    checkers::Operation& done = recorder.operation(index);
    done.completed_ns = done.invoked_ns + 500;
    done.outcome = checkers::Outcome::ok;
    done.version = {1'700'000'000'000'000 + static_cast<std::int64_t>(i), 0, 1, 1};
    for (NodeId node = 0; node < 3; ++node) done.copies.add({node, kNoNode});
    recorder.complete(index);
  }

  std::filesystem::path path_;
};

TEST_F(RecorderTest, WhatItWritesIsWhatItKeeps) {
  auto recorder = *Recorder::open(path_.string(), nullptr, 100);
  recorder->begin_phase("load", 0);
  for (std::uint64_t i = 0; i < 100; ++i) record(*recorder, i);
  recorder->begin_phase("heal", 200'000);
  recorder->flush();
  const auto file = checkers::read_history(path_.string());
  ASSERT_TRUE(file) << file.error().message;
  const checkers::History& kept = recorder->history();
  ASSERT_EQ(file->history.operations.size(), kept.operations.size());
  for (std::size_t i = 0; i < kept.operations.size(); ++i) {
    const checkers::Operation& a = kept.operations[i];
    const checkers::Operation& b = file->history.operations[i];
    EXPECT_EQ(a.invoked_ns, b.invoked_ns);
    EXPECT_EQ(a.completed_ns, b.completed_ns);
    EXPECT_EQ(a.value, b.value);
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.version, b.version);
    EXPECT_EQ(a.outcome, b.outcome);
    EXPECT_EQ(a.node, b.node);
    EXPECT_EQ(a.phase, b.phase);
    EXPECT_EQ(kept.keys.name(a.key), file->history.keys.name(b.key));
    EXPECT_TRUE(std::ranges::equal(a.copies.all(), b.copies.all()));
  }
  ASSERT_EQ(file->history.phases.size(), 2U);
  EXPECT_EQ(file->history.phases[1].name, "heal");
}

TEST_F(RecorderTest, FlushesEachSecondOfWallTime) {
  std::int64_t now_ns = 0;
  auto recorder = *Recorder::open(
      path_.string(), [&] { return now_ns; }, 100);
  for (std::uint64_t i = 0; i < 50; ++i) record(*recorder, i);
  EXPECT_EQ(std::filesystem::file_size(path_), 0U);
  now_ns = 1'500'000'000;
  for (std::uint64_t i = 50; i < 100; ++i) record(*recorder, i);
  EXPECT_GT(std::filesystem::file_size(path_), 5000U);
}

TEST_F(RecorderTest, RefusesAPlaceItCannotWriteTo) {
  const auto recorder = Recorder::open("/nowhere/history.jsonl", nullptr, 1);
  ASSERT_FALSE(recorder);
  EXPECT_NE(recorder.error().message.find("cannot write /nowhere/history.jsonl"),
            std::string::npos);
}

TEST_F(RecorderTest, AnOperationCostsFewMicroseconds) {
  constexpr std::uint64_t kOperations = 200'000;
  auto recorder = *Recorder::open(path_.string(), nullptr, kOperations);
  const std::clock_t start = std::clock();  // processor time: the machine may be busy
  for (std::uint64_t i = 0; i < kOperations; ++i) record(*recorder, i);
  recorder->flush();
  const double took_us = static_cast<double>(std::clock() - start) * 1e6 / CLOCKS_PER_SEC;
  EXPECT_LT(took_us / kOperations, 5);
}

}  // namespace
}  // namespace holdfast::harness
