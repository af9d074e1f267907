"""A command that was typed wrongly, in both languages: the parser speaks English only."""

from __future__ import annotations

import typer

from workforce.faults import Fault, Text, fault


def wrong_usage(command: str, why: Text) -> Fault:
    return fault("wrong_usage", command=f"guicheng {command}", why=why)


def usage_fault(error: typer.TyperException) -> Fault:
    """What the parser refused."""
    context, names = getattr(error, "ctx", None), []
    while context is not None and context.parent is not None:  # the topmost is guicheng itself
        names.append(str(context.info_name))
        context = context.parent
    return fault("wrong_usage", command=" ".join(["guicheng", *reversed(names)]), why=_why(error))


def _why(error: typer.TyperException) -> Text:
    english = error.format_message().rstrip(".")
    option = getattr(error, "option_name", None)
    if option:
        return Text(f"没有选项 {option}", english)
    parameter = getattr(error, "param", None)
    if parameter is None:
        return Text(english, english)
    name = parameter.get_error_hint().strip("'")
    missing = type(error).__name__ == "MissingParameter"
    return Text(f"缺少 {name}" if missing else f"{name} 的值不合适", english)
