"""The tables of the server's database, the same on SQLite and PostgreSQL.

Moments are UTC.  ``body`` columns hold a row of a scenario's table as its CSV file would write it,
without what names a person: that is sealed in ``person`` (see ``data/vault.py``).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from data.columns import Serial
from data.columns import id_column as _id
from data.columns import metadata as metadata
from data.columns import moment as _moment
from data.columns import serial as _serial
from data.columns import text as _text

# Who may act.

account = Table(
    "account",
    metadata,
    _id(),
    _text("role"),
    _text("name"),
    _text("login", optional=True),
    _text("password_hash", optional=True),
    # What the role is about: an enterprise, a hotel, an operator, a trip, a worker, or counties by a blank.
    _text("subject", optional=True),
    _moment("created_at"),
    _moment("disabled_at", optional=True),
    UniqueConstraint("login"),
)

# API keys and personal links: the secret itself is nowhere, only its SHA-256.
api_key = Table(
    "api_key",
    metadata,
    _id(),
    Column("account_id", String, ForeignKey("account.id"), nullable=False, index=True),
    _text("name"),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", JSON, nullable=False),
    _moment("created_at"),
    _moment("expires_at", optional=True),
    _moment("revoked_at", optional=True),
)

session = Table(
    "session",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("account_id", String, ForeignKey("account.id"), nullable=False, index=True),
    _text("address"),  # from where it was opened
    _moment("created_at"),
    _moment("expires_at"),
)

# Failed sign-ins, by what was typed and from where.
attempt = Table(
    "attempt",
    metadata,
    _serial(),
    _moment("at"),
    Column("login", String, nullable=False, index=True),
    Column("address", String, nullable=False, index=True),
)

# What was done that no other table tells: sign-ins, readings of personal data, changed rights.
audit = Table(
    "audit",
    metadata,
    _serial(),
    _moment("at"),
    _text("account_id", optional=True),
    _text("action"),
    _text("subject", optional=True),
    _text("reason", optional=True),
    _text("request_id", optional=True),
    Index(None, "action", "at"),
)

# The answer to a request that carried an Idempotency-Key, written together with what it did.
answered = Table(
    "answered",
    metadata,
    Column("account_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=True),  # sealed; blank: it told of a person who was erased
    _text("key_id", optional=True),
    _moment("at"),
)

# The registry: what the bureau knows today, and every change that led there.

entry = Table(
    "entry",
    metadata,
    Column("kind", String, primary_key=True),  # a table of a scenario, ``policy`` or ``return_plans``
    Column("key", String, primary_key=True),
    _text("enterprise_id", optional=True),  # whose it is; blank: the bureau's
    _text("state", optional=True),
    Column("body", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    _moment("changed_at"),
    Index(None, "kind", "enterprise_id"),
)

change = Table(
    "change",
    metadata,
    _serial(),
    _moment("at"),
    _text("account_id"),
    _text("kind"),
    _text("key"),
    _text("action"),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    _text("request_id", optional=True),
    Index(None, "kind", "key", "seq"),
    Index(None, "kind", "at"),
)

person = Table(
    "person",
    metadata,
    Column("worker_id", String, primary_key=True),
    Column("identity_hash", LargeBinary, nullable=True),  # keyed; blank: no identity number is known
    Column("sealed", LargeBinary, nullable=True),  # name, identity number, phone; blank: erased
    Column("key_id", String, nullable=True, index=True),
    _moment("erased_at", optional=True),
    UniqueConstraint("identity_hash"),
)

# Who says that a worker returns to them.  One claim of a worker stands; others wait for a settlement.
claim = Table(
    "claim",
    metadata,
    Column("worker_id", String, ForeignKey("person.worker_id"), primary_key=True),
    Column("claimant", String, primary_key=True),  # an enterprise, or ``*`` for the bureau
    _text("client_ref", optional=True),  # the claimant's own name of the row
    Column("contact_hash", LargeBinary, nullable=True),  # keyed, of name and telephone
    _text("return_plan", optional=True),
    _text("state"),  # standing, agreed, disputed, refused, withdrawn
    Column("body", JSON, nullable=False),
    _moment("changed_at"),
    UniqueConstraint("claimant", "client_ref"),
    Index(None, "claimant", "contact_hash"),
)

# What somebody must decide.
item = Table(
    "item",
    metadata,
    _id(),
    _text("category"),
    _text("code"),
    Column("values", JSON, nullable=False),
    _text("enterprise_id", optional=True),
    _text("subject", optional=True),
    Column("event_seq", BigInteger, nullable=True, index=True),  # of the trip log, where that raised it
    _moment("opened_at"),
    _text("level"),  # county, prefecture
    _text("owner", optional=True),  # an account; blank: the enterprise's liaison, or the bureau
    _moment("due_at"),
    _moment("raised_at", optional=True),  # when it rose a level because it was overdue
    _moment("settled_at", optional=True),
    _text("settled_by", optional=True),
    _text("decision", optional=True),
    Column("version", Integer, nullable=False),
    Index(None, "enterprise_id", "settled_at"),
    Index(None, "subject", "code"),
    Index(None, "settled_at", "due_at"),
)

submission = Table(
    "submission",
    metadata,
    _id(),
    _text("account_id"),
    _text("enterprise_id", optional=True),
    _text("kind"),
    _moment("at"),
    Column("dry_run", Boolean, nullable=False),
    Column("taken", Boolean, nullable=False),  # whether the registry was changed by it
    Column("counts", JSON, nullable=False),
    Column("rows", LargeBinary, nullable=False),  # sealed: the answer to each row, with what was refused
    _text("key_id"),
    Index(None, "enterprise_id", "at"),
)

# Scenarios, planning jobs, plans.

scenario = Table(
    "scenario",
    metadata,
    _id(),  # begins the SHA-256 of its content
    _text("name"),
    _text("day"),
    _moment("made_at"),
    _text("account_id"),
    Column("counts", JSON, nullable=False),
    _text("first_day"),  # of its horizon
    _text("last_day"),
    Column("content", LargeBinary, nullable=False),  # a zip of its files, without personal data
    Column("based_on", JSON, nullable=False),  # the plan that was in force
)

job = Table(
    "job",
    metadata,
    _id(),
    Column("scenario_id", String, ForeignKey("scenario.id"), nullable=False),
    _text("account_id"),
    Column("options", JSON, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("cancelled", Boolean, nullable=False),  # somebody asked to end it with the best so far
    _moment("created_at"),
    _moment("ended_at", optional=True),
    _text("lease_owner", optional=True),
    _moment("lease_until", optional=True),
    Column("seconds_used", Integer, nullable=False),  # of planning, by the attempts before this one
    Column("incumbent", LargeBinary, nullable=True),
    Column("progress", JSON(none_as_null=True)),  # the last that its planner told
    Column("failure", JSON(none_as_null=True)),
    _text("plan_id", optional=True),
)

job_event = Table(
    "job_event",
    metadata,
    _serial(),
    Column("job_id", String, ForeignKey("job.id"), nullable=False),
    _moment("at"),
    Column("body", JSON, nullable=False),
    Index(None, "job_id", "seq"),
)

plan = Table(
    "plan",
    metadata,
    _id(),
    Column("scenario_id", String, ForeignKey("scenario.id"), nullable=False, index=True),
    _text("job_id", optional=True),
    _text("edited_from", optional=True),
    Column("keeps", JSON(none_as_null=True)),  # the older plan and those of its trips that must stand
    _moment("made_at"),
    _text("account_id"),
    Column("version", Integer, nullable=False),
    Column("summary", JSON, nullable=False),
    Column("violations", JSON, nullable=False),
    Column("content", LargeBinary, nullable=False),  # a zip of its files
    _moment("published_at", optional=True),
    _text("published_by", optional=True),
    # The scenario's id once published, so that a scenario has at most one published plan.
    _text("published_for", optional=True),
    UniqueConstraint("published_for"),
    UniqueConstraint("job_id"),
)

# The trip log: what happened while plans were carried out.  Triggers refuse every change of it.

event = Table(
    "event",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),  # leaf seq - 1 of the tree
    Column("content", LargeBinary, nullable=False),  # as ``workforce.triplog.Event.content`` makes it
    Column("leaf", LargeBinary, nullable=False),  # its leaf hash
    _text("nonce"),
    _text("kind"),
    _moment("happened_at"),
    _text("plan_id", optional=True),
    _text("trip_id", optional=True),
    _text("worker_id", optional=True),
    UniqueConstraint("nonce"),
    Index(None, "worker_id", "seq"),
    Index(None, "plan_id", "trip_id", "seq"),
)

# Hashes of full subtrees, of every fourth level.
tree_node = Table(
    "tree_node",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

# What the log said of itself, signed; triggers refuse every change of it, too.
checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", Serial, primary_key=True, autoincrement=False),  # events that it speaks of
    Column("root", LargeBinary, nullable=False),
    _moment("made_at"),
    Column("note", Text, nullable=False),  # as ``data.signed_notes`` has it; the rest is read off it
)

# Beside the log: the personal part of events with its salt, which may be forgotten.
event_detail = Table(
    "event_detail",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), ForeignKey("event.seq"), primary_key=True),
    Column("sealed", LargeBinary, nullable=True),  # blank: erased
    _text("key_id", optional=True),
)

# Events that a later one has voided.
voided = Table(
    "voided",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), ForeignKey("event.seq"), primary_key=True),
    Column("by_seq", BigInteger, nullable=False),
)

# What follows from the log, kept up to date with it: it can be derived again at any time.

journey = Table(
    "journey",
    metadata,
    Column("worker_id", String, primary_key=True),
    _text("state"),
    _text("plan_id", optional=True),
    _text("trip_id", optional=True),
    _text("place_id", optional=True),
    Column("body", JSON, nullable=False),
    Index(None, "state"),
    Index(None, "place_id", "state"),
)

# Where each worker was, in the order of time (``workforce/presence.py``).
presence = Table(
    "presence",
    metadata,
    Column("worker_id", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("kind"),
    _text("place_id"),
    _text("unit"),
    Column("seat", Integer, nullable=True),
    _moment("begin_at"),
    _moment("end_at", optional=True),
    Index(None, "kind", "place_id", "unit", "begin_at"),
    Index(None, "place_id", "end_at"),
)

# Whom a case met: asked for by a health officer, and what was done about it.
trace = Table(
    "trace",
    metadata,
    _id(),
    _moment("at"),
    _text("account_id"),
    _text("worker_id"),
    Column("sealed", LargeBinary, nullable=True),  # the answer; blank: the case was erased
    _text("key_id", optional=True),
    _moment("applied_at", optional=True),
    _text("applied_by", optional=True),
    Index(None, "worker_id"),
)

run = Table(
    "run",
    metadata,
    Column("plan_id", String, primary_key=True),
    Column("trip_id", String, primary_key=True),
    _text("state"),
    Column("body", JSON, nullable=False),
)

# Masks, thermometers and disinfectant as they came in to a depot or hotel and were given out.
kit_move = Table(
    "kit_move",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), ForeignKey("event.seq"), primary_key=True),
    _text("place_id"),
    _text("kit"),
    Column("count", Integer, nullable=False),  # below 0: given out
    _moment("happened_at"),
    _text("plan_id", optional=True),
    _text("trip_id", optional=True),
    Index(None, "place_id", "kit"),
)

# What was settled: only ever added to.  A correction is an entry with the difference.
settlement_entry = Table(
    "settlement_entry",
    metadata,
    _serial(),
    _moment("at"),
    _text("account_id"),
    _text("plan_id"),
    _text("item"),
    Column("part", Integer, nullable=False),
    _text("worker_id"),
    _text("enterprise_id", optional=True),
    _text("trip_id", optional=True),
    _text("hotel_id", optional=True),
    _text("payee", optional=True),
    Column("enterprise_fen", BigInteger, nullable=False),
    Column("worker_fen", BigInteger, nullable=False),
    Column("hotel_fen", BigInteger, nullable=False),
    Column("government_fen", BigInteger, nullable=False),
    _text("why"),
    Column("evidence", JSON, nullable=False),  # numbers of events of the trip log
    Column("corrects", BigInteger, nullable=True),  # the last entry of the same amount
    Index(None, "plan_id", "seq"),
    Index(None, "enterprise_id", "seq"),
    Index(None, "payee", "seq"),
)

# The numbers of certificates of release, each given once.
certificate = Table(
    "certificate",
    metadata,
    Column("number", String, primary_key=True),
    _text("series"),  # the number without what follows its last hyphen
    _text("worker_id"),
    Index(None, "series"),
)

# What a trip's travel pass leads to, for whoever stops the coach: no secret of anybody's.
trip_pass = Table(
    "trip_pass",
    metadata,
    Column("plan_id", String, primary_key=True),
    Column("trip_id", String, primary_key=True),
    _text("token"),
    UniqueConstraint("token"),
)

# In the field.  A trip's code stands on its paper manifest; a phone is bound by a link and that code.
trip_code = Table(
    "trip_code",
    metadata,
    Column("plan_id", String, primary_key=True),
    Column("trip_id", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    _text("key_id"),
    Column("failed", Integer, nullable=False),  # wrong codes since the last right one
    _moment("failed_at", optional=True),
)

# A link acts by an account of its own; the keys of that account are the phones that are bound.
field_link = Table(
    "field_link",
    metadata,
    _id(),
    Column("account_id", String, ForeignKey("account.id"), nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the secret, for the manifest's QR code
    _text("key_id"),
    _text("plan_id"),
    _text("trip_id"),
    _text("role"),
    _text("place_id", optional=True),  # of a receiver: the drop
    Column("phones", Integer, nullable=False),  # how many may be bound at once
    _moment("ends_at"),  # the trip, as planned
    _text("made_by"),
    _moment("made_at"),
    _moment("revoked_at", optional=True),
    UniqueConstraint("account_id"),
    UniqueConstraint("secret_hash"),
    Index(None, "plan_id", "trip_id"),
)
