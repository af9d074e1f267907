"""Passwords: what makes one good enough, and their argon2 hashes.

Hashing takes a while on purpose: do it outside of transactions.
"""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12  # characters; NIST SP 800-63B asks for length and against rules of composition
LONGEST = 1000
FEWEST_DIFFERENT = 5  # characters, so that a row of one key is refused
_HASHER = PasswordHasher()


def is_weak(password: str, login: str | None = None) -> bool:
    """Too short, too uniform, or the login in it."""
    told = password.casefold()
    uniform = len(set(told)) < FEWEST_DIFFERENT
    return not SHORTEST <= len(password) <= LONGEST or uniform or bool(login and login.casefold() in told)


def hashed_password(password: str) -> str:
    return _HASHER.hash(password)


def password_fits(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; without one, it takes as long to say no."""
    try:
        return _HASHER.verify(password_hash or _nobody(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody")
