"""Sends many streams at once, each over a connection of its own, and waits for each until it is answered or quiet."""

import asyncio

from addresses import split

AT_ONCE = 24
QUIET = 0.12  # s without a byte, after which the peer is taken to wait for more
LONGEST = 4.0  # s for one stream
PAUSE = 0.02  # s between the pieces of a stream


async def _send(endpoint, source, pieces, places):
    async with places:
        try:
            reader, writer = await asyncio.open_connection(*split(endpoint), local_addr=(source, 0) if source else None)
        except OSError as error:
            return repr(error).encode()
        received = b""
        try:
            for index, piece in enumerate(pieces):
                if index:
                    await asyncio.sleep(PAUSE)
                writer.write(piece)
            await writer.drain()
            async with asyncio.timeout(LONGEST):
                while (piece := await asyncio.wait_for(reader.read(65536), QUIET)):
                    received += piece
        except (OSError, TimeoutError):
            pass
        writer.close()
        return received


async def _send_all(endpoint, source, wires):
    places = asyncio.Semaphore(AT_ONCE)
    return await asyncio.gather(*(_send(endpoint, source, pieces, places) for pieces in wires))


def send(endpoint, streams, source=None):
    """What came back for each of {number: stream}, by number."""
    numbers = list(streams)
    return dict(
        zip(numbers, asyncio.run(_send_all(endpoint, source, [streams[number].wire(number) for number in numbers]))))
