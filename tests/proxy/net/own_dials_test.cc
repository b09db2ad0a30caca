// A call is known by both its ends while its entry lives, whichever worker asks.
#include "proxy/net/own_dials.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>

#include "proxy/net/socket.h"

namespace gabion::proxy {
namespace {

class OwnDialsTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto opened = open_listener(*config::Endpoint::parse(GetParam()));
    ASSERT_TRUE(opened);
    listener_ = *opened;
    listen_ = local_endpoint(listener_);
  }
  void TearDown() override { ::close(listener_); }

  int listener_ = -1;
  config::Endpoint listen_;
};

TEST_P(OwnDialsTest, IsKnownToAllWhenItIsAccepted) {
  OwnDials dials(2);
  auto dialled = dials.of(1).connect(listen_, nullptr);
  ASSERT_TRUE(dialled);
  // Over loopback it waits in the backlog already; the descriptor does not block, so a missing one would be an error.
  const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  ASSERT_GE(accepted, 0);
  EXPECT_TRUE(dials.has(remote_endpoint(accepted), listen_));
  EXPECT_TRUE(dials.of(1).has({remote_endpoint(accepted), listen_}));
  EXPECT_FALSE(dials.of(0).has({remote_endpoint(accepted), listen_}));
  ::close(accepted);
  ::close(dialled->fd);
}

TEST_P(OwnDialsTest, IsForgottenWithItsEntry) {
  OwnDials dials(1);
  std::optional<DialShare::Entry> kept;
  auto dialled = dials.of(0).connect(listen_, nullptr);
  ASSERT_TRUE(dialled);
  const auto source = local_endpoint(dialled->fd);
  kept = std::move(dialled->entry);
  dialled->entry = {};
  EXPECT_TRUE(dials.has(source, listen_));
  kept.reset();
  EXPECT_FALSE(dials.has(source, listen_));
  ::close(dialled->fd);
}

/// The kernel gives one port to calls of different programs, if they go to different places.
TEST_P(OwnDialsTest, AnotherCallersConnectionIsNotOurs) {
  OwnDials dials(1);
  auto dialled = dials.of(0).connect(listen_, nullptr);
  ASSERT_TRUE(dialled);
  const auto source = local_endpoint(dialled->fd);
  auto elsewhere = listen_;
  elsewhere.port ^= 1U;
  EXPECT_FALSE(dials.has(source, elsewhere));
  auto other = source;
  other.port ^= 1U;
  EXPECT_FALSE(dials.has(other, listen_));
  ::close(dialled->fd);
}

INSTANTIATE_TEST_SUITE_P(Families, OwnDialsTest, ::testing::Values("127.0.0.1:0", "[::1]:0"),
                         [](const auto& tested) { return tested.param[0] == '[' ? "V6" : "V4"; });

TEST(OwnDialsErrorsTest, WhatCannotBeDialledIsNotRemembered) {
  OwnDials dials(1);
  const auto nobodys = config::IpAddress::parse("192.0.2.1");
  ASSERT_TRUE(nobodys);
  const auto failed = dials.of(0).connect(*config::Endpoint::parse("127.0.0.1:9"), &*nobodys);
  ASSERT_TRUE(failed.has_error());
  EXPECT_FALSE(dials.has({*nobodys, 0}, *config::Endpoint::parse("127.0.0.1:9")));
}

}  // namespace
}  // namespace gabion::proxy
