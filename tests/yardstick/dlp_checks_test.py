"""Compares our checks of identity numbers with python3-stdnum over seeded random values and changes of good ones.

DLP_CHECKS_REPLAY names the program that answers for our side. Where we differ on purpose, `DIFFERS` says why.
"""

import os
import random
import re
import string
import subprocess

import pytest

stdnum = pytest.importorskip("stdnum", reason="python3-stdnum is not installed")

import stdnum.ar.cuit, stdnum.au.tfn, stdnum.bic, stdnum.bitcoin, stdnum.br.cnpj, stdnum.br.cpf  # noqa: E401,E402
import stdnum.ca.sin, stdnum.cl.rut, stdnum.cn.ric, stdnum.co.nit, stdnum.de.idnr, stdnum.es.dni  # noqa: E401,E402
import stdnum.es.nie, stdnum.fi.hetu, stdnum.fr.nir, stdnum.gb.nhs, stdnum.iban, stdnum.il.idnr  # noqa: E401,E402
import stdnum.imei, stdnum.in_.aadhaar, stdnum.in_.pan, stdnum.isbn, stdnum.it.codicefiscale  # noqa: E401,E402
import stdnum.kr.rrn, stdnum.lei, stdnum.luhn, stdnum.mx.curp, stdnum.nl.bsn, stdnum.pl.pesel  # noqa: E401,E402
import stdnum.se.personnummer, stdnum.th.pin, stdnum.tr.tckimlik, stdnum.us.ein, stdnum.us.itin  # noqa: E401,E402
import stdnum.us.rtn, stdnum.us.ssn, stdnum.verhoeff, stdnum.za.idnr  # noqa: E401,E402

SEED = 20260111
SHAPES = 1500
LETTERS, DIGITS = string.ascii_uppercase, string.digits

# Check: its counterpart, a shape (n digit, a letter, c either, [..] a choice, anything else itself) and how many
# characters at the end are tried in every value, so that good ones are as common as bad ones.
CASES = {
    "luhn": (stdnum.luhn, "nnnnnnnnnnnn", 1),
    "verhoeff": (stdnum.verhoeff, "nnnnnnnnn", 1),
    "mod97": (stdnum.lei, "ccccccccccccccccccnn", 2),
    "mod11": (stdnum.isbn, "nnnnnnnnnX", 1),
    "aba_routing": (stdnum.us.rtn, "nnnnnnnnn", 1),
    "us_ssn": (stdnum.us.ssn, "nnnnnnnnn", 1),
    "us_itin": (stdnum.us.itin, "9nnnnnnnn", 1),
    "us_ein": (stdnum.us.ein, "nnnnnnnnn", 1),
    "ca_sin": (stdnum.ca.sin, "nnnnnnnnn", 1),
    "br_cpf": (stdnum.br.cpf, "nnnnnnnnnnn", 2),
    "br_cnpj": (stdnum.br.cnpj, "nnnnnnnnnnnnnn", 2),
    "mx_curp": (stdnum.mx.curp, "a[AEIOUX]aan[0-9][01][0-9][0-3][0-9][HM][A-Z][A-Z]aaacn", 1),
    "ar_cuit": (stdnum.ar.cuit, "[2-5][0-9]nnnnnnnnn", 1),
    "cl_rut": (stdnum.cl.rut, "nnnnnnnnK", 1),
    "co_nit": (stdnum.co.nit, "nnnnnnnnnn", 1),
    "uk_nhs": (stdnum.gb.nhs, "nnnnnnnnnn", 1),
    "es_nif": (stdnum.es.dni, "nnnnnnnna", 1),
    "es_nie": (stdnum.es.nie, "[XYZ]nnnnnnna", 1),
    "de_tax_id": (stdnum.de.idnr, "nnnnnnnnnnn", 1),
    "fr_nir": (stdnum.fr.nir, "[12]nn[01]n[0-9][0-9AB]nnnnnnnn", 2),
    "it_fiscal_code": (stdnum.it.codicefiscale, "aaaaaann[A-T][0-7]nannna", 1),
    "nl_bsn": (stdnum.nl.bsn, "nnnnnnnnn", 1),
    "pl_pesel": (stdnum.pl.pesel, "nn[0-9][0-3][0-3]nnnnnn", 1),
    "se_personnummer": (stdnum.se.personnummer, "nn[01]n[0-3]nnnnn", 1),
    "fi_hetu": (stdnum.fi.hetu, "[0-3]n[01]nnn[-+A]nnna", 1),
    "tr_id": (stdnum.tr.tckimlik, "nnnnnnnnnnn", 2),
    "in_aadhaar": (stdnum.in_.aadhaar, "nnnnnnnnnnnn", 1),
    "in_pan": (stdnum.in_.pan, "aaaaannnna", 1),
    "cn_resident_id": (stdnum.cn.ric, "[1-8][1-4]0[1-3]0[1-6][12][89]nn[01]n[0-3]nnnnX", 1),
    "kr_rrn_checksum": (stdnum.kr.rrn, "nn[01]n[0-3]nnnnnnnn", 1),
    "au_tfn": (stdnum.au.tfn, "nnnnnnnnn", 1),
    "th_id": (stdnum.th.pin, "nnnnnnnnnnnnn", 1),
    "il_id": (stdnum.il.idnr, "nnnnnnnnn", 1),
    "za_id": (stdnum.za.idnr, "nn[01]n[0-3]nnnnn[0-2][89]n", 1),
    "imei": (stdnum.imei, "nnnnnnnnnnnnnnn", 1),
    "bic": (stdnum.bic, "aaaaaacc", 1),
}

# (check, a rule that tells from the value alone, why).
DIFFERS = [
    ("aba_routing", lambda v: not re.match("0|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80", v), "they take every district"),
    ("us_itin", lambda v: 50 <= int(v[3:5]) <= 65, "groups given out since 2013 and 2017"),
    ("ca_sin", lambda v: v[0] in "08", "0 is fictitious, 8 belongs to businesses"),
    ("br_cnpj", lambda v: not v.isdigit(), "letters since 2026"),
    ("mx_curp", lambda v: re.search("[AEIOU]", v[13:16]) is not None, "the inner letters are consonants"),
    ("mx_curp", lambda v: v[1] not in "AEIOUX", "the second letter is a vowel, or X for one that is not to be read"),
    ("mx_curp", lambda v: v[10] == "X", "sex X since 2023"),
    ("ar_cuit", lambda v: v[:2] in ("25", "26"), "two more types of persons"),
    ("ar_cuit", lambda v: v[-1] == "9", "they take 9 for a remainder of 10, for which AFIP changes the type"),
    ("de_tax_id", lambda v: re.search(r"(\d)\1\1", v[:10]) is not None, "no three in a row"),
    ("fr_nir", lambda v: not 1 <= int(v[3:5]) <= 12 or v[5:7] == "00", "they take every month and department"),
    ("fi_hetu", lambda v: v[6] in "BCDEFUVWXY", "signs of 2023"),
    ("fi_hetu", lambda v: v[7] == "9", "temporary numbers, and the agency's own examples"),
    ("za_id", lambda v: v[10] == "2", "refugees"),
    ("in_pan", lambda v: v[3] == "E", "limited liability partnerships"),
    ("cn_resident_id", lambda v: v[6:8] in ("18", "19", "20"), "they know the counties, we the provinces"),
    ("cn_resident_id", lambda v: v[6:8] not in ("18", "19", "20"), "they take every year"),
    ("kr_rrn_checksum", lambda v: v[6] in "567890", "foreigners have a check of their own, born before 1900 is nobody"),
    ("th_id", lambda v: not 10 <= int(v[1:3]) <= 96, "they take every province"),
    ("kr_rrn_checksum", lambda v: v[7:9] in ("97", "98", "99"), "they know which offices exist"),
    ("bic", lambda v: True, "they take every country"),
    ("iban", lambda v: v[2:4] in ("00", "01", "99") or not v[2:4].isdigit(), "check digits are 02 to 98"),
]
# Where the reason holds for one side only: who passes more.
ONLY_OURS = {"us_itin", "br_cnpj", "fi_hetu", "za_id", "in_pan"}
ONLY_THEIRS = {"aba_routing", "ca_sin", "de_tax_id", "fr_nir", "bic", "iban", "th_id"}


def one(text, rng):
    """A random string of a shape."""
    kinds = {"n": DIGITS, "a": LETTERS, "c": DIGITS + LETTERS}
    made = []
    for choice in re.findall(r"\[[^]]+\]|.", text):
        if choice[0] == "[":
            inside = re.sub(r"(.)-(.)", lambda m: "".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))), choice[1:-1])
            made.append(rng.choice(inside))
        else:
            made.append(rng.choice(kinds.get(choice, choice)))
    return "".join(made)


def endings(value, tried):
    if tried == 2:
        return [f"{value[:-2]}{n:02}" for n in range(100)]
    return [value[:-1] + c for c in DIGITS + LETTERS]


def changed(value, rng):
    at = rng.randrange(len(value))
    return value[:at] + rng.choice(DIGITS + LETTERS) + value[at + 1:]


def passes_there(module, value):
    try:
        # What they clean away is not ours to test: our checks are given cleaned characters.
        return module.validate(value) is not None
    except stdnum.exceptions.ValidationError:
        return False


def ours(check, values):
    program = os.environ["DLP_CHECKS_REPLAY"]
    text = "".join(f"{check}\t{value}\n" for value in values)
    answers = subprocess.run([program], input=text, capture_output=True, text=True, timeout=60, check=True).stdout.split()
    assert len(answers) == len(values) and "?" not in answers
    return [answer == "1" for answer in answers]


def is_known(check, value, here):
    if check in (ONLY_THEIRS if here else ONLY_OURS):
        return False
    return any(check == name and differs(value) for name, differs, _ in DIFFERS)


def compare(check, module, values):
    """How many pass on both sides; fails with the disagreements that have no reason."""
    here = ours(check, values)
    there = [passes_there(module, value) for value in values]
    unknown = [f"{value}: {'ours' if a else 'theirs'} passes" for value, a, b in zip(values, here, there)
               if a != b and not is_known(check, value, a)]
    assert not unknown, f"{len(unknown)} of {len(values)}: {unknown[:10]}"
    return sum(a and b for a, b in zip(here, there))


@pytest.mark.parametrize("check", CASES)
def test_agrees_with_stdnum(check):
    module, shape, tried = CASES[check]
    rng = random.Random(f"{SEED} {check}")
    values = [value for _ in range(SHAPES // (3 if tried == 2 else 1)) for value in endings(one(shape, rng), tried)]
    good = [value for value, passed in zip(values, ours(check, values)) if passed]
    assert good
    values += [changed(value, rng) for value in rng.choices(good, k=3000)]
    assert compare(check, module, values) >= 20


def test_every_country_of_their_iban_registry():
    rng = random.Random(SEED)
    values = []
    for country in (a + b for a in LETTERS for b in LETTERS):
        structure = next((info["bban"] for _, info in stdnum.iban._ibandb.info(country) if "bban" in info), None)
        if structure is None:
            continue
        for _ in range(8):
            account = "".join(one(dict(n="n", a="a", c="c")[kind] * int(count), rng)
                              for count, kind in re.findall(r"(\d+)!?([nac])", structure))
            for check in range(100):
                values.append(f"{country}{check:02}{account}")
    assert len(values) > 50_000
    values += [changed(value, rng) for value in rng.choices(values, k=3000)]
    here = ours("iban", values)
    unknown = []
    for value, passed in zip(values, here):
        try:
            theirs = stdnum.iban.validate(value, check_country=False) is not None
        except stdnum.exceptions.ValidationError:
            theirs = False
        if passed != theirs and not is_known("iban", value, passed):
            unknown.append(f"{value}: {'ours' if passed else 'theirs'} passes")
    assert not unknown, f"{len(unknown)} of {len(values)}: {unknown[:20]}"
    assert sum(here) > 500


def test_bitcoin_addresses():
    rng = random.Random(SEED)
    good = ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"]
    compare("btc_address", stdnum.bitcoin, good + [changed(rng.choice(good), rng) for _ in range(2000)])
