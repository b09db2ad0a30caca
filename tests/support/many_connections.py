"""Thousands of connections at once from one thread, each asked and answered, none closed in between."""

import errno
import resource
import select
import socket

REQUEST = b"GET /many HTTP/1.1\r\nhost: many\r\n\r\n"
AT_ONCE = 200  # connecting or waiting for an answer: the rest only stands there


def allow_descriptors(count):
    """For this process; whoever may not have so many is told."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(hard, count)))


class ManyConnections:
    """To one address, all from here. Made in the namespace it calls from."""

    def __init__(self, address, count):
        self._address, self._count = address, count
        self._epoll = select.epoll()
        self._streams = {}
        self._answers = {}

    def open_all(self):
        """Opens them and asks on each; the number that was answered."""
        return self._run(iter([None] * self._count))

    def ask_all(self):
        """Asks again on those that are open; the number that was answered."""
        return self._run(iter(list(self._streams)))

    def _run(self, wanted):
        waiting, answered = set(), 0
        while True:
            while len(waiting) < AT_ONCE:
                number = next(wanted, ())
                if number == ():
                    break
                waiting.add(self._connect() if number is None else self._ask(number))
            if not waiting:
                return answered
            ready = self._epoll.poll(20)
            assert ready, f"{answered} answered, {len(waiting)} wait in vain"
            for number, events in ready:
                if number in waiting and self._went_on(number, events):
                    waiting.discard(number)
                    answered += 1

    def _connect(self):
        stream = socket.socket(socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET)
        stream.setblocking(False)
        assert stream.connect_ex(self._address) in (0, errno.EINPROGRESS)
        number = stream.fileno()
        self._streams[number], self._answers[number] = stream, b""
        self._epoll.register(number, select.EPOLLOUT)
        return number

    def _ask(self, number):
        self._answers[number] = b""
        self._streams[number].sendall(REQUEST)
        return number

    def _went_on(self, number, events):
        """Whether it has its answer."""
        stream = self._streams[number]
        if events & select.EPOLLOUT:
            error = stream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            assert error == 0, f"{len(self._streams)} were opened, this one not: {errno.errorcode[error]}"
            self._epoll.modify(number, select.EPOLLIN)
            self._ask(number)
            return False
        more = stream.recv(4096)
        assert more, f"closed after {self._answers[number]!r}"
        self._answers[number] += more
        head, end, body = self._answers[number].partition(b"\r\n\r\n")
        if not end or not body.endswith(b"\n"):
            return False
        assert head.startswith(b"HTTP/1.1 200"), head
        return True

    def close(self):
        for stream in self._streams.values():
            stream.close()
        self._epoll.close()
