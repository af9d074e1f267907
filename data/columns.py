"""What the columns of the server's tables are made of, and how constraints are called."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, String, TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept as UTC without its zone because SQLite has none."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is not UTC:
            value = value.astimezone(UTC)
        return None if value is None else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


# A number that grows with every row of a table; SQLite counts only a plain INTEGER up by itself.
Serial = BigInteger().with_variant(Integer, "sqlite")


def id_column(name: str = "id") -> Column[str]:
    return Column(name, String, primary_key=True)


def serial() -> Column[int]:
    return Column("seq", Serial, primary_key=True, autoincrement=True)


def moment(name: str, optional: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=optional)


def text(name: str, optional: bool = False) -> Column[str]:
    return Column(name, String, nullable=optional)
