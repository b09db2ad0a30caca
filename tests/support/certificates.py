"""Certificates for tests: authorities, SPIFFE leaves, and every kind of leaf that must not be accepted."""

import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.utcnow
MINUTE = datetime.timedelta(minutes=1)


def spiffe(namespace, account, domain="cluster.local"):
    return f"spiffe://{domain}/ns/{namespace}/sa/{account}"


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _key_usage(signs_certificates):
    return x509.KeyUsage(digital_signature=True, content_commitment=False, key_encipherment=False,
                         data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates,
                         crl_sign=signs_certificates, encipher_only=False, decipher_only=False)


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


class Leaf:
    """A certificate chain and its key, as PEM text."""

    def __init__(self, chain, key):
        self.chain = chain
        self.key = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()).decode()

    def write(self, folder, stem="tls"):
        """Writes stem.crt and stem.key, each swapped in whole; returns both paths."""
        return (write_file(folder / f"{stem}.crt", self.chain), write_file(folder / f"{stem}.key", self.key))


class Authority:
    """A root that signs leaves."""

    def __init__(self, name="root"):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self._certificate = (
            x509.CertificateBuilder().subject_name(self._name).issuer_name(self._name)
            .public_key(self._key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(NOW() - 60 * MINUTE).not_valid_after(NOW() + 600 * MINUTE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_key_usage(True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256()))

    @property
    def pem(self):
        return _pem(self._certificate)

    def leaf(self, *uris, dns=(), addresses=(), since=-5 * MINUTE, until=60 * MINUTE, authority=False):
        """A leaf with these SANs (none: a DNS name only), valid from now+since to now+until."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.UniformResourceIdentifier(uri) for uri in uris] + [x509.DNSName(name) for name in dns]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        names = names or [x509.DNSName("orders.shop.svc")]
        builder = (
            x509.CertificateBuilder().subject_name(_name("leaf")).issuer_name(self._name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(NOW() + since).not_valid_after(NOW() + until)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(_key_usage(authority), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                           critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False))
        return Leaf(_pem(builder.sign(self._key, hashes.SHA256())), key)


def write_file(path, text):
    """Swaps the file in whole, as Kubernetes does for mounted secrets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    os.replace(fresh, path)
    return path
