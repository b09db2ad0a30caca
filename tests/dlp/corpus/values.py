"""Values to plant: each valid by its own published arithmetic, which python3-stdnum does where it can."""

import base64
import dataclasses
import hashlib
import hmac
import json
import string
import typing
import zlib

from stdnum import luhn, verhoeff
from stdnum.au import tfn
from stdnum.br import cnpj, cpf
from stdnum.ca import sin
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import ein, rtn, ssn

DIGITS = string.digits
LETTERS = string.ascii_letters + DIGITS
MOST_TRIES = 20_000


@dataclasses.dataclass(frozen=True)
class Kind:
    """A type to plant below one of `fields`, which hold its cue where it needs one."""

    entity: str
    make: typing.Callable
    fields: tuple[str, ...]
    needs_cue: bool = False
    is_number: bool = False  # may stand as a JSON number
    frame: str = "{}"  # what stands around the value in its field
    shapes: tuple[str, ...] = ()  # documents it may stand in; empty: all


def pick(rng, alphabet, count):
    return "".join(rng.choice(alphabet) for _ in range(count))


def digits(rng, count, first=None):
    return (rng.choice(first) if first else rng.choice("123456789")) + pick(rng, DIGITS, count - 1)


def until_valid(make, is_valid):
    for _ in range(MOST_TRIES):
        value = make()
        if is_valid(value):
            return value
    raise RuntimeError("no valid value found")


def card_digits(rng):
    prefix, length = rng.choice([("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16),
                                 ("3528", 16), ("36", 14)])
    body = prefix + pick(rng, DIGITS, length - len(prefix) - 1)
    return body + luhn.calc_check_digit(body)


def card(rng):
    number = card_digits(rng)
    separator = rng.choice(["", "", " ", "-", "\u00a0"])
    if not separator:
        odd = rng.random()  # as a Japanese form has them, or with what some editors leave behind
        if odd < 0.05:
            return "".join(chr(0xFF10 + int(digit)) for digit in number)
        return number[:4] + "\u200b" + number[4:] if odd < 0.1 else number
    cuts = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[len(number)]
    groups, at = [], 0
    for size in cuts:
        groups.append(number[at:at + size])
        at += size
    return separator.join(groups)


def us_ssn(rng):
    number = until_valid(lambda: pick(rng, DIGITS, 9), ssn.is_valid)
    return f"{number[:3]}-{number[3:5]}-{number[5:]}"


def iban(rng):
    country, body = rng.choice([
        ("DE", lambda: pick(rng, DIGITS, 18)), ("GB", lambda: pick(rng, string.ascii_uppercase, 4) + pick(rng, DIGITS, 14)),
        ("NL", lambda: pick(rng, string.ascii_uppercase, 4) + pick(rng, DIGITS, 10)), ("AT", lambda: pick(rng, DIGITS, 16))])
    text = body()
    rest = int("".join(str(int(c, 36)) for c in text + country + "00")) % 97
    whole = f"{country}{98 - rest:02d}{text}"
    if rng.random() < 0.4:
        return " ".join(whole[i:i + 4] for i in range(0, len(whole), 4))
    return whole


def email(rng):
    local = rng.choice(["anna", "j.smith", "li.wei", "o'neil", "maria+news", "dev_ops", "k-2049"])
    return f"{local}@{pick(rng, string.ascii_lowercase, 6)}.{rng.choice(['org', 'example.com', 'co.uk', 'io'])}"


def phone(rng):
    return rng.choice([
        lambda: f"+49 30 {digits(rng, 4)} {digits(rng, 4)}", lambda: f"+1 415-{digits(rng, 3, '23456789')}-{pick(rng, DIGITS, 4)}",
        lambda: f"(212) {digits(rng, 3, '23456789')}-{pick(rng, DIGITS, 4)}", lambda: f"+4420{digits(rng, 8, '378')}"])()


def jwt(rng):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    head = part({"alg": rng.choice(["HS256", "RS256", "ES256"]), "typ": "JWT"})
    body = part({"sub": pick(rng, DIGITS, 8), "iat": 1_700_000_000 + rng.randrange(10**7)})
    key = rng.randbytes(32)
    mark = hmac.new(key, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def aws_key_id(rng):
    return until_valid(lambda: rng.choice(["AKIA", "ASIA"]) + pick(rng, string.ascii_uppercase + "234567", 16),
                       lambda text: len(set(text)) > 10)


def private_key(rng):
    lines = [pick(rng, LETTERS + "+/", 64) for _ in range(rng.randrange(4, 9))]
    return "-----BEGIN PRIVATE KEY-----\n" + "\n".join(lines) + "\n-----END PRIVATE KEY-----"


def stripe_key(rng):
    return rng.choice(["sk_live_", "rk_live_"]) + pick(rng, LETTERS, 24)


def slack_token(rng):
    return f"xoxb-{digits(rng, 12)}-{digits(rng, 12)}-{pick(rng, LETTERS, 24)}"


def password_hash(rng):
    last = rng.choice(".CGKOSWaeimquy26")  # four bits are left for it
    return "$2b$12$" + pick(rng, LETTERS + "./", 52) + last


def uk_nino(rng):
    first = rng.choice(["AB", "CE", "HJ", "JK", "LM", "PR", "SX", "WE"])
    number = pick(rng, DIGITS, 6)
    tail = rng.choice("ABCD")
    if rng.random() < 0.5:
        return f"{first} {number[:2]} {number[2:4]} {number[4:]} {tail}"
    return first + number + tail


def br_cpf(rng):
    number = until_valid(lambda: pick(rng, DIGITS, 11), lambda text: cpf.is_valid(text) and len(set(text)) > 1)
    return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"


def br_cnpj(rng):
    body = pick(rng, DIGITS, 8) + "0001"
    number = body + cnpj.calc_check_digits(body)
    return f"{number[:2]}.{number[2:5]}.{number[5:8]}/{number[8:12]}-{number[12:]}"


def es_nif(rng):
    body = digits(rng, 8)
    return body + dni.calc_check_digit(body)


def es_nie(rng):
    body = rng.choice("XYZ") + pick(rng, DIGITS, 7)
    return body + nie.calc_check_digit(body)


def fr_nir(rng):
    body = f"{rng.choice('12')}{rng.randrange(40, 99):02d}{rng.randrange(1, 13):02d}{rng.randrange(1, 95):02d}{digits(rng, 3)}{digits(rng, 3)}"
    return body + nir.calc_check_digits(body)


def fi_hetu(rng):
    return until_valid(lambda: f"{rng.randrange(1, 29):02d}{rng.randrange(1, 13):02d}{rng.randrange(40, 99):02d}-"
                               f"{rng.randrange(2, 900):03d}{rng.choice('0123456789ABCDEFHJKLMNPRSTUVWXY')}", hetu.is_valid)


def cn_id(rng):
    body = rng.choice(["110105", "310104", "440106"]) + f"{rng.randrange(1950, 2005)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}{digits(rng, 3)}"
    return body + ric.calc_check_digit(body + "0")


def aadhaar(rng):
    body = digits(rng, 11, "23456789")
    number = body + verhoeff.calc_check_digit(body)
    return f"{number[:4]} {number[4:8]} {number[8:]}"


def by_number(length, is_valid, first=None):
    return lambda rng: until_valid(lambda: digits(rng, length, first), is_valid)


def is_idnr(text):
    """The three equal digits of a number do not stand side by side: so its issuer says, python3-stdnum does not."""
    return idnr.is_valid(text) and not any(digit * 3 in text for digit in DIGITS)


def until_routing(rng):
    return until_valid(lambda: rng.choice(["0", "1", "2", "3"]) + pick(rng, DIGITS, 8),
                       lambda text: rtn.is_valid(text) and (int(text[:2]) <= 12 or 21 <= int(text[:2]) <= 32))


def bitcoin(rng):
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    body = b"\x00" + rng.randbytes(20)
    whole = body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    number, text = int.from_bytes(whole, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = alphabet[rest] + text
    return "1" * (len(whole) - len(whole.lstrip(b"\x00"))) + text


def us_itin(rng):
    return f"9{pick(rng, DIGITS, 2)}-{rng.randrange(70, 89)}-{pick(rng, DIGITS, 4)}"


def us_ein(rng):
    number = until_valid(lambda: digits(rng, 9), ein.is_valid)
    return f"{number[:2]}-{number[2:]}"


def date(rng):
    return rng.randrange(40, 99), rng.randrange(1, 13), rng.randrange(1, 29)


def kr_rrn(rng):
    return until_valid(lambda: "%02d%02d%02d" % date(rng) + "-" + rng.choice("12") + pick(rng, DIGITS, 6), rrn.is_valid)


def it_fiscal_code(rng):
    year, _, day = date(rng)
    body = pick(rng, "BCDFGLMNPRST", 6) + f"{year:02d}{rng.choice('ABCDEHLMPRST')}{day:02d}{rng.choice('ABCDEFGHIL')}{digits(rng, 3)}"
    return body + codicefiscale.calc_check_digit(body)


def se_personnummer(rng):
    return until_valid(lambda: "%02d%02d%02d" % date(rng) + "-" + pick(rng, DIGITS, 4), personnummer.is_valid)


def in_pan(rng):
    return pick(rng, string.ascii_uppercase, 3) + rng.choice("ABCFGHLJPT") + pick(rng, string.ascii_uppercase, 1) + digits(rng, 4) + pick(
        rng, string.ascii_uppercase, 1)


def au_medicare(rng):
    body = digits(rng, 8, "23456")
    check = sum(int(digit) * weight for digit, weight in zip(body, (1, 3, 7, 9, 1, 3, 7, 9))) % 10
    return f"{body}{check}{rng.choice('123456789')}"


def us_mbi(rng):
    letters = "ACDEFGHJKMNPQRTUVWXY"
    marks = (string.digits[1:], letters, letters + DIGITS, DIGITS, letters, letters + DIGITS, DIGITS, letters, letters, DIGITS, DIGITS)
    text = "".join(rng.choice(mark) for mark in marks)
    return rng.choice([text, f"{text[:4]}-{text[4:7]}-{text[7:]}"])


def us_npi(rng):
    body = digits(rng, 9, "12")
    return body + luhn.calc_check_digit("80840" + body)


def us_dea(rng):
    number = pick(rng, DIGITS, 6)
    check = (sum(int(d) for d in number[::2]) + 2 * sum(int(d) for d in number[1::2])) % 10
    return rng.choice("ABFM") + pick(rng, string.ascii_uppercase, 1) + number + str(check)


def mrz_check(text):
    return str(sum((int(c, 36) if c != "<" else 0) * (7, 3, 1)[at % 3] for at, c in enumerate(text)) % 10)


def passport_mrz(rng):
    number = pick(rng, string.ascii_uppercase + DIGITS, 9)
    born = "%02d%02d%02d" % date(rng)
    until = f"{rng.randrange(27, 36)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
    personal = "<" * 14
    name = f"P<UTO{rng.choice(['ERIKSSON<<ANNA<MARIA', 'LI<<WEI', 'DOE<<JOHN'])}".ljust(44, "<")
    first = number + mrz_check(number)
    second = born + mrz_check(born)
    third = until + mrz_check(until)
    rest = personal + "0"
    return f"{name}\n{first}UTO{second}{rng.choice('FM')}{third}{rest}{mrz_check(first + second + third + rest)}"


def github_token(rng):
    body = pick(rng, LETTERS, 30)
    number, check = zlib.crc32(body.encode()), ""
    alphabet = DIGITS + string.ascii_uppercase + string.ascii_lowercase
    for _ in range(6):
        number, rest = divmod(number, 62)
        check = alphabet[rest] + check
    return rng.choice(["ghp_", "gho_", "ghs_"]) + body + check


def password(rng):
    return until_valid(lambda: pick(rng, LETTERS + "!#_", 16), lambda text: len(set(text)) > 12)


def base64_of(count):
    return lambda rng: base64.b64encode(rng.randbytes(count)).decode()


ANY = ("value", "note", "detail", "message", "text", "reference", "payload", "description")

KINDS = (
    Kind("CREDIT_CARD", card, ANY + ("card", "pan", "cardNumber")),
    Kind("CREDIT_CARD", card_digits, ("card", "number", "pan"), is_number=True),
    Kind("US_SSN", us_ssn, ANY + ("ssn",)),
    Kind("US_SSN", lambda rng: us_ssn(rng).replace("-", ""), ("ssn", "social_security"), needs_cue=True),
    Kind("IBAN_CODE", iban, ANY + ("iban", "account")),
    Kind("EMAIL_ADDRESS", email, ANY + ("email", "contact")),
    Kind("PHONE_NUMBER", phone, ANY + ("phone", "mobile")),
    Kind("JWT", jwt, ("token", "idToken", "session")),
    Kind("AWS_ACCESS_KEY_ID", aws_key_id, ANY + ("accessKeyId",)),
    Kind("PRIVATE_KEY", private_key, ("key", "pem", "value")),
    Kind("STRIPE_KEY", stripe_key, ANY + ("apiKey",)),
    Kind("SLACK_TOKEN", slack_token, ANY + ("bot_token",)),
    Kind("PASSWORD_HASH", password_hash, ("password_hash", "hash", "pw")),
    Kind("UK_NINO", uk_nino, ANY + ("nino",)),
    Kind("UK_NHS", by_number(10, nhs.is_valid), ("nhs_number", "patientNhs"), needs_cue=True, is_number=True),
    Kind("CA_SIN", by_number(9, sin.is_valid, "1234567"), ("sin", "social_insurance"), needs_cue=True, is_number=True),
    Kind("IN_AADHAAR", aadhaar, ANY + ("aadhaar",)),
    Kind("BR_CPF", br_cpf, ANY + ("cpf",)),
    Kind("BR_CNPJ", br_cnpj, ANY + ("cnpj",)),
    Kind("ES_NIF", es_nif, ANY + ("dni",)),
    Kind("ES_NIE", es_nie, ANY + ("nie",)),
    Kind("DE_TAX_ID", by_number(11, is_idnr), ("steuerId", "steuer_id", "value"), is_number=True),
    Kind("FR_NIR", fr_nir, ANY + ("nir",)),
    Kind("PL_PESEL", by_number(11, pesel.is_valid), ("pesel",), needs_cue=True),
    Kind("NL_BSN", by_number(9, bsn.is_valid), ("bsn", "burgerservicenummer"), needs_cue=True),
    Kind("FI_PERSONAL_IDENTITY_CODE", fi_hetu, ANY + ("hetu",)),
    Kind("CN_RESIDENT_ID", cn_id, ANY + ("residentId",)),
    Kind("AU_TFN", by_number(9, tfn.is_valid), ("tfn", "tax_file_number"), needs_cue=True),
    Kind("ABA_ROUTING_NUMBER", until_routing, ("routing", "aba"), needs_cue=True),
    Kind("CRYPTO", bitcoin, ANY + ("wallet",)),
    Kind("US_ITIN", us_itin, ANY + ("itin",)),
    Kind("US_EIN", us_ein, ("ein", "employer_id"), needs_cue=True),
    Kind("KR_RRN", kr_rrn, ANY + ("rrn",)),
    Kind("IT_FISCAL_CODE", it_fiscal_code, ANY + ("codiceFiscale",)),
    Kind("SE_PERSONNUMMER", se_personnummer, ANY + ("personnummer",)),
    Kind("IN_PAN", in_pan, ("pan", "permanent_account"), needs_cue=True),
    Kind("AU_MEDICARE", au_medicare, ("medicare", "medicareNumber"), needs_cue=True, is_number=True),
    Kind("US_MBI", us_mbi, ANY + ("mbi",)),
    Kind("US_NPI", us_npi, ("npi", "provider_npi"), needs_cue=True, is_number=True),
    Kind("MEDICAL_LICENSE", us_dea, ("dea", "prescriber_dea"), needs_cue=True),
    Kind("US_PASSPORT", lambda rng: digits(rng, 9), ("passport", "passportNo"), needs_cue=True),
    Kind("PASSPORT_MRZ", passport_mrz, ANY + ("mrz",)),
    Kind("GITHUB_TOKEN", github_token, ANY + ("github",)),
    Kind("GCP_API_KEY", lambda rng: "AIza" + pick(rng, LETTERS + "_-", 34) + pick(rng, LETTERS, 1), ANY + ("mapsKey",)),
    Kind("AWS_SECRET_KEY", lambda rng: until_valid(lambda: base64_of(30)(rng), lambda text: len(set(text)) > 22),
         ("aws_secret_access_key", "secretAccessKey"), needs_cue=True),
    Kind("AZURE_SECRET", base64_of(64), ANY, frame="DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={};EndpointSuffix=core.windows.net"),
    Kind("URL_CREDENTIALS", lambda rng: f"svc:{pick(rng, LETTERS, 14)}", ANY + ("dsn",),
         frame="postgres://{}@db-3.internal/orders"),
    Kind("BASIC_AUTH", lambda rng: base64.b64encode(f"svc-{pick(rng, LETTERS, 5)}:{pick(rng, LETTERS, 12)}".encode()).decode(),
         ANY + ("header",), frame="Basic {}"),
    Kind("GENERIC_SECRET", password, ("password", "db_password", "secret", "api_key"), shapes=("json", "log")),
    Kind("GCP_SERVICE_ACCOUNT", lambda rng: hashlib.sha1(rng.randbytes(8)).hexdigest(), ("private_key_id",), shapes=("json",)),
)
