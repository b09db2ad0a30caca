"""RFC 7541: indices, sizes of the table, integers and strings, in header blocks made by hand."""

from case import Case, connection_error, served
from h2_wire import continuation, headers, indexed, integer, literal, table_size, text

COMPRESSION = 9
COMPRESSED = connection_error(COMPRESSION)
# Static entries: 2 :method GET, 4 :path /, 6 :scheme http.
SHORT = indexed(2) + indexed(6) + indexed(4) + literal(":authority", "orders.shop")


def sends(*parts, before=b""):
    """Sends a request whose block is `before`, an ordinary head and the parts."""
    return lambda wire: wire.send(headers(1, before + SHORT + b"".join(parts)))


def huffman(code, bits, pad="1"):
    """A string of one byte's code, padded."""
    out = format(code, f"0{bits}b")
    out += pad * (-len(out) % 8)
    raw = int(out, 2).to_bytes(len(out) // 8, "big")
    return integer(len(raw), 7, 0x80) + raw


A = (0x3, 5)  # 'a' is 00011
VALUE = b"\x00" + text("x-value")

INDICES = [
    Case("7541-2.3.3/static", "the static table is known", lambda wire: wire.send(headers(1, SHORT)), served()),
    Case("7541-2.3.3/beyond", "an index beyond both tables is an error", sends(indexed(62)), COMPRESSED),
    Case("7541-2.3.3/far-beyond", "an index beyond both tables is an error", sends(indexed(70000)), COMPRESSED),
    Case("7541-2.3.3/name-beyond", "the index of a name beyond both tables is an error",
         sends(integer(62, 4) + text("a")), COMPRESSED),
    Case("7541-2.3.3/name-beyond-kept", "the index of a name beyond both tables is an error",
         sends(integer(62, 6, 0x40) + text("a")), COMPRESSED),
    Case("7541-2.3.3/name-beyond-never", "the index of a name beyond both tables is an error",
         sends(integer(62, 4, 0x10) + text("a")), COMPRESSED),
    Case("7541-6.1/zero", "index 0 is an error", sends(indexed(0)), COMPRESSED),
    Case("7541-6.1/dynamic", "an entry that was added is found in the same block",
         sends(literal("x-kept", "a", 0x40), indexed(62)), served()),
    Case("7541-6.1/later", "and in the next one",
         lambda wire: wire.send(headers(1, SHORT + literal("x-kept", "a", 0x40)), headers(3, SHORT + indexed(62))),
         served(1, 3)),
    Case("7541-6.1/two-added", "the newest entry comes first",
         sends(literal("x-one", "a", 0x40), literal("x-two", "b", 0x40), indexed(62), indexed(63)), served()),
    Case("7541-6.1/two-added-no-third", "and there is no third",
         sends(literal("x-one", "a", 0x40), literal("x-two", "b", 0x40), indexed(64)), COMPRESSED),
    Case("7541-6.2.1/name", "a name may be an index", sends(integer(58, 6, 0x40) + text("agent"), indexed(62)),
         served()),
    Case("7541-6.2.2/not-kept", "a field without indexing is not added", sends(literal("x", "a"), indexed(62)),
         COMPRESSED),
    Case("7541-6.2.3/never-kept", "a field that is never indexed is not added",
         sends(literal("x", "a", 0x10), indexed(62)), COMPRESSED),
    Case("7541-6.2.3/never", "a field that is never indexed is a field", sends(literal("authorization", "a", 0x10)),
         served()),
    Case(
        "7541-2.3.2/in-continuation", "the table is kept across the pieces of a block", lambda wire: wire.send(
            headers(1, SHORT + literal("x-kept", "a", 0x40), whole=False), continuation(1, indexed(62))), served()),
]

SIZES = [
    Case("7541-4.2/at-start", "a size update at the beginning of a block is right", sends(before=table_size(100)),
         served()),
    Case("7541-4.2/zero", "a size of 0 is right", sends(before=table_size(0)), served()),
    Case("7541-4.2/two", "two updates at the beginning are right", sends(before=table_size(0) + table_size(4096)),
         served()),
    Case("7541-4.2/at-end", "a size update behind a field is an error", sends(table_size(100)), COMPRESSED),
    Case("7541-4.2/between", "a size update between fields is an error", sends(table_size(100), literal("x", "a")),
         COMPRESSED),
    Case("7541-6.3/too-large", "a size above SETTINGS_HEADER_TABLE_SIZE is an error",
         lambda wire: wire.send(headers(1,
                                        table_size(wire.setting(1, 4096) + 1) + SHORT)), COMPRESSED),
    Case("7541-6.3/huge", "a size above SETTINGS_HEADER_TABLE_SIZE is an error", sends(before=table_size(1 << 30)),
         COMPRESSED),
    Case("7541-6.3/largest", "the size of SETTINGS_HEADER_TABLE_SIZE is right",
         lambda wire: wire.send(headers(1,
                                        table_size(wire.setting(1, 4096)) + SHORT)), served()),
    Case(
        "7541-4.3/evicted", "a smaller size evicts entries", lambda wire: wire.send(
            headers(1, SHORT + literal("x-kept", "a", 0x40)), headers(3,
                                                                      table_size(0) + SHORT + indexed(62))),
        COMPRESSED),
    Case(
        "7541-4.3/evicted-for-good", "an entry evicted by a small size does not come back with a large one",
        lambda wire: wire.send(headers(1, SHORT + literal("x-kept", "a", 0x40)),
                               headers(3,
                                       table_size(0) + table_size(4096) + SHORT + indexed(62))), COMPRESSED),
    Case("7541-4.4/larger-than-table", "an entry larger than the table empties it and is no error",
         lambda wire: wire.send(headers(1,
                                        table_size(64) + SHORT + literal("x-kept", "y" * 100, 0x40))), served()),
    Case(
        "7541-4.4/emptied", "and nothing is left to be found", lambda wire: wire.send(
            headers(1,
                    table_size(64) + SHORT + literal("x", "a", 0x40) + literal("x-kept", "y" * 100, 0x40) + indexed(62))
        ), COMPRESSED),
    Case(
        "7541-4.4/room-for-one", "the oldest entry leaves for the newest: 32 bytes and the text each (§4.1)",
        lambda wire: wire.send(
            headers(1,
                    table_size(68) + SHORT + literal("a", "1", 0x40) + literal("b", "2", 0x40) + indexed(63))),
        served()),
    Case(
        "7541-4.4/no-room-for-two", "one byte less holds one entry", lambda wire: wire.send(
            headers(1,
                    table_size(67) + SHORT + literal("a", "1", 0x40) + literal("b", "2", 0x40) + indexed(63))),
        COMPRESSED),
    Case(
        "7541-4.4/name-of-evicted", "a name may be taken from the entry that the new one evicts",
        lambda wire: wire.send(
            headers(
                1,
                table_size(64) + SHORT + literal("x-kept", "a", 0x40) + integer(62, 6, 0x40) + text("b" * 20) + indexed(
                    62))), served()),
]

STRINGS = [
    Case("7541-5.1/long-form", "an integer may be longer than it need be",
         sends(b"\x00", b"\x7f\x80\x00" + b"x" * 127, text("a")), served()),
    Case("7541-5.1/overflow", "an integer beyond what can be is an error", sends(b"\xff" + b"\xff" * 20 + b"\x0f"),
         COMPRESSED),
    Case("7541-5.1/endless", "an integer of many zeros is an error or ends", sends(b"\xff" + b"\x80" * 30 + b"\x00"),
         COMPRESSED),
    Case("7541-5.1/cut", "an integer that does not end is an error", sends(b"\xff\xff"), COMPRESSED),
    Case("7541-5.2/length-beyond", "a string longer than the block is an error", sends(b"\x00", integer(100, 7), b"x"),
         COMPRESSED),
    Case("7541-5.2/length-huge", "a string of 2^31 bytes is an error", sends(b"\x00", integer(1 << 31, 7), b"x"),
         COMPRESSED),
    Case("7541-5.2/value-cut", "a field without its value is an error", sends(b"\x00", text("x")), COMPRESSED),
    Case("7541-5.2/name-cut", "a field without its name is an error", sends(b"\x00"), COMPRESSED),
    Case("7541-5.2/huffman", "strings may be Huffman coded", sends(VALUE, huffman(*A)), served()),
    Case("7541-5.2/huffman-name", "names too", sends(b"\x00", huffman(*A), text("b")), served()),
    Case("7541-5.2/huffman-empty", "a Huffman string may be empty", sends(VALUE, b"\x80"), served()),
    Case("7541-5.2/padding-zeros", "padding with zeros is an error", sends(VALUE, huffman(*A, pad="0")), COMPRESSED),
    Case("7541-5.2/padding-mixed", "padding other than ones is an error", sends(VALUE, b"\x81\x1e"), COMPRESSED),
    Case("7541-5.2/padding-of-8", "padding of more than 7 bits is an error", sends(VALUE, b"\x82\x1f\xff"), COMPRESSED),
    Case("7541-5.2/padding-of-24", "padding of more than 7 bits is an error", sends(VALUE, b"\x84\x1f\xff\xff\xff"),
         COMPRESSED),
    Case("7541-5.2/only-padding", "a byte of padding alone is an error", sends(VALUE, b"\x81\xff"), COMPRESSED),
    Case("7541-5.2/eos", "the EOS symbol is an error", sends(VALUE, b"\x84\xff\xff\xff\xff"), COMPRESSED),
    Case("7541-5.2/eos-within", "the EOS symbol is an error within a string", sends(VALUE, b"\x85\x1f\xff\xff\xff\xff"),
         COMPRESSED),
    Case("7541-5.2/code-cut", "a code that is cut is an error", sends(VALUE, b"\x82\xff\xfe"), COMPRESSED),
]

CASES = INDICES + SIZES + STRINGS
