"""Who may call what: one line for each operation of the API.

``ALL`` sees every object, ``OWN`` only what belongs to the account's subject (anything else is
answered as if it did not exist), ``NO`` is refused.  A route without a line here does not start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from workforce.roles import STAFF, Role


class Grant(StrEnum):
    ALL = "all"
    OWN = "own"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Access:
    """Roles that may call an operation; all others may not."""

    everything: frozenset[Role]
    own: frozenset[Role]

    def of(self, role: Role) -> Grant:
        if role in self.everything:
            return Grant.ALL
        return Grant.OWN if role in self.own else Grant.NO


def _to(everything: str, own: str = "") -> Access:
    return Access(frozenset(map(Role, everything.split())), frozenset(map(Role, own.split())))


_ANYBODY = " ".join(Role)
_STAFF = " ".join(sorted(STAFF))

# Operations that need no account; a pass is told of to whoever has the token of its QR code.
OPEN = frozenset({"sign_in", "healthz", "readyz", "metrics", "check_pass"})

# Readings that are asked for in a body, because an address with a number in it would be in many a log.
SEARCHES = frozenset({"search_people", "search_workers"})
# Operations that are no GET, but for which a key that only reads is made.
READ_ENOUGH = SEARCHES | {"open_link"}
# What a phone may call that is bound to a trip, whatever else its role may.
OF_PHONES = frozenset({"read_manifest", "record_events"})

ACCESS: Mapping[str, Access] = {
    "sign_out": _to(_ANYBODY),
    "who_am_i": _to(_ANYBODY),
    "list_records": _to("planner administrator auditor", "enterprise"),
    "read_record": _to("planner administrator auditor", "enterprise"),
    "read_history": _to("planner administrator auditor", "enterprise"),
    "put_record": _to("planner", "enterprise"),
    "remove_record": _to("planner", "enterprise"),
    "submit": _to("planner", "enterprise"),
    "submission_form": _to("planner administrator", "enterprise"),
    "list_submissions": _to("planner", "enterprise"),
    "read_submission": _to("planner", "enterprise"),
    "refused_rows": _to("planner", "enterprise"),
    "list_workers": _to("planner", "enterprise"),
    "search_workers": _to("planner", "enterprise"),
    "read_worker": _to("planner", "enterprise"),
    "withdraw_worker": _to("planner", "enterprise"),
    "fill_vacancy": _to("planner", "enterprise"),
    "withdraw_vacancy": _to("planner", "enterprise"),
    "list_items": _to("planner administrator auditor", "enterprise health"),
    "read_item": _to("planner administrator auditor", "enterprise health"),
    "count_items": _to("planner administrator auditor", "enterprise health"),
    "note_item": _to("planner", "enterprise health"),
    "assign_item": _to("planner"),
    "list_owners": _to("planner"),
    "level_item": _to("planner", "health"),
    "settle_item": _to("planner", "health"),
    "list_proposals": _to("planner administrator auditor", "enterprise worker"),
    "read_proposal": _to("planner administrator auditor", "enterprise worker"),
    "accept_proposal": _to("", "enterprise worker"),
    "decline_proposal": _to("", "enterprise worker"),
    "list_return_plans": _to("planner administrator auditor", "enterprise"),
    "read_return_plan": _to("planner administrator auditor", "enterprise"),
    "read_liaison": _to("planner", "enterprise"),
    "make_return_plan": _to("planner", "enterprise"),
    "edit_return_plan": _to("planner", "enterprise"),
    "submit_return_plan": _to("planner", "enterprise"),
    "approve_return_plan": _to("planner"),
    "send_back_return_plan": _to("planner"),
    "advance_return_plan": _to("planner"),
    "import_scenario": _to("planner"),
    "make_scenario": _to("planner"),
    "list_scenarios": _to("planner administrator auditor"),
    "read_scenario": _to("planner administrator auditor"),
    "export_scenario": _to("planner administrator auditor"),
    "start_job": _to("planner"),
    "list_jobs": _to("planner administrator auditor"),
    "read_job": _to("planner administrator auditor"),
    "follow_job": _to("planner administrator auditor"),
    "cancel_job": _to("planner"),
    "list_plans": _to("planner administrator auditor"),
    "read_plan": _to("planner administrator auditor"),
    "list_plan_trips": _to("planner administrator auditor"),
    "read_plan_trip": _to("planner administrator auditor"),
    "list_unserved": _to("planner administrator auditor"),
    "check_plan": _to("planner administrator auditor"),
    "compare_plan": _to("planner administrator auditor"),
    "export_plan": _to("planner administrator auditor"),
    "put_plan": _to("planner"),
    "publish_plan": _to("planner"),
    "change_password": _to(_ANYBODY),
    "list_sessions": _to(_ANYBODY),
    "end_session": _to(_ANYBODY),
    "list_accounts": _to("administrator auditor"),
    "create_account": _to("administrator"),
    "read_account": _to("administrator auditor"),
    "disable_account": _to("administrator"),
    "set_password": _to("administrator"),
    "end_sessions": _to("administrator"),
    "list_keys": _to("administrator auditor"),
    "create_key": _to("administrator"),
    "revoke_key": _to("administrator"),
    "list_audit": _to("administrator auditor"),
    "list_people": _to("planner administrator health auditor", "enterprise origin"),
    "search_people": _to("planner administrator health auditor", "enterprise origin"),
    "read_contact": _to("planner", "enterprise"),
    "read_personal": _to("planner health", "enterprise coordinator"),
    "erase_worker": _to("planner administrator"),
    "make_link": _to("planner", "enterprise"),
    "revoke_link": _to("planner", "enterprise"),
    "read_health": _to("health"),
    "list_trips": _to(_STAFF, "enterprise coordinator hotel carrier origin"),
    "read_trip": _to(_STAFF, "enterprise coordinator hotel carrier origin"),
    "list_stays": _to(_STAFF, "enterprise coordinator hotel origin"),
    "list_costs": _to("planner administrator auditor", "enterprise hotel carrier"),
    "record_events": _to("planner", "enterprise coordinator hotel carrier health worker"),
    "list_events": _to("planner administrator auditor health"),
    "list_checkpoints": _to(_ANYBODY),
    "newest_checkpoint": _to(_ANYBODY),
    "log_public_key": _to(_ANYBODY),
    "prove_inclusion": _to("planner administrator auditor"),
    "prove_consistency": _to("planner administrator auditor"),
    "list_trip_events": _to(_STAFF, "coordinator"),
    "read_course": _to(_STAFF, "enterprise coordinator hotel carrier origin"),
    "make_field_link": _to("planner", "coordinator carrier"),
    "list_field_links": _to("planner administrator auditor", "coordinator carrier"),
    "revoke_field_link": _to("planner", "coordinator carrier"),
    "revoke_phone": _to("planner", "coordinator carrier"),
    "read_field_code": _to("planner", "coordinator"),
    "renew_field_code": _to("planner", "coordinator"),
    "read_manifest": _to("", "coordinator hotel enterprise"),
    "list_journeys": _to(_STAFF, "enterprise coordinator hotel origin worker"),
    "read_journey": _to(_STAFF, "enterprise coordinator hotel origin worker"),
    "hotel_desk": _to("planner health", "hotel"),
    "enterprise_desk": _to("planner", "enterprise"),
    "health_desk": _to("planner health"),
    "read_stages": _to(_STAFF, "coordinator carrier"),
    "list_kits": _to("planner administrator auditor", "hotel carrier"),
    "list_steps": _to(_STAFF, "enterprise coordinator hotel origin worker"),
    "make_trace": _to("health"),
    "list_traces": _to("health planner"),
    "read_trace": _to("health planner"),
    "export_contacts": _to("health"),
    "trace_picture": _to("health"),
    "apply_trace": _to("health"),
    "trip_paper": _to("planner", "enterprise coordinator hotel carrier"),
    "room_list": _to("planner health", "hotel"),
    "release_paper": _to("planner health", "enterprise hotel worker"),
    "settle": _to("planner"),
    "list_settlements": _to("planner administrator auditor", "enterprise hotel carrier"),
    "list_parties": _to("planner administrator auditor"),
    "read_statement": _to("planner administrator auditor", "enterprise hotel carrier"),
    "read_ledger": _to("planner administrator auditor health"),
    "my_trip": _to("", "worker"),
    "open_link": _to("", "worker"),
    "my_health": _to("", "worker"),
    "my_answer": _to("", "worker"),
    "list_answers": _to("planner", "enterprise"),
}
