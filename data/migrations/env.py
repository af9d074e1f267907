"""Runs migrations over the connection that ``Database.migrate`` gives."""

from typing import Any, Literal

from alembic import context

from data.columns import Moment
from data.schema import metadata


def render(kind: str, what: Any, autogen: Any) -> str | Literal[False]:
    """A migration stays as it is, whatever becomes of the types that it was written with."""
    return "sa.DateTime()" if kind == "type" and isinstance(what, Moment) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=render,
)
context.run_migrations()
