// An OpenSSL BIO over Socket: see socket_bio.h.
#include "proxy/tls/socket_bio.h"

#include <openssl/bio.h>

namespace gabion::proxy::tls {
namespace {

Socket& socket_of(BIO* bio) noexcept {
  return *static_cast<Socket*>(BIO_get_data(bio));
}

int bio_read(BIO* bio, char* into, std::size_t length, std::size_t* got) {
  BIO_clear_retry_flags(bio);
  const auto result = socket_of(bio).read({into, length});
  *got = result.bytes;
  switch (result.status) {
    case IoStatus::kOk:
      return 1;
    case IoStatus::kBlocked:
      BIO_set_retry_read(bio);
      return -1;
    case IoStatus::kClosed:
      BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
      return 0;
    case IoStatus::kError:
      return -1;
  }
  return -1;
}

int bio_write(BIO* bio, const char* bytes, std::size_t length, std::size_t* put) {
  BIO_clear_retry_flags(bio);
  const auto result = socket_of(bio).write({bytes, length});
  *put = result.bytes;
  if (result.status == IoStatus::kOk) {
    return 1;
  }
  if (result.status == IoStatus::kBlocked) {
    BIO_set_retry_write(bio);
  }
  return -1;
}

long bio_control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default:
      return 0;
  }
}

BIO_METHOD* make_method() noexcept {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gabion socket");
  BIO_meth_set_read_ex(method, bio_read);
  BIO_meth_set_write_ex(method, bio_write);
  BIO_meth_set_ctrl(method, bio_control);
  return method;
}

}  // namespace

BIO* make_socket_bio(Socket& socket) noexcept {
  static const BIO_METHOD* const method = make_method();  // OpenSSL wants one description per process
  BIO* bio = BIO_new(method);
  if (bio != nullptr) {
    BIO_set_data(bio, &socket);
    BIO_set_init(bio, 1);
  }
  return bio;
}

}  // namespace gabion::proxy::tls
