"""What ordinary answers are full of and is nobody's secret: ids, times, versions, places, hashes."""

import base64
import hashlib
import uuid

from stdnum import luhn

from .values import DIGITS, LETTERS, digits, pick


def epoch_ms(rng):
    return str(1_600_000_000_000 + rng.randrange(10**11))


def epoch_us(rng):
    return str(1_600_000_000_000_000 + rng.randrange(10**14))


def snowflake(rng):
    return "1" + pick(rng, DIGITS, 17)


def stamp(rng):
    return f"20{rng.randrange(10, 27)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}{rng.randrange(24):02d}{rng.randrange(60):02d}{rng.randrange(60):02d}"


def isotime(rng):
    return f"20{rng.randrange(10, 27)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}.{pick(rng, DIGITS, 3)}Z"


def sha1(rng):
    return hashlib.sha1(rng.randbytes(8)).hexdigest()


def sha256(rng):
    return hashlib.sha256(rng.randbytes(8)).hexdigest()


def version(rng):
    return f"{rng.randrange(1, 200)}.{rng.randrange(99)}.{rng.randrange(9999)}.{rng.randrange(999)}"


def coordinate(rng):
    return f"{rng.uniform(-90, 90):.{rng.choice([6, 13, 15])}f}"


def wrong_card(rng):
    body = "4" + pick(rng, DIGITS, 14)
    return body + str((int(luhn.calc_check_digit(body)) + rng.randrange(1, 10)) % 10)


def unissued(rng):
    """Passes the check of cards, and no network issues it."""
    body = rng.choice(["70", "79", "99"]) + pick(rng, DIGITS, 13)
    return body + luhn.calc_check_digit(body)


def grouped(rng):
    return f"{rng.randrange(1, 999)},{pick(rng, DIGITS, 3)},{pick(rng, DIGITS, 3)}.{pick(rng, DIGITS, 2)}"


def page(rng):
    return f"https://shop.example/{rng.choice(['items', 'orders'])}/{digits(rng, 9)}?page={rng.randrange(99)}&sid={pick(rng, LETTERS, 16)}"


# Names and what stands below them; True: may be a JSON number.
LOOKALIKES = (
    (("created_ms", "ts", "updatedAt", "expires"), epoch_ms, True),
    (("trace_us", "seq"), epoch_us, True),
    (("id", "object_id", "messageId"), snowflake, True),
    (("created", "modified", "date"), isotime, False),
    (("batch", "run"), stamp, False),
    (("order_no", "invoice", "customerId"), lambda rng: digits(rng, rng.randrange(6, 11)), True),
    (("order_ref",), lambda rng: f"ORD-{pick(rng, DIGITS, 4)}-{pick(rng, DIGITS, 6)}", False),
    (("uuid", "requestId", "correlation"), lambda rng: str(uuid.UUID(bytes=rng.randbytes(16), version=4)), False),
    (("commit", "etag"), sha1, False),
    (("digest", "checksum"), sha256, False),
    (("version", "browser"), version, False),
    (("lat", "lng"), coordinate, True),
    (("price", "amount", "total"), lambda rng: f"{rng.randrange(10**6)}.{pick(rng, DIGITS, 2)}", True),
    (("sku", "part"), lambda rng: f"{pick(rng, LETTERS.upper(), 3)}-{pick(rng, DIGITS, 5)}", False),
    (("ext", "room", "ticket"), lambda rng: f"{pick(rng, DIGITS, 3)}-{pick(rng, DIGITS, 2)}", False),
    (("host", "node"), lambda rng: f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}", False),
    (("cursor", "next"), lambda rng: pick(rng, LETTERS, 28), False),
    (("status", "kind"), lambda rng: rng.choice(["paid", "open", "public", "policy", "session", "shipped"]), False),
    (("title", "name"), lambda rng: rng.choice(["Blue lamp, 40 W", "Gabions 1x1x0.5 m", "Oak table", "USB-C 100W"]), False),
    (("document", "tracking"), wrong_card, True),
    (("node_id", "partition"), unissued, True),
    (("revenue", "balance"), grouped, False),
    (("href", "self"), page, False),
    (("icon", "thumbnail"), lambda rng: "data:image/png;base64," + base64.b64encode(rng.randbytes(60)).decode(), False),
    (("ean", "isbn"), lambda rng: "978" + pick(rng, DIGITS, 10), True),
    (("period", "range"), lambda rng: f"2024-{rng.randrange(1, 13):02d}-01/2024-12-{rng.randrange(1, 32):02d}", False),
    (("ssn", "taxId"), lambda rng: rng.choice(["***-**-1234", "000-12-3456", "n/a", "666-01-0001"]), False),
    (("password", "secret"), lambda rng: rng.choice(["********", "<redacted>", "${DB_PASSWORD}", "changeme"]), False),
    (("email", "owner"), lambda rng: rng.choice(["@media", "root@localhost", "not given", "a@b"]), False),
    (("phone_format", "mask"), lambda rng: rng.choice(["(###) ###-####", "+1 xxx xxx xxxx", "00-00"]), False),
    # Named like what is looked for, and something else.
    (("patientId", "providerId", "passportId"), lambda rng: digits(rng, rng.randrange(6, 8)), True),
    (("accountNo", "bankRef"), lambda rng: digits(rng, 12, "1234"), True),
    (("cardId", "callId", "session_token_id"), lambda rng: str(uuid.UUID(bytes=rng.randbytes(16), version=4)), False),
    (("routingKey", "sin", "cos", "medicareStatus"), lambda rng: rng.choice(["orders.created", "0.5", "enrolled"]), False),
    (("phoneModel", "mobileApp"), lambda rng: rng.choice(["SM-G991B", "Pixel 8", "4.12.1903"]), False),
    (("passport_expires", "card_expires"), lambda rng: f"20{rng.randrange(27, 36)}-{rng.randrange(1, 13):02d}-01", False),
    (("panId", "ccEmails"), lambda rng: rng.choice(["0", "17", "none"]), False),
    (("color", "rgb"), lambda rng: f"#{rng.randrange(2**24):06x}", False),
    (("iban_hint", "example"), lambda rng: "DE00 " + " ".join(pick(rng, DIGITS, 4) for _ in range(4)) + " 00", False),
    (("count", "size", "width"), lambda rng: str(rng.randrange(10**5)), True),
)


def field(rng):
    """A name, its text, and whether it is a number."""
    names, make, may_be_number = rng.choice(LOOKALIKES)
    return rng.choice(names), make(rng), may_be_number and rng.random() < 0.7
