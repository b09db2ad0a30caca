// Sockets know what they are ready for, without losing an edge, and tell an end from a cut.
#include "proxy/net/socket.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "proxy/net/plain.h"
#include "tests/proxy/net/loop_driver.h"

namespace gabion::proxy {
namespace {

std::string read_some(Socket& socket, std::size_t room = 4096) {
  std::string bytes(room, '\0');
  const auto result = socket.read(bytes);
  bytes.resize(result.status == IoStatus::kOk ? result.bytes : 0);
  return bytes;
}

std::size_t receive_waiting(int fd) {
  std::array<char, 64> bytes{};
  const auto got = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_PEEK);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

IoStatus read_status(Socket& socket) {
  std::array<char, 64> waste{};
  return socket.read(waste).status;
}

TEST(SocketTest, ReadsAgainAfterEachEdge) {
  const auto loop = make_loop();
  SocketPair pair;
  CountingWakeable owner;
  Socket socket(*loop, pair.take_ours());
  socket.set_owner(&owner);
  EXPECT_EQ(read_status(socket), IoStatus::kBlocked);
  EXPECT_FALSE(socket.readable());
  for (const std::string_view text : {"one", "two", "three"}) {
    const int wakes = owner.wakes;
    send_all(pair.theirs, text);
    ASSERT_TRUE(drive(*loop, [&] { return owner.wakes > wakes && socket.readable(); }));
    EXPECT_EQ(read_some(socket), text);
    EXPECT_EQ(read_status(socket), IoStatus::kBlocked);
  }
}

TEST(SocketTest, TellsOfMuchOnlyUntilItShallTellOfAllAgain) {
  const auto loop = make_loop();
  LoopbackListener listener;
  const auto connecting = start_connect(listener.endpoint, nullptr);
  ASSERT_TRUE(connecting.has_value());
  CountingWakeable owner;
  Socket socket(*loop, *connecting);
  socket.set_owner(&owner);
  int peer = -1;
  ASSERT_TRUE(drive(*loop, [&] { return (peer = listener.accept_one()) >= 0; }));
  EXPECT_EQ(read_status(socket), IoStatus::kBlocked);
  socket.tell_from(1000);
  send_all(peer, std::string(999, 'x'));
  for (int i = 0; i < 20; ++i) {
    loop->turn(std::chrono::milliseconds(1));
  }
  EXPECT_FALSE(socket.readable());
  send_all(peer, "x");
  ASSERT_TRUE(drive(*loop, [&] { return socket.readable(); }));
  EXPECT_EQ(read_some(socket), std::string(1000, 'x'));
  send_all(peer, "few");
  for (int i = 0; i < 20; ++i) {
    loop->turn(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(read_status(socket), IoStatus::kBlocked);
  socket.look_again();
  EXPECT_EQ(read_some(socket), "few");
  send_all(peer, "more");
  socket.tell_from(1);  // of what came before, too
  const int wakes = owner.wakes;
  ASSERT_TRUE(drive(*loop, [&] { return owner.wakes > wakes && socket.readable(); }));
  EXPECT_EQ(read_some(socket), "more");
  ::close(peer);
}

TEST(SocketTest, StaysReadableWhileAReadFillsItsRoom) {
  const auto loop = make_loop();
  SocketPair pair;
  Socket socket(*loop, pair.take_ours());
  send_all(pair.theirs, "0123456789");
  EXPECT_EQ(read_some(socket, 5), "01234");
  EXPECT_TRUE(socket.readable());
  EXPECT_EQ(read_some(socket, 5), "56789");
  EXPECT_TRUE(socket.readable());  // it cannot know yet
  EXPECT_EQ(read_status(socket), IoStatus::kBlocked);
}

TEST(SocketTest, DiscardsWhatNobodyWants) {
  const auto loop = make_loop();
  LoopbackListener listener;
  const auto fd = start_connect(listener.endpoint, nullptr);
  ASSERT_TRUE(fd.has_value());
  Socket sender(*loop, *fd);
  sender.expect_connect();
  int accepted = -1;
  ASSERT_TRUE(drive(*loop, [&] { return (accepted = listener.accept_one()) >= 0; }));
  ASSERT_TRUE(drive(*loop, [&] { return sender.connect_error() == 0; }));
  Socket socket(*loop, accepted);
  const std::string text = "0123456789";
  EXPECT_EQ(sender.write(text).bytes, text.size());
  ASSERT_TRUE(drive(*loop, [&] { return receive_waiting(accepted) == text.size(); }));
  const auto some = socket.discard(4);
  EXPECT_EQ(some.status, IoStatus::kOk);
  EXPECT_EQ(some.bytes, 4U);
  EXPECT_TRUE(socket.readable());
  EXPECT_EQ(read_some(socket, 2), "45");
  const auto rest = socket.discard(1U << 20U);
  EXPECT_EQ(rest.bytes, 4U);
  EXPECT_FALSE(socket.readable()) << "it has emptied the socket";
  EXPECT_EQ(socket.discard(1U << 20U).status, IoStatus::kBlocked);
}

TEST(SocketTest, SeesTheEndBehindTheLastBytes) {
  const auto loop = make_loop();
  SocketPair pair;
  Socket socket(*loop, pair.take_ours());
  send_all(pair.theirs, "bye");
  pair.close_theirs();
  ASSERT_TRUE(drive(*loop, [&] { return socket.peer_closed(); }));
  EXPECT_EQ(read_some(socket), "bye");
  EXPECT_EQ(read_status(socket), IoStatus::kClosed);
  EXPECT_EQ(read_status(socket), IoStatus::kClosed);
}

TEST(SocketTest, SeesAnEndThatComesAfterAShortRead) {
  const auto loop = make_loop();
  SocketPair pair;
  Socket socket(*loop, pair.take_ours());
  send_all(pair.theirs, "bye");
  EXPECT_EQ(read_some(socket), "bye");
  pair.close_theirs();
  ASSERT_TRUE(drive(*loop, [&] { return socket.peer_closed(); }));
  EXPECT_EQ(read_status(socket), IoStatus::kClosed);
}

TEST(SocketTest, IsNotDeadWhileThePeerStillReads) {
  const auto loop = make_loop();
  LoopbackListener listener;
  const auto fd = start_connect(listener.endpoint, nullptr);
  ASSERT_TRUE(fd.has_value());
  Socket socket(*loop, *fd);
  int peer = -1;
  ASSERT_TRUE(drive(*loop, [&] { return (peer = listener.accept_one()) >= 0; }));
  ::shutdown(peer, SHUT_WR);
  ASSERT_TRUE(drive(*loop, [&] { return socket.peer_closed(); }));
  EXPECT_FALSE(socket.is_dead());
  EXPECT_EQ(socket.write(std::string_view("x")).status, IoStatus::kOk);
  ::close(peer);
}

TEST(SocketTest, BlocksWhenThePeerReadsNothingAndGoesOnWhenItDoes) {
  const auto loop = make_loop();
  SocketPair pair;
  CountingWakeable owner;
  Socket socket(*loop, pair.take_ours());
  const std::string block(1 << 16, 'x');
  std::size_t sent = 0;
  IoResult result{IoStatus::kOk, 0};
  for (int i = 0; i < 1'000 && result.status == IoStatus::kOk; ++i) {
    result = socket.write(block);
    sent += result.bytes;
  }
  ASSERT_EQ(result.status, IoStatus::kBlocked);
  loop->turn(std::chrono::milliseconds(0));  // the edges of opening
  socket.set_owner(&owner);
  EXPECT_EQ(socket.write(block).status, IoStatus::kBlocked);
  std::size_t received = 0;
  ASSERT_TRUE(drive(*loop, [&] {
    received += receive_now(pair.theirs).size();
    return owner.wakes > 0;
  }));
  EXPECT_EQ(socket.write(block).status, IoStatus::kOk);
  EXPECT_LE(received, sent);
}

TEST(SocketTest, KnowsWhatThePeerHasNotConfirmed) {
  const auto loop = make_loop();
  SocketPair pair;
  Socket socket(*loop, pair.take_ours());
  EXPECT_EQ(socket.unconfirmed(), 0U);
  const std::string much(1 << 20, 'x');
  while (socket.write(much).status == IoStatus::kOk) {
  }
  const auto before = socket.unconfirmed();
  EXPECT_GT(before, 0U);
  std::array<char, 65536> waste{};
  EXPECT_TRUE(drive(*loop, [&] {
    [[maybe_unused]] const auto got = ::recv(pair.theirs, waste.data(), waste.size(), MSG_DONTWAIT);
    return socket.unconfirmed() < before / 2;
  }));
  socket.close();
  EXPECT_EQ(socket.unconfirmed(), 0U);
}

TEST(SocketTest, AnswersAWriteToAGonePeerWithAnErrorNotASignal) {
  const auto loop = make_loop();
  SocketPair pair;
  Socket socket(*loop, pair.take_ours());
  pair.close_theirs();
  EXPECT_EQ(socket.write(std::string_view("x")).status, IoStatus::kError);
}

TEST(SocketTest, AnswersAResetWithAnErrorOnBothSides) {
  const auto loop = make_loop();
  LoopbackListener listener;
  const auto fd = start_connect(listener.endpoint, nullptr);
  ASSERT_TRUE(fd.has_value());
  Socket socket(*loop, *fd);
  int accepted = -1;
  ASSERT_TRUE(drive(*loop, [&] { return (accepted = listener.accept_one()) >= 0; }));
  {
    Socket peer(*loop, accepted);
    peer.reset_on_close();
  }
  ASSERT_TRUE(drive(*loop, [&] { return socket.is_dead(); }));
  EXPECT_EQ(read_status(socket), IoStatus::kError);
  EXPECT_EQ(socket.write(std::string_view("x")).status, IoStatus::kError);
}

TEST(SocketTest, PeeksWithoutTaking) {
  const auto loop = make_loop();
  SocketPair pair;
  Socket socket(*loop, pair.take_ours());
  char first = 0;
  EXPECT_EQ(socket.peek({&first, 1}).status, IoStatus::kBlocked);
  send_all(pair.theirs, "abc");
  EXPECT_EQ(socket.peek({&first, 1}).status, IoStatus::kOk);
  EXPECT_EQ(first, 'a');
  EXPECT_EQ(read_some(socket), "abc");
  pair.close_theirs();
  EXPECT_EQ(socket.peek({&first, 1}).status, IoStatus::kClosed);
}

TEST(SocketTest, HandsItsDescriptorOnWithWhatWaitsInIt) {
  const auto loop = make_loop();
  SocketPair pair;
  CountingWakeable first_owner;
  CountingWakeable second_owner;
  Socket probe(*loop, pair.take_ours());
  probe.set_owner(&first_owner);
  send_all(pair.theirs, "hello");
  ASSERT_TRUE(drive(*loop, [&] { return first_owner.wakes > 0; }));
  const int fd = probe.release();
  EXPECT_FALSE(probe.is_open());
  EXPECT_EQ(probe.release(), -1);
  PlainTransport transport(*loop, fd);
  transport.socket().set_owner(&second_owner);
  ASSERT_TRUE(drive(*loop, [&] { return second_owner.wakes > 0; }));  // what waited is an edge for the new one
  EXPECT_EQ(read_some(transport.socket()), "hello");
}

TEST(SocketTest, WakesItsNewOwnerAfterAChangeOfHands) {
  const auto loop = make_loop();
  SocketPair pair;
  CountingWakeable first;
  CountingWakeable second;
  Socket socket(*loop, pair.take_ours());
  socket.set_owner(&first);
  loop->turn(std::chrono::milliseconds(0));
  const int before = first.wakes;
  socket.set_owner(&second);
  send_all(pair.theirs, "x");
  ASSERT_TRUE(drive(*loop, [&] { return second.wakes > 0; }));
  EXPECT_EQ(first.wakes, before);
  socket.set_owner(nullptr);
  send_all(pair.theirs, "x");
  loop->turn(std::chrono::milliseconds(0));
  EXPECT_EQ(second.wakes, 1);
}

// Was: a closed socket that had last been empty answered kBlocked, which waits for a wake that never comes.
TEST(SocketTest, AnswersWithAnErrorOnceClosed) {
  const auto loop = make_loop();
  SocketPair pair;
  Socket socket(*loop, pair.take_ours());
  EXPECT_EQ(read_status(socket), IoStatus::kBlocked);
  socket.close();
  char byte = 0;
  EXPECT_EQ(read_status(socket), IoStatus::kError);
  EXPECT_EQ(socket.write(std::string_view("x")).status, IoStatus::kError);
  EXPECT_EQ(socket.peek({&byte, 1}).status, IoStatus::kError);
  socket.shutdown_write();
  socket.reset_on_close();
  socket.close();
}

TEST(SocketTest, IsNotOpenWhenTheDescriptorCannotBeWatched) {
  const auto loop = make_loop();
  Socket socket;
  EXPECT_FALSE(socket.open(*loop, -1));
  EXPECT_FALSE(socket.is_open());
}

TEST(ConnectTest, IsUndecidedUntilEpollSaysHowItEnded) {
  const auto loop = make_loop();
  LoopbackListener listener;
  const auto fd = start_connect(listener.endpoint, nullptr);
  ASSERT_TRUE(fd.has_value());
  Socket socket(*loop, *fd);
  socket.expect_connect();
  EXPECT_EQ(socket.connect_error(), EINPROGRESS);
  EXPECT_EQ(socket.write(std::string_view("x")).status, IoStatus::kBlocked);
  ASSERT_TRUE(drive(*loop, [&] { return socket.connect_error() != EINPROGRESS; }));
  EXPECT_EQ(socket.connect_error(), 0);
  EXPECT_EQ(remote_endpoint(*fd), listener.endpoint);
  EXPECT_EQ(local_endpoint(*fd).address, config::IpAddress::v4(0x7f000001));
  int no_delay = 0;
  socklen_t length = sizeof no_delay;
  ::getsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &length);
  EXPECT_EQ(no_delay, 1);
}

TEST(ConnectTest, FindsOutThatNobodyListens) {
  const auto loop = make_loop();
  LoopbackListener listener;
  const auto nobody = listener.endpoint;
  listener.close();
  const auto fd = start_connect(nobody, nullptr);
  if (fd.has_error()) {
    EXPECT_NE(fd.error().what.find("connect"), std::string::npos);
    return;
  }
  Socket socket(*loop, *fd);
  socket.expect_connect();
  int error = EINPROGRESS;
  ASSERT_TRUE(drive(*loop, [&] {
    error = socket.connect_error();
    return error != EINPROGRESS;
  }));
  EXPECT_EQ(error, ECONNREFUSED);
}

TEST(ConnectTest, DialsFromTheSourceAddress) {
  const auto loop = make_loop();
  LoopbackListener listener;
  const auto source = config::IpAddress::v4(0x7f000006);
  const auto fd = start_connect(listener.endpoint, &source);
  ASSERT_TRUE(fd.has_value());
  Socket socket(*loop, *fd);
  int peer = -1;
  ASSERT_TRUE(drive(*loop, [&] { return (peer = listener.accept_one()) >= 0; }));
  EXPECT_EQ(remote_endpoint(peer).address, source);
  ::close(peer);
}

TEST(ConnectTest, NamesTheSourceAddressItCannotUse) {
  LoopbackListener listener;
  const auto foreign = config::IpAddress::v4(0xc0000201);  // 192.0.2.1, documentation only
  const auto fd = start_connect(listener.endpoint, &foreign);
  ASSERT_TRUE(fd.has_error());
  EXPECT_NE(fd.error().what.find("source"), std::string::npos);
}

/// Where tests may not, the error says what was missing.
TEST(ConnectTest, DialsFromAnAddressOfOthersWhereItMay) {
  const auto loop = make_loop();
  LoopbackListener listener;
  const auto foreign = config::IpAddress::v4(0xc0000201);
  const auto fd =
      start_connect(listener.endpoint, {.source = &foreign, .addresses = Addresses::kAnybodys, .mark = 1338});
  if (fd.has_error()) {
    EXPECT_NE(fd.error().what.find("Operation not permitted"), std::string::npos) << fd.error().what;
    GTEST_SKIP() << "needs CAP_NET_ADMIN: " << fd.error().what;
  }
  Socket socket(*loop, *fd);
  int peer = -1;
  ASSERT_TRUE(drive(*loop, [&] { return (peer = listener.accept_one()) >= 0 || local_endpoint(*fd).port != 0; }));
  EXPECT_EQ(local_endpoint(*fd).address, foreign);
  EXPECT_LT(local_endpoint(*fd).port, 32'768) << "a port that callers have";
  std::uint32_t mark = 0;
  socklen_t length = sizeof mark;
  ::getsockopt(*fd, SOL_SOCKET, SO_MARK, &mark, &length);
  EXPECT_EQ(mark, 1338U);
  if (peer >= 0) {
    ::close(peer);
  }
}

TEST(ListenTest, ListensForTproxyWhereItMay) {
  const auto opened = open_listener({config::IpAddress::v4(0x7f000001), 0}, Addresses::kAnybodys);
  if (opened.has_error()) {
    EXPECT_NE(opened.error().what.find("CAP_NET_ADMIN"), std::string::npos) << opened.error().what;
    GTEST_SKIP() << opened.error().what;
  }
  int transparent = 0;
  socklen_t length = sizeof transparent;
  ::getsockopt(*opened, IPPROTO_IP, IP_TRANSPARENT, &transparent, &length);
  EXPECT_EQ(transparent, 1);
  ::close(*opened);
}

TEST(ListenTest, NamesTheEndpointItCannotUse) {
  const auto listener = open_listener({config::IpAddress::v4(0xc0000201), 1});
  ASSERT_TRUE(listener.has_error());
  EXPECT_EQ(listener.error().where, "192.0.2.1:1");
}

}  // namespace
}  // namespace gabion::proxy
