"""``guicheng log``: checkpoints, proofs, and the check of the whole trip log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from api.console import BROKEN, NOT_WRITTEN, UNUSABLE, Screen, table
from api.language import Words, language_of_environment
from api.server.admin import DEFAULT_FOLDER, Folder, by_of, opened
from api.server.commands import Lang
from data.durable import write_whole
from data.evidence import as_bytes, evidence, open_parts
from data.evidence_check import Shown, Verdict, check_evidence
from data.signed_notes import NotSound, PublicKey, public_keys_of
from data.verification import verify as look_through
from workforce.faults import Text, Unusable, fault
from workforce.log_findings import FINDINGS
from workforce.triplog import FORMS

FINDINGS_SHOWN = 1000

log = typer.Typer(
    name="log",
    no_args_is_help=True,
    help="Prove what the trip log says, and that nothing was changed. 行程日志：证明与核验。",
)
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--public-key", metavar="FILE", help="Public keys known from elsewhere. 另行取得的公钥文件。"
    ),
]


@log.command("verify", epilog="Example 示例: guicheng log verify --data /srv/guicheng")
def verify(
    folder: Folder = DEFAULT_FOLDER,
    public_key: KeyFile = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes. 进程数。")] = 2,
    lang: Lang = None,
) -> None:
    """Derive everything from the stored bytes again; exit status 1 if something is wrong. 全面核验日志。

    The server may run. Without --public-key the published keys count. 服务器可照常运行。
    """
    services, screen = opened(folder), _screen(lang)
    with screen.refusing(UNUSABLE, "cannot_read"):
        trusted = _keys(public_key) if public_key else services.publisher.public_keys()
        with Progress(console=screen.err, transient=True) as progress:
            bar = progress.add_task(screen.words("log events"), total=None)
            found = look_through(
                services.database,
                services.publisher,
                trusted,
                services.vault,
                processes,
                lambda done, of: progress.update(bar, completed=done, total=of),
            )
    screen.say(
        "events: {events}, checkpoints: {checkpoints}, published: {published}, not under one yet: {unproved}",
        events=found.events,
        checkpoints=found.checkpoints,
        published=found.published,
        unproved=found.unproved,
    )
    screen.say(
        "personal parts that hold: {opened}, forgotten: {erased}", opened=found.opened, erased=found.erased
    )
    if not found.findings:
        screen.say("The log is sound.")
        return
    rows = (
        (one.where, one.code, screen.words.pick(one.text.zh, one.text.en))
        for one in found.findings[:FINDINGS_SHOWN]
    )
    title = screen.words("The log is not sound: {n} findings", n=len(found.findings))
    heads = (screen.words("where"), screen.words("code"), screen.words("what is wrong"))
    screen.out.print(table(title, *heads, rows=rows))
    screen.tell("Keep the database and the files of checkpoints as they are; see docs/trip-log.md.")
    raise typer.Exit(BROKEN)


@log.command("prove", epilog="Example 示例: guicheng log prove W0017 --out W0017.json")
def prove(
    worker: Annotated[
        str | None, typer.Argument(metavar="[WORKER]", help="A worker's id. 工人编号。")
    ] = None,
    trip: Annotated[
        str | None, typer.Option("--trip", metavar="PLAN/TRIP", help="A trip instead. 改为某一车次。")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="File to write. 要写的文件。")
    ] = None,
    open_personal: Annotated[
        bool, typer.Option("--open", help="With the personal parts; recorded. 公开个人信息，须留痕。")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why they are opened. 公开的理由。")] = "",
    folder: Folder = DEFAULT_FOLDER,
    lang: Lang = None,
) -> None:
    """Write what the log says of a worker or a trip, with its proofs. 写出工人或车次的行程证据。

    The newest events are put under a checkpoint first. 先为最新事件生成检查点。
    """
    screen = _screen(lang)
    plan_id, _, trip_id = (trip or "").partition("/")
    if (worker is None) == (not trip_id):
        raise typer.BadParameter("WORKER | --trip PLAN/TRIP")
    if open_personal and not reason.strip():
        screen.refuse_for(fault("reason_required"))
    services = opened(folder)
    target = out or Path(f"{(worker or trip or '').replace('/', '-')}.evidence.json")
    with screen.refusing(NOT_WRITTEN, "cannot_write", target):
        services.publisher.publish(services.database, services.now())
        keys = services.publisher.public_keys()
        with services.database.read() as c:
            found = services.rosters.now(c).teller(plan_id, trip_id) if trip_id else None
            told = evidence(c, keys, worker, found)
        if open_personal:
            with services.database.write() as c:
                open_parts(c, services.vault, by_of(services), told, reason.strip())
        write_whole(target, as_bytes(told), 0o600)
    screen.say("{n} events are proved in {file}.", n=len(told["events"]), file=target)


@log.command("check-evidence", epilog="Example 示例: guicheng log check-evidence W0017.json")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An evidence file. 证据文件。")],
    public_key: KeyFile = None,
    lang: Lang = None,
) -> None:
    """Accept or refuse an evidence file; needs no database. 核验证据文件，无需数据库。"""
    screen = _screen(lang)
    with screen.refusing(UNUSABLE, "cannot_read"):
        verdict = check_evidence(file, _keys(public_key) if public_key else None)
    _show(verdict, screen)
    if public_key is None:
        screen.tell("Signed with {key}: make sure that this is the log's key.", key=verdict.key.line)
    if verdict.wrong:
        rows = ((about, code, _pick(_WRONG[code], screen)) for code, about in verdict.wrong)
        heads = (screen.words("where"), screen.words("code"), screen.words("what is wrong"))
        screen.out.print(table(screen.words("The evidence does not hold"), *heads, rows=rows))
        raise typer.Exit(BROKEN)
    screen.say(
        "The evidence holds: {n} events under the checkpoint of {size} events of {at}.",
        n=len(verdict.shown),
        size=verdict.checkpoint.size,
        at=f"{verdict.checkpoint.at:%Y-%m-%d %H:%M:%S} UTC",
    )


@log.command("checkpoint", epilog="Example 示例: guicheng log checkpoint")
def checkpoint(
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Begin to sign with another key. 另起一把签名密钥。")
    ] = False,
    folder: Folder = DEFAULT_FOLDER,
    lang: Lang = None,
) -> None:
    """Sign a checkpoint now and publish it. 立即签名并公布检查点。"""
    services, screen = opened(folder), _screen(lang)
    with screen.refusing(NOT_WRITTEN, "cannot_write"):
        if new_key:
            services.publisher.new_key(services.now())
        one = services.publisher.publish(services.database, services.now())
    if one is None:
        screen.say("The log is empty.")
    else:
        typer.echo(one.note, nl=False)


@log.command("public-key", epilog="Example 示例: guicheng log public-key > log-key.txt")
def public_key(folder: Folder = DEFAULT_FOLDER, lang: Lang = None) -> None:
    """Print the keys that checkpoints are checked with. 输出核验检查点的公钥。"""
    screen = _screen(lang)
    with screen.refusing(UNUSABLE, "cannot_read"):
        for key in opened(folder).publisher.public_keys():
            typer.echo(key.line)


def _keys(path: Path) -> list[PublicKey]:
    try:
        return public_keys_of(path.read_text("utf-8"))
    except (NotSound, UnicodeDecodeError):
        raise Unusable([fault("log_key_unusable", path=path)]) from None


_WRONG: Mapping[str, Text] = {
    **{code: FINDINGS[code] for code in ("checkpoint_unsigned", "event_unsound", "detail_differs")},
    "consistency_broken": Text(
        "较早的检查点不是该日志的开头", "an older checkpoint is not the beginning of this log"
    ),
    "inclusion_broken": Text("日志中该编号处不是这一事件", "the log has another event at this number"),
    "out_of_order": Text("事件未按编号排列", "the events are not in their order"),
    "about_another": Text("该事件与所证明的对象无关", "the event is about somebody else"),
    "nothing_shown": Text("没有任何事件", "there is no event"),
}


def _show(verdict: Verdict, screen: Screen) -> None:
    words = screen.words
    heads = (
        words("number"),
        words("happened (UTC)"),
        words("recorded (UTC)"),
        words("what happened"),
        words("trip"),
        words("place"),
        words("says"),
        words("personal part"),
        words("reported by"),
        words("proof"),
    )
    screen.out.print(table(verdict.subject, *heads, rows=[_row(one, words) for one in verdict.shown]))


def _row(one: Shown, words: Words) -> tuple[object, ...]:
    e = one.event
    title = FORMS[e.kind].title
    what = words.pick(title.zh, title.en)
    if one.voided_by is not None:
        what = f"{what} ({words('voided by {seq}', seq=one.voided_by)})"
    personal = words("sealed") if e.commitment is not None else "—"
    return (
        one.seq,
        f"{e.happened_at:%Y-%m-%d %H:%M:%S}",
        f"{e.recorded_at:%Y-%m-%d %H:%M:%S}",
        what,
        e.trip_id or "",
        e.place_id or "",
        json.dumps(e.says, ensure_ascii=False) if e.says else "",
        json.dumps(one.details, ensure_ascii=False) if one.details is not None else personal,
        e.by if e.device is None else f"{e.by} / {e.device}",
        "✓" if one.proved else "✗",
    )


def _pick(text: Text, screen: Screen) -> str:
    return screen.words.pick(text.zh, text.en)


def _screen(lang: Lang) -> Screen:
    return Screen(Words(lang or language_of_environment()))
