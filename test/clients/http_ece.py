"""Stands in for the package http-ece, which Debian does not have and Mastodon.py
asks for: the older encoding of Web Push messages, aesgcm, read only."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def decrypt(content, salt, key, private_key, dh, auth_secret, keylabel, version):
    assert version == "aesgcm", version
    sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), dh)
    shared = private_key.exchange(ec.ECDH(), sender)
    mine = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    secret = derive(shared, auth_secret, b"Content-Encoding: auth\0", 32)
    both = keylabel.encode() + b"\0" + len(mine).to_bytes(2, "big") + mine + len(dh).to_bytes(2, "big") + dh
    plain = AESGCM(derive(secret, salt, b"Content-Encoding: aesgcm\0" + both, 16)).decrypt(
        derive(secret, salt, b"Content-Encoding: nonce\0" + both, 12), content, None
    )
    return plain[2 + int.from_bytes(plain[:2], "big"):]


def derive(secret, salt, info, length):
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
