"""Sealing of what must not lie open in the ledger: raw webhook bodies and rotating tokens."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from reconcile.errors import ReconcilerError


class Vault:
    """Seals with the first of the comma-separated secret keys and opens with any of them, so that keys can rotate."""

    def __init__(self, secret_key: str) -> None:
        keys = [key.strip() for key in secret_key.split(",") if key.strip()]
        self._fernet = MultiFernet(
            [Fernet(base64.urlsafe_b64encode(hashlib.sha256(k.encode()).digest())) for k in keys]
        )

    def seal(self, plain: bytes) -> bytes:
        return self._fernet.encrypt(plain)

    def renew(self, sealed: bytes) -> bytes:
        """The same, sealed with the first key; raises `ReconcilerError` when no key opens it."""
        return self.seal(self.open(sealed))

    def open(self, sealed: bytes) -> bytes:
        """Raises `ReconcilerError` when the secret key is not the one it was sealed with."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise ReconcilerError(
                "what is sealed in the ledger cannot be opened: SECRET_KEY is another than the one it was sealed with;"
                " put the old key behind the new one, separated by a comma"
            ) from None
