"""What can be wrong with a scenario or a plan file: one catalogue of codes, in Chinese and English.

A code never changes its meaning; ``docs/formats.md`` lists them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """A scenario with an error is not planned; a warning leaves it usable."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class FaultKind:
    """The entry of a code: its texts are templates over named values."""

    severity: Severity
    message: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the input.

    Attributes:
        code: key of ``CATALOGUE``.
        table: a table, ``policy``, or a file of a plan; None: the scenario or the plan as a whole.
        row: as a spreadsheet numbers it, where the header usually is row 1.
        column: the column's English name, or the dotted key of the policy.
    """

    code: str
    severity: Severity
    message: Text
    remedy: Text
    table: str | None = None
    row: int | None = None
    column: str | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    @property
    def place(self) -> str:
        """Where it is: ``workers, row 5, arrive_by``, with what is known of it."""
        row = f"row {self.row}" if self.row else None
        return ", ".join(part for part in (self.table, row, self.column) if part)

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        return (
            f"{self.severity} {self.code} {place}{self.message.zh}{self.remedy.zh} "
            f"{self.message.en} {self.remedy.en}"
        )


class Unusable(ValueError):
    """Input from which nothing can be made; ``faults`` says why, in both languages."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


_LONGEST_SHOWN = 80


def fault(
    code: str, table: str | None = None, row: int | None = None, column: str | None = None, **values: object
) -> Fault:
    """The fault of a code at a place; the values fill its templates, a ``Text`` in either language."""
    kind = CATALOGUE[code]

    def filled(template: str, language: str) -> str:
        texts = (getattr(v, language) if isinstance(v, Text) else str(v) for v in values.values())
        return template.format(**dict(zip(values, map(_shown, texts), strict=True)))

    def both(templates: Text) -> Text:
        return Text(filled(templates.zh, "zh"), filled(templates.en, "en"))

    return Fault(code, kind.severity, both(kind.message), both(kind.remedy), table, row, column)


def _shown(text: str) -> str:
    one_line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return one_line if len(one_line) <= _LONGEST_SHOWN else one_line[: _LONGEST_SHOWN - 1] + "…"


def _error(zh: str, en: str, remedy_zh: str, remedy_en: str) -> FaultKind:
    return FaultKind(Severity.ERROR, Text(zh, en), Text(remedy_zh, remedy_en))


def _warning(zh: str, en: str, remedy_zh: str, remedy_en: str) -> FaultKind:
    return FaultKind(Severity.WARNING, Text(zh, en), Text(remedy_zh, remedy_en))


CATALOGUE: Mapping[str, FaultKind] = {
    # Files and tables
    "path_missing": _error(
        "“{path}”不存在。",
        "“{path}” does not exist.",
        "请检查路径。",
        "Check the path.",
    ),
    "plan_as_scenario": _error(
        "“{path}”是一份计划，不是方案。",
        "“{path}” is a plan, not a scenario.",
        "请给出编制该计划所用的方案：含 policy.toml 的文件夹，或一个 .xlsx 工作簿。",
        "Name the scenario that it was made from: a folder with policy.toml, or one .xlsx workbook.",
    ),
    "not_a_scenario": _error(
        "“{path}”既不是文件夹，也不是 .xlsx 工作簿。",
        "“{path}” is neither a folder nor an .xlsx workbook.",
        "请给出含 CSV 表和 policy.toml 的文件夹，或一个 .xlsx 工作簿。",
        "Name a folder with CSV tables and policy.toml, or one .xlsx workbook.",
    ),
    "folder_empty": _error(
        "文件夹“{path}”里没有任何表。",
        "The folder “{path}” holds no table.",
        "请放入各表的 CSV 文件和 policy.toml；如用工作簿，请直接给出 .xlsx 文件。",
        "Put the tables' CSV files and policy.toml there; for a workbook, name the .xlsx file itself.",
    ),
    "file_unreadable": _error(
        "无法读取文件“{file}”：{why}。",
        "The file “{file}” cannot be read: {why}.",
        "请关闭占用它的程序，并检查访问权限。",
        "Close the program that holds it and check the permissions.",
    ),
    "file_too_large": _error(
        "文件“{file}”过大（{size} MB，上限 {most} MB）。",
        "The file “{file}” is too large ({size} MB, at most {most} MB).",
        "请删去与本次计划无关的内容。",
        "Take out what does not belong to this planning task.",
    ),
    "file_binary": _error(
        "“{file}”不是文本文件（含控制字符）。",
        "“{file}” is no text file (it has control characters).",
        "请在表格软件中另存为“CSV UTF-8”。",
        "Save it from the spreadsheet as “CSV UTF-8”.",
    ),
    "file_encoding": _error(
        "“{file}”的编码既不是 UTF-8，也不是 GB18030。",
        "“{file}” is encoded neither in UTF-8 nor in GB18030.",
        "请在表格软件中另存为“CSV UTF-8”。",
        "Save it from the spreadsheet as “CSV UTF-8”.",
    ),
    "csv_broken": _error(
        "“{file}”第 {line} 行附近的 CSV 结构有误：{why}。",
        "The CSV structure of “{file}” breaks near line {line}: {why}.",
        "请检查该处的双引号是否成对，或重新由表格软件导出。",
        "Check that double quotes come in pairs there, or export it again from the spreadsheet.",
    ),
    "zip_damaged": _error(
        "压缩包打不开（{why}）。",
        "The zip cannot be opened ({why}).",
        "请重新打包为 ZIP 后再发。",
        "Pack the files as a zip again and send that.",
    ),
    "zip_encrypted": _error(
        "压缩包设有密码。",
        "The zip is locked with a password.",
        "请去掉密码后再发；传输本身已加密。",
        "Send it without one; the way here is encrypted.",
    ),
    "zip_path": _error(
        "压缩包中的“{name}”指向文件夹之外。",
        "“{name}” in the zip points out of the folder.",
        "请只打包方案或计划的文件本身。",
        "Pack only the files of the scenario or the plan.",
    ),
    "zip_too_large": _error(
        "压缩包解开后超过 {files} 个文件或 {most} MB。",
        "Unpacked, the zip is more than {files} files or {most} MB.",
        "请只打包方案或计划的文件。",
        "Pack only the files of the scenario or the plan.",
    ),
    "workbook_damaged": _error(
        "工作簿“{file}”已损坏或不是 .xlsx 文件：{why}。",
        "The workbook “{file}” is damaged or no .xlsx file: {why}.",
        "请用表格软件打开并另存为“Excel 工作簿 (.xlsx)”。",
        "Open it in the spreadsheet program and save it as “Excel workbook (.xlsx)”.",
    ),
    "workbook_old": _error(
        "“{file}”是旧版 .xls 格式，或设有打开密码。",
        "“{file}” is in the old .xls format, or is protected by a password.",
        "请去掉密码，并另存为“Excel 工作簿 (.xlsx)”。",
        "Remove the password and save it as “Excel workbook (.xlsx)”.",
    ),
    "sheet_too_large": _error(
        "工作表“{sheet}”用到了第 {rows} 行、第 {columns} 列，超出可读的范围。",
        "The sheet “{sheet}” reaches to row {rows} and column {columns}, more than can be read.",
        "请删去远离表格的多余单元格，再保存。",
        "Delete the stray cells far from the table and save it again.",
    ),
    "table_missing": _error(
        "缺少必需的表 {name}（{chinese}）。",
        "The required table {name} is missing.",
        "请加入文件 {file}，或工作表“{name}”。",
        "Add the file {file}, or the sheet “{name}”.",
    ),
    "table_twice": _error(
        "同一张表出现两次：“{first}”和“{second}”。",
        "The same table is there twice: “{first}” and “{second}”.",
        "请只保留一个。",
        "Keep only one of them.",
    ),
    "table_unknown": _warning(
        "不认识的表“{name}”，已忽略。",
        "The table “{name}” is not known and was ignored.",
        "{guess}如不需要，可以删去。",
        "{guess}Remove it if it is not needed.",
    ),
    "header_missing": _error(
        "该表没有表头。",
        "The table has no header row.",
        "请在第一行写上列名。",
        "Write the names of the columns into the first row.",
    ),
    "column_missing": _error(
        "缺少必需的列“{title}”（{chinese}）。",
        "The required column “{title}” is missing.",
        "请加入这一列。{guess}",
        "Add the column. {guess}",
    ),
    "column_twice": _error(
        "“{first}”和“{second}”是同一列。",
        "“{first}” and “{second}” are the same column.",
        "请只保留一列。",
        "Keep only one of them.",
    ),
    "column_unknown": _warning(
        "不认识的列“{title}”，已忽略。",
        "The column “{title}” is not known and was ignored.",
        "{guess}如不需要，可以删去。",
        "{guess}Remove it if it is not needed.",
    ),
    "row_too_wide": _error(
        "该行在表头之外还有内容：“{value}”。",
        "The row has content beyond the header: “{value}”.",
        "请检查是否多了逗号或错位；含逗号的文字要加双引号。",
        "Look for a comma too many or a shifted cell; text with commas needs double quotes.",
    ),
    # Cells and policy values
    "value_missing": _error(
        "此处不能为空。",
        "A value is needed here.",
        "请填写。",
        "Fill it in.",
    ),
    "not_a_number": _error(
        "“{value}”不是数字。",
        "“{value}” is no number.",
        "请只写数字，不带单位和说明。",
        "Write digits only, without unit or remark.",
    ),
    "not_whole": _error(
        "“{value}”不是整数。",
        "“{value}” is no whole number.",
        "请写整数。",
        "Write a whole number.",
    ),
    "out_of_range": _error(
        "“{value}”不在 {least} 到 {most} 之间。",
        "“{value}” is not between {least} and {most}.",
        "请检查数值、单位和小数点。",
        "Check the value, its unit and the decimal point.",
    ),
    "money_decimals": _error(
        "金额“{value}”超过两位小数。",
        "The amount “{value}” has more than two decimals.",
        "请以元为单位，最多写到分。",
        "Write yuan with at most two decimals.",
    ),
    "not_a_date": _error(
        "“{value}”不是日期。",
        "“{value}” is no date.",
        "请写成 2020-03-01（四位年份）。",
        "Write it as 2020-03-01, with four digits for the year.",
    ),
    "not_a_choice": _error(
        "“{value}”不在可选值之内。",
        "“{value}” is none of the possible values.",
        "请选用：{choices}。",
        "Use one of: {choices}.",
    ),
    "not_text": _error(
        "“{value}”在表格里是{what}，不是文字，原来的写法已经丢失。",
        "“{value}” is {what} in the spreadsheet, not text; what was typed is lost.",
        "请把这一列设为文本格式，再重新填写。",
        "Format the column as text and type it again.",
    ),
    "formula_error": _error(
        "单元格里是公式错误（{value}）。",
        "The cell holds the error of a formula ({value}).",
        "请修正公式，或改为直接填写数值。",
        "Correct the formula, or type the value itself.",
    ),
    "bad_characters": _error(
        "“{value}”含有换行、制表符或不可见字符。",
        "“{value}” has line breaks, tabs or invisible characters.",
        "请删去后重新填写。",
        "Delete it and type it again.",
    ),
    "adcode_form": _error(
        "“{value}”不是六位行政区划代码。",
        "“{value}” is no administrative code of six digits.",
        "请按 GB/T 2260 填写六位数字，例如 150302。",
        "Write the six digits of GB/T 2260, for example 150302.",
    ),
    "identity_as_number": _error(
        "身份证号在表格里被存成了数字，末三位已经丢失，无法恢复。",
        "The spreadsheet stored this identity number as a number; its last three digits are lost for good.",
        "请把这一列设为文本格式，再从原始登记重新录入。",
        "Format the column as text and enter the numbers again from the registration.",
    ),
    "identity_form": _warning(
        "“{value}”不像居民身份证号（18 位，含出生日期）。",
        "“{value}” does not look like a resident identity number (18 characters with a date of birth).",
        "如是护照等其他证件可以不理；否则请核对。",
        "Ignore this for a passport or another paper; else check it.",
    ),
    "identity_checksum": _warning(
        "身份证号“{value}”的校验位不对，可能录错了。",
        "The check digit of the identity number “{value}” is wrong; it may be mistyped.",
        "请与证件核对。",
        "Compare it with the card.",
    ),
    "phone_implausible": _warning(
        "“{value}”不像电话号码。",
        "“{value}” does not look like a telephone number.",
        "手机号为 1 开头的 11 位数字；请核对。",
        "A mobile number has 11 digits and begins with 1; check it.",
    ),
    "credit_code_invalid": _warning(
        "“{value}”不是有效的统一社会信用代码（GB 32100，18 位含校验位）。",
        "“{value}” is no valid unified social credit code (GB 32100, 18 characters with a check character).",
        "请与营业执照核对。",
        "Compare it with the business licence.",
    ),
    # Between rows and tables
    "id_twice": _error(
        "编号“{value}”在第 {first} 行已经用过。",
        "The id “{value}” was used already in row {first}.",
        "请给每一行不同的编号，或删去重复的行。",
        "Give each row an id of its own, or delete the repeated row.",
    ),
    "id_shared": _error(
        "编号“{value}”在表 {other} 第 {first} 行也有；企业、上车点、车队和酒店的编号不能相同。",
        "The id “{value}” is also in table {other}, row {first}; "
        "enterprises, pickups, fleets and hotels may not share ids.",
        "请改用不同的编号，例如加上 E、P、D、H 作前缀。",
        "Use different ids, for example with the prefixes E, P, D and H.",
    ),
    "pair_twice": _error(
        "“{value}”这一对在第 {first} 行已经有了。",
        "The pair “{value}” is there already in row {first}.",
        "每个方向只保留一行。",
        "Keep one row for each direction.",
    ),
    "row_repeated": _warning(
        "该行与第 {first} 行相同。",
        "The row repeats row {first}.",
        "可以删去。",
        "It can be deleted.",
    ),
    "id_unknown": _error(
        "“{value}”不在表 {tables} 中。",
        "“{value}” is not in {tables}.",
        "请改正编号，或在该表中补上这一行。{guess}",
        "Correct the id, or add the row there. {guess}",
    ),
    "unit_unknown": _error(
        "“{place}”没有“{value}”；应为 {expected}。",
        "“{place}” has no “{value}”; expected is {expected}.",
        "车辆写车号（如 3），房间写 S3（单人间）或 T3（双人间）。",
        "Write a vehicle by its number (3), a room as S3 (single) or T3 (twin).",
    ),
    "days_reversed": _error(
        "最后一天 {last} 早于第一天 {first}。",
        "The last day {last} is before the first day {first}.",
        "请对调或改正日期。",
        "Swap or correct the dates.",
    ),
    "dates_crossed": _warning(
        "最迟到达日 {last} 早于最早出发日 {first}，此人无法安排。",
        "This worker must arrive by {last} but is available only from {first}, and cannot be served.",
        "请与本人或企业核对日期。",
        "Check the dates with the worker or the enterprise.",
    ),
    "person_twice": _error(
        "与第 {first} 行“{other}”是同一人（姓名和身份证号 {value} 都相同）。",
        "This is the same person as “{other}” in row {first} (same name and identity number {value}).",
        "请只保留一行，或改正身份证号。",
        "Keep one of the rows, or correct the identity number.",
    ),
    "identity_shared": _warning(
        "身份证号 {value} 与第 {first} 行“{other}”相同，但姓名不同。",
        "The identity number {value} is also that of “{other}” in row {first}, under another name.",
        "请与证件核对：其中一个录错了，或同一人登记了两次。",
        "Compare both with the cards: one is mistyped, or one person is registered twice.",
    ),
    "party_mixed": _error(
        "同行组“{party}”的成员{what}不一致（与第 {first} 行相比）。",
        "The members of party “{party}” differ in {what} (compare row {first}).",
        "同行组须同为求职者或同属一家企业，并来自同一风险等级的地区；请拆分或改正。",
        "A party is all seekers or all of one enterprise, and of one risk; split or correct it.",
    ),
    "party_differs": _error(
        "同行组“{party}”的成员{what}与该组已登记的成员不一致。",
        "A member of party “{party}” differs in {what} from those who are registered.",
        "同行组须同为求职者或同属一家企业，并来自同一风险等级的地区；请换一个组名，或将全组重新提交。",
        "A party is all seekers or all of one enterprise, and of one risk; name another or send it all anew.",
    ),
    "intention_ignored": _warning(
        "“{worker}”已有企业，这条就业意向不起作用。",
        "“{worker}” has an enterprise already; the intention has no effect.",
        "请删去意向，或清空该人的企业编号。",
        "Delete the intention, or clear the worker's enterprise_id.",
    ),
    "present_above_workforce": _warning(
        "在岗人数 {present} 多于用工总数 {workforce}。",
        "{present} are present, more than the workforce of {workforce}.",
        "请核对两个数字。",
        "Check both figures.",
    ),
    "risk_without_section": _error(
        "风险等级“{risk}”出现在表 {where} 第 {first} 行，但政策中没有 [zones.{risk}]。",
        "The risk “{risk}” occurs in table {where}, row {first}, but the policy has no [zones.{risk}].",
        "请在政策中补上 zones.{risk}.admit、quarantine_nights 和 load_factor。",
        "Add zones.{risk}.admit, quarantine_nights and load_factor to the policy.",
    ),
    # Policy
    "policy_syntax": _error(
        "policy.toml 的写法有误：{why}。",
        "policy.toml is not valid TOML: {why}.",
        "请对照 docs/formats.md 中的例子改正。",
        "Correct it by the example in docs/formats.md.",
    ),
    "key_missing": _error(
        "政策缺少“{key}”（{chinese}）。",
        "The policy lacks “{key}”.",
        "请补上，例如 {example}。",
        "Add it, for example {example}.",
    ),
    "key_twice": _error(
        "政策项“{key}”写了两次。",
        "The policy key “{key}” is given twice.",
        "请只保留一行。",
        "Keep one of the rows.",
    ),
    "key_unknown": _warning(
        "不认识的政策项“{key}”，已忽略。",
        "The policy key “{key}” is not known and was ignored.",
        "{guess}如不需要，可以删去。",
        "{guess}Remove it if it is not needed.",
    ),
    "not_yes_no": _error(
        "“{value}”既不是“是”也不是“否”。",
        "“{value}” is neither true nor false.",
        "请写 true 或 false（是 / 否）。",
        "Write true or false.",
    ),
    "not_a_window": _error(
        "“{value}”不是一段时间。",
        "“{value}” is no span of clock times.",
        '请写两个时刻，例如 ["05:00", "22:00"]。',
        'Write two times of day, for example ["05:00", "22:00"].',
    ),
    "window_reversed": _error(
        "时段 {value} 跨过了午夜。",
        "The window {value} runs over midnight.",
        "起点不能晚于终点；只有 night_ban 可以跨夜。",
        "Its start may not be after its end; only night_ban may pass midnight.",
    ),
    "window_empty": _error(
        "夜间禁行的起止时刻相同（{value}）。",
        "The night ban begins and ends at the same time ({value}).",
        "请写两个不同的时刻；不设禁行则删去此项。",
        "Write two different times, or leave the key out for no ban.",
    ),
    "not_a_list": _error(
        "“{value}”不是 {count} 个数字。",
        "“{value}” is not {count} numbers.",
        "请按 [8, 4, 2, 1] 的写法。",
        "Write it like [8, 4, 2, 1].",
    ),
    # Files of a plan
    "plan_file_missing": _error(
        "“{path}”里没有 {file}，不是一份完整的计划。",
        "“{path}” has no {file}; it is not a whole plan.",
        "请给出 guicheng plan 写出的文件夹。",
        "Name a folder that guicheng plan has written.",
    ),
    "plan_columns": _error(
        "列名应当正好是：{expected}。",
        "The columns must be exactly: {expected}.",
        "请恢复原来的列名和次序。",
        "Restore the names and their order.",
    ),
    "plan_row_width": _error(
        "该行有 {count} 格，表头有 {expected} 格。",
        "The row has {count} cells, the header has {expected}.",
        "请补齐或删去多余的格。",
        "Fill it up or take out what is too much.",
    ),
    "not_plain_whole": _error(
        "“{value}”不是普通的整数写法。",
        "“{value}” is no plainly written whole number.",
        "只写数字，不带前导零、小数点和空格。",
        "Digits only: no leading zero, decimal point or space.",
    ),
    "not_plain_date": _error(
        "“{value}”不是 YYYY-MM-DD 形式的日期。",
        "“{value}” is no date of the form YYYY-MM-DD.",
        "请写成 2020-03-01。",
        "Write it as 2020-03-01.",
    ),
    "not_plain_minute": _error(
        "“{value}”不是 YYYY-MM-DDTHH:MM 形式的时刻。",
        "“{value}” is no time of the form YYYY-MM-DDTHH:MM.",
        "请写成 2020-03-01T08:30。",
        "Write it as 2020-03-01T08:30.",
    ),
    "plan_json_broken": _error(
        "plan.json 无法读取：{why}。",
        "plan.json cannot be read: {why}.",
        "请恢复程序写出的文件。",
        "Restore the file that the program wrote.",
    ),
    "plan_figure": _error(
        "plan.json 的“{key}”缺失或写法不对。",
        "“{key}” in plan.json is missing or badly written.",
        "请按 docs/formats.md 改正。",
        "Correct it by docs/formats.md.",
    ),
    "figures_disagree": _error(
        "plan.json 的“{key}”写的是 {said}，按其他数字应为 {due}。",
        "“{key}” in plan.json says {said}; by the other figures it is {due}.",
        "请改正，或重新计划。",
        "Correct it, or plan again.",
    ),
    "kept_row_rewritten": _error(
        "这一行属于保留的车次，内容未变，写法却变了：原为“{before}”，现为“{now}”。",
        "This row of a kept trip says the same in other words: it was “{before}”, now it is “{now}”.",
        "请照旧计划的文件逐字恢复，或用 guicheng replan 重新计划。",
        "Restore it letter by letter from the older plan, or plan again with guicheng replan.",
    ),
    "kept_trip_damaged": _error(
        "应保留的车次“{trip}”在旧计划的文件中自相矛盾：{what}。",
        "The files of the older plan contradict themselves about trip “{trip}”, which is to be kept: {what}.",
        "请用 guicheng check 核对旧计划并恢复其文件，或不保留该车次。",
        "Check the older plan with guicheng check and restore its files, or do not keep the trip.",
    ),
    "plan_of_another_scenario": _error(
        "该计划是为方案“{made_for}”编制的，而给出的方案是“{given}”。",
        "The plan was made for the scenario “{made_for}”; the scenario given is “{given}”.",
        "请给出配套的方案和计划；若只是方案改了名，请在政策的 name 中写回原名。",
        "Name a scenario and a plan that belong together; if only its name is new, restore it in the policy.",
    ),
    "folder_not_a_plan": _error(
        "“{path}”里已有文件，但不是一份计划；为免丢失，没有写入。",
        "“{path}” has files and is no plan; nothing was written, so that nothing is lost.",
        "请换一个新的或空的文件夹。",
        "Choose a new or an empty folder.",
    ),
    # Submissions
    "rows_too_many": _error(
        "共 {rows} 行，一次最多提交 {most} 行。",
        "There are {rows} rows; {most} can be submitted at once.",
        "请分几次提交，并删去表格下方的空行。",
        "Submit them in parts, and delete empty rows below the table.",
    ),
    "submitted_twice": _error(
        "该行与第 {first} 行重复：{what}相同。",
        "The row repeats row {first}: it has the same {what}.",
        "请只保留一行；如确是两人，请补上各自的身份证号。",
        "Keep one of them; if they are two people, give the identity number of each.",
    ),
    "nobody_named": _error(
        "该行没有工号、身份证号或手机号，无法与他人区分。",
        "The row has no own number, identity number or telephone to tell this person from others.",
        "请至少填写一项，最好是身份证号。",
        "Give at least one of them, best the identity number.",
    ),
    "home_missing": _error(
        "没有住处：缺少区划代码和住址。",
        "There is no home: neither an administrative code nor an address.",
        "请填写现居住地的六位区划代码，或写明省、市、县的住址。",
        "Give the six digits of where the worker lives now, or an address with province, city and county.",
    ),
    "home_unknown": _error(
        "无法从“{value}”确定是哪个县（市、区）。",
        "Which county “{value}” means cannot be told.",
        "请写全省、市、县，例如“甘肃省兰州市城关区”；或填写区划代码，不在名录中的再加经纬度。",
        "Write province, city and county in full, such as 甘肃省兰州市城关区, or the administrative code; "
        "with coordinates where the code is not in the list.",
    ),
    "enterprise_foreign": _error(
        "该行写的企业“{value}”不是提交的企业。",
        "The row names “{value}”, which is not the enterprise that submits.",
        "请删去该行，或清空企业一栏。",
        "Delete the row, or clear the column of the enterprise.",
    ),
    "claimed_elsewhere": _warning(
        "此人已由另一单位登记，归属待主管部门裁定；在此之前以先登记的为准。",
        "Somebody else has registered this worker; the bureau decides whose claim stands, "
        "until then the first one does.",
        "请与本人确认；如不归本企业，请撤回。",
        "Ask the worker; withdraw the row if it is not yours.",
    ),
    "windows_differ": _warning(
        "此人的出发和到达日期与主管部门登记的不同，待裁定；在此之前以先登记的为准。",
        "The days differ from those that the bureau has for this worker; it decides which stand, "
        "until then the first ones do.",
        "请与本人核对日期。",
        "Check the days with the worker.",
    ),
    "claim_refused": _warning(
        "主管部门已裁定此人不归本企业，该行不起作用。",
        "The bureau has decided that this worker is not yours; the row has no effect.",
        "如有异议，请联系主管部门。",
        "Ask the bureau if you disagree.",
    ),
    # The command line
    "wrong_usage": _error(
        "命令的写法有误：{why}。",
        "The command is not written rightly: {why}.",
        "用法见 {command} --help。",
        "See {command} --help.",
    ),
    "not_in_plan": _error(
        "计划中没有车次或人员“{wanted}”。",
        "The plan has no trip or worker “{wanted}”.",
        "{guess}guicheng show PLAN 可列出全部车次。",
        "{guess}guicheng show PLAN lists its trips.",
    ),
    "file_exists": _error(
        "“{path}”已经存在。",
        "“{path}” exists already.",
        "请换一个文件名，以免丢失原有内容。",
        "Choose another name, so that nothing is lost.",
    ),
    "backup_damaged": _error(
        "“{path}”不是完整的备份。",
        "“{path}” is no whole back-up.",
        "请使用另一份备份；传输中损坏的请重新复制。",
        "Use another one; copy it again if it was damaged on the way.",
    ),
    "backup_newer": _error(
        "备份来自更新的版本（{revision}）。",
        "The back-up is of a newer release ({revision}).",
        "请先升级本程序。",
        "Install that release first.",
    ),
    "database_not_empty": _error(
        "数据库中已有内容。",
        "The database holds something already.",
        "请恢复到新的数据文件夹或空的数据库，以免覆盖。",
        "Restore into a new data folder or an empty database, so that nothing is lost.",
    ),
    "backup_of_other_keys": _error(
        "“{path}”不是该备份的密钥。",
        "“{path}” holds other keys than those of the back-up.",
        "请放入备份当时的密钥文件；若该处的密钥尚未使用，可先移走。",
        "Put the keys there that were in use then; move these away if nothing was sealed with them.",
    ),
    "backup_without_keys": _error(
        "备份中没有密钥，“{path}”也不存在。",
        "The back-up has no keys, and “{path}” is not there.",
        "请先放入当时的密钥文件，或使用以 --with-keys 做的备份。",
        "Put the keys there first, or use a back-up made with --with-keys.",
    ),
    "checkpoint_unreadable": _error(
        "“{path}”不是检查点。",
        "“{path}” is no checkpoint.",
        "请查明它何时被改动；可从下载过的检查点恢复，原文件留作证据。",
        "Find out when it was changed; put a downloaded copy in its place, and keep it as evidence.",
    ),
    "log_shrunk": _error(
        "日志只有 {size} 条事件，而已签名的检查点说有 {told} 条。",
        "The log has {size} events, while a signed checkpoint speaks of {told}.",
        "没有生成检查点。请执行 guicheng log verify，并恢复到该检查点之后的备份。",
        "No checkpoint was made. Run guicheng log verify, and restore a back-up made after that one.",
    ),
    "log_rewritten": _error(
        "日志的前 {size} 条事件与已签名的检查点不符。",
        "The first {size} events of the log are not those of a signed checkpoint.",
        "没有生成检查点。请停止上报，执行 guicheng log verify，并保留检查点文件。",
        "No checkpoint was made. Stop reports, run guicheng log verify, and keep the files of checkpoints.",
    ),
    "log_key_missing": _error(
        "检查点的签名密钥“{path}”不在。",
        "The key “{path}” that signs checkpoints is not there.",
        "请放回该文件；确已丢失时，用 guicheng log checkpoint --new-key 另起一把。",
        "Put it back; if it is lost for good, begin another with guicheng log checkpoint --new-key.",
    ),
    "log_key_unusable": _error(
        "“{path}”不是该日志的密钥。",
        "“{path}” holds no key of this log.",
        "请放回当时的密钥文件。",
        "Put the file there that was in use.",
    ),
    "evidence_unreadable": _error(
        "“{path}”不是行程证据文件（{why}）。",
        "“{path}” is no evidence file ({why}).",
        "请重新获取由 guicheng log prove 写出的文件。",
        "Ask again for a file that guicheng log prove has written.",
    ),
    "evidence_other_key": _error(
        "该证据由另一把密钥签名：{given}。",
        "The evidence is signed with another key: {given}.",
        "请核对公钥的来源；不符的证据不可采信。",
        "Make sure where the public key is from; evidence of another key proves nothing.",
    ),
    "nothing_to_prove": _error(
        "日志中没有关于“{subject}”的事件。",
        "The log has no event about {subject}.",
        "请核对编号；车次写作“计划/车次”。",
        "Check the id; a trip is written PLAN/TRIP.",
    ),
    "reason_required": _error(
        "公开个人信息须说明理由。",
        "Personal parts are opened for a reason only.",
        "请用 --reason 写明；该次查看会记录在案。",
        "Say it with --reason; the reading is recorded.",
    ),
    "server_unreachable": _error(
        "连接不上服务器 {url}：{why}。",
        "The server {url} cannot be reached: {why}.",
        "请检查网址、网络和证书。",
        "Check the address, the network and the certificate.",
    ),
    "server_refused": _error(
        "服务器拒绝了请求（{refusal}）：{what}",
        "The server refused ({refusal}): {what}",
        "{remedy}",
        "{remedy}",
    ),
    "server_not_given": _error(
        "没有给出服务器的{what}。",
        "The server's {what} is not given.",
        "请使用 --server 和 --key-file，或设置环境变量 GUICHENG_SERVER 和 GUICHENG_KEY。",
        "Use --server and --key-file, or set GUICHENG_SERVER and GUICHENG_KEY.",
    ),
    "job_failed": _error(
        "编制任务 {job} 未能完成：{why}。",
        "The job {job} failed: {why}.",
        "请按原因处理后重新提交；管理员可在服务器日志中查看。",
        "Mend what it says and start it again; an administrator finds more in the server's log.",
    ),
    "cannot_read": _error(
        "无法读取“{path}”：{why}。",
        "“{path}” cannot be read: {why}.",
        "请检查路径，以及是否有权读取。",
        "Check the path and that you may read it.",
    ),
    "cannot_write": _error(
        "无法写入“{path}”：{why}。",
        "“{path}” cannot be written: {why}.",
        "请检查是否有权写入、磁盘是否有空间，或换一个位置。",
        "Check that you may write there and that the disk has room, or choose another place.",
    ),
}
