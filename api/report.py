"""The report: one HTML file that shows a plan to people who do not read tables, without a network."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from api.language import LABELS, Language, chinese
from api.report_data import report_data
from workforce.plan import Plan
from workforce.scenario import Scenario

SCRIPTS = ("report-base.js", "report-charts.js", "report-coaches.js", "report-tables.js", "report.js")


def write_report(plan: Plan, scenario: Scenario, path: Path, language: Language = Language.ZH) -> None:
    """Write the report of a plan as one HTML file.

    Args:
        language: that the page opens in; the reader can change it there.  BOTH means Chinese.

    Raises:
        OSError: the file cannot be written.
    """
    path.write_text(render_report(plan, scenario, language), encoding="utf-8")


def render_report(plan: Plan, scenario: Scenario, language: Language = Language.ZH) -> str:
    """The report of a plan as the text of one HTML page."""
    environment = Environment(
        loader=PackageLoader("api", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = _in_both_languages
    template = environment.get_template("report.html")
    data = report_data(plan, scenario)
    places = sum(trip["limit"] for trip in data["trips"])
    return template.render(
        language=Language.EN if language is Language.EN else Language.ZH,
        plan=plan,
        summary=plan.summary,
        policy=scenario.policy,
        stopped=sum(e.restarts_with is not None for e in scenario.enterprises.values()),
        paid_fen=sum(share.total_fen for share in plan.shares),
        load_share=len(plan.seats) / places if places else 0.0,
        coaches=len({(trip.fleet_id, trip.vehicle_no) for trip in plan.trips}),
        style=Markup(_template_text("report.css")),
        scripts=[Markup(_template_text(name)) for name in SCRIPTS],
        plotly=Markup(_plotly()),
        data=_json_in_html({**data, "labels": dict(LABELS)}),
        chinese=_json_in_html(dict(chinese())),
    )


def _in_both_languages(message: str, **values: object) -> Markup:
    """A text in Chinese and in English; the style sheet shows the one that the reader chose."""
    zh, en = Markup(chinese()[message]), Markup(message)
    return Markup('<span lang="zh">{}</span><span lang="en">{}</span>').format(
        zh.format(**values), en.format(**values)
    )


def _template_text(name: str) -> str:
    return files("api").joinpath("templates", name).read_text(encoding="utf-8")


def _plotly() -> str:
    """The library without the addresses of map tiles, fonts and services, which the report never uses.

    Names of XML namespaces, which are not fetched, stay.
    """
    return re.sub(r"https?://(?!www\.w3\.org/)", "", get_plotlyjs())


def _json_in_html(value: object) -> Markup:
    """JSON that may stand inside a script element: no text of it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))
