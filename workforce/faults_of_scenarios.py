"""What can be wrong with a scenario: its files and tables, cells, rows among themselves, the policy."""

from __future__ import annotations

from collections.abc import Mapping

from workforce.fault_kinds import FaultKind, error, warning

OF_SCENARIOS: Mapping[str, FaultKind] = {
    # Files and tables
    "path_missing": error(
        "“{path}”不存在。",
        "“{path}” does not exist.",
        "请检查路径。",
        "Check the path.",
    ),
    "plan_as_scenario": error(
        "“{path}”是一份计划，不是方案。",
        "“{path}” is a plan, not a scenario.",
        "请给出编制该计划所用的方案：含 policy.toml 的文件夹，或一个 .xlsx 工作簿。",
        "Name the scenario that it was made from: a folder with policy.toml, or one .xlsx workbook.",
    ),
    "not_a_scenario": error(
        "“{path}”既不是文件夹，也不是 .xlsx 工作簿。",
        "“{path}” is neither a folder nor an .xlsx workbook.",
        "请给出含 CSV 表和 policy.toml 的文件夹，或一个 .xlsx 工作簿。",
        "Name a folder with CSV tables and policy.toml, or one .xlsx workbook.",
    ),
    "folder_empty": error(
        "文件夹“{path}”里没有任何表。",
        "The folder “{path}” holds no table.",
        "请放入各表的 CSV 文件和 policy.toml；如用工作簿，请直接给出 .xlsx 文件。",
        "Put the tables' CSV files and policy.toml there; for a workbook, name the .xlsx file itself.",
    ),
    "file_unreadable": error(
        "无法读取文件“{file}”：{why}。",
        "The file “{file}” cannot be read: {why}.",
        "请关闭占用它的程序，并检查访问权限。",
        "Close the program that holds it and check the permissions.",
    ),
    "file_too_large": error(
        "文件“{file}”过大（{size} MB，上限 {most} MB）。",
        "The file “{file}” is too large ({size} MB, at most {most} MB).",
        "请删去与本次计划无关的内容。",
        "Take out what does not belong to this planning task.",
    ),
    "file_binary": error(
        "“{file}”不是文本文件（含控制字符）。",
        "“{file}” is no text file (it has control characters).",
        "请在表格软件中另存为“CSV UTF-8”。",
        "Save it from the spreadsheet as “CSV UTF-8”.",
    ),
    "file_encoding": error(
        "“{file}”的编码既不是 UTF-8，也不是 GB18030。",
        "“{file}” is encoded neither in UTF-8 nor in GB18030.",
        "请在表格软件中另存为“CSV UTF-8”。",
        "Save it from the spreadsheet as “CSV UTF-8”.",
    ),
    "csv_broken": error(
        "“{file}”第 {line} 行附近的 CSV 结构有误：{why}。",
        "The CSV structure of “{file}” breaks near line {line}: {why}.",
        "请检查该处的双引号是否成对，或重新由表格软件导出。",
        "Check that double quotes come in pairs there, or export it again from the spreadsheet.",
    ),
    "zip_damaged": error(
        "压缩包打不开（{why}）。",
        "The zip cannot be opened ({why}).",
        "请重新打包为 ZIP 后再发。",
        "Pack the files as a zip again and send that.",
    ),
    "zip_encrypted": error(
        "压缩包设有密码。",
        "The zip is locked with a password.",
        "请去掉密码后再发；传输本身已加密。",
        "Send it without one; the way here is encrypted.",
    ),
    "zip_path": error(
        "压缩包中的“{name}”指向文件夹之外。",
        "“{name}” in the zip points out of the folder.",
        "请只打包方案或计划的文件本身。",
        "Pack only the files of the scenario or the plan.",
    ),
    "zip_too_large": error(
        "压缩包解开后超过 {files} 个文件或 {most} MB。",
        "Unpacked, the zip is more than {files} files or {most} MB.",
        "请只打包方案或计划的文件。",
        "Pack only the files of the scenario or the plan.",
    ),
    "workbook_damaged": error(
        "工作簿“{file}”已损坏或不是 .xlsx 文件：{why}。",
        "The workbook “{file}” is damaged or no .xlsx file: {why}.",
        "请用表格软件打开并另存为“Excel 工作簿 (.xlsx)”。",
        "Open it in the spreadsheet program and save it as “Excel workbook (.xlsx)”.",
    ),
    "workbook_old": error(
        "“{file}”是旧版 .xls 格式，或设有打开密码。",
        "“{file}” is in the old .xls format, or is protected by a password.",
        "请去掉密码，并另存为“Excel 工作簿 (.xlsx)”。",
        "Remove the password and save it as “Excel workbook (.xlsx)”.",
    ),
    "sheet_too_large": error(
        "工作表“{sheet}”用到了第 {rows} 行、第 {columns} 列，超出可读的范围。",
        "The sheet “{sheet}” reaches to row {rows} and column {columns}, more than can be read.",
        "请删去远离表格的多余单元格，再保存。",
        "Delete the stray cells far from the table and save it again.",
    ),
    "table_missing": error(
        "缺少必需的表 {name}（{chinese}）。",
        "The required table {name} is missing.",
        "请加入文件 {file}，或工作表“{name}”。",
        "Add the file {file}, or the sheet “{name}”.",
    ),
    "table_twice": error(
        "同一张表出现两次：“{first}”和“{second}”。",
        "The same table is there twice: “{first}” and “{second}”.",
        "请只保留一个。",
        "Keep only one of them.",
    ),
    "table_unknown": warning(
        "不认识的表“{name}”，已忽略。",
        "The table “{name}” is not known and was ignored.",
        "{guess}如不需要，可以删去。",
        "{guess}Remove it if it is not needed.",
    ),
    "header_missing": error(
        "该表没有表头。",
        "The table has no header row.",
        "请在第一行写上列名。",
        "Write the names of the columns into the first row.",
    ),
    "column_missing": error(
        "缺少必需的列“{title}”（{chinese}）。",
        "The required column “{title}” is missing.",
        "请加入这一列。{guess}",
        "Add the column. {guess}",
    ),
    "column_twice": error(
        "“{first}”和“{second}”是同一列。",
        "“{first}” and “{second}” are the same column.",
        "请只保留一列。",
        "Keep only one of them.",
    ),
    "column_unknown": warning(
        "不认识的列“{title}”，已忽略。",
        "The column “{title}” is not known and was ignored.",
        "{guess}如不需要，可以删去。",
        "{guess}Remove it if it is not needed.",
    ),
    "row_too_wide": error(
        "该行在表头之外还有内容：“{value}”。",
        "The row has content beyond the header: “{value}”.",
        "请检查是否多了逗号或错位；含逗号的文字要加双引号。",
        "Look for a comma too many or a shifted cell; text with commas needs double quotes.",
    ),
    # Cells and policy values
    "value_missing": error(
        "此处不能为空。",
        "A value is needed here.",
        "请填写。",
        "Fill it in.",
    ),
    "not_a_number": error(
        "“{value}”不是数字。",
        "“{value}” is no number.",
        "请只写数字，不带单位和说明。",
        "Write digits only, without unit or remark.",
    ),
    "not_whole": error(
        "“{value}”不是整数。",
        "“{value}” is no whole number.",
        "请写整数。",
        "Write a whole number.",
    ),
    "out_of_range": error(
        "“{value}”不在 {least} 到 {most} 之间。",
        "“{value}” is not between {least} and {most}.",
        "请检查数值、单位和小数点。",
        "Check the value, its unit and the decimal point.",
    ),
    "money_decimals": error(
        "金额“{value}”超过两位小数。",
        "The amount “{value}” has more than two decimals.",
        "请以元为单位，最多写到分。",
        "Write yuan with at most two decimals.",
    ),
    "not_a_date": error(
        "“{value}”不是日期。",
        "“{value}” is no date.",
        "请写成 2020-03-01（四位年份）。",
        "Write it as 2020-03-01, with four digits for the year.",
    ),
    "not_a_choice": error(
        "“{value}”不在可选值之内。",
        "“{value}” is none of the possible values.",
        "请选用：{choices}。",
        "Use one of: {choices}.",
    ),
    "not_text": error(
        "“{value}”在表格里是{what}，不是文字，原来的写法已经丢失。",
        "“{value}” is {what} in the spreadsheet, not text; what was typed is lost.",
        "请把这一列设为文本格式，再重新填写。",
        "Format the column as text and type it again.",
    ),
    "formula_error": error(
        "单元格里是公式错误（{value}）。",
        "The cell holds the error of a formula ({value}).",
        "请修正公式，或改为直接填写数值。",
        "Correct the formula, or type the value itself.",
    ),
    "bad_characters": error(
        "“{value}”含有换行、制表符或不可见字符。",
        "“{value}” has line breaks, tabs or invisible characters.",
        "请删去后重新填写。",
        "Delete it and type it again.",
    ),
    "adcode_form": error(
        "“{value}”不是六位行政区划代码。",
        "“{value}” is no administrative code of six digits.",
        "请按 GB/T 2260 填写六位数字，例如 150302。",
        "Write the six digits of GB/T 2260, for example 150302.",
    ),
    "identity_as_number": error(
        "身份证号在表格里被存成了数字，末三位已经丢失，无法恢复。",
        "The spreadsheet stored this identity number as a number; its last three digits are lost for good.",
        "请把这一列设为文本格式，再从原始登记重新录入。",
        "Format the column as text and enter the numbers again from the registration.",
    ),
    "identity_form": warning(
        "“{value}”不像居民身份证号（18 位，含出生日期）。",
        "“{value}” does not look like a resident identity number (18 characters with a date of birth).",
        "如是护照等其他证件可以不理；否则请核对。",
        "Ignore this for a passport or another paper; else check it.",
    ),
    "identity_checksum": warning(
        "身份证号“{value}”的校验位不对，可能录错了。",
        "The check digit of the identity number “{value}” is wrong; it may be mistyped.",
        "请与证件核对。",
        "Compare it with the card.",
    ),
    "phone_implausible": warning(
        "“{value}”不像电话号码。",
        "“{value}” does not look like a telephone number.",
        "手机号为 1 开头的 11 位数字；请核对。",
        "A mobile number has 11 digits and begins with 1; check it.",
    ),
    "credit_code_invalid": warning(
        "“{value}”不是有效的统一社会信用代码（GB 32100，18 位含校验位）。",
        "“{value}” is no valid unified social credit code (GB 32100, 18 characters with a check character).",
        "请与营业执照核对。",
        "Compare it with the business licence.",
    ),
    # Between rows and tables
    "id_twice": error(
        "编号“{value}”在第 {first} 行已经用过。",
        "The id “{value}” was used already in row {first}.",
        "请给每一行不同的编号，或删去重复的行。",
        "Give each row an id of its own, or delete the repeated row.",
    ),
    "id_shared": error(
        "编号“{value}”在表 {other} 第 {first} 行也有；企业、上车点、车队和酒店的编号不能相同。",
        "The id “{value}” is also in table {other}, row {first}; "
        "enterprises, pickups, fleets and hotels may not share ids.",
        "请改用不同的编号，例如加上 E、P、D、H 作前缀。",
        "Use different ids, for example with the prefixes E, P, D and H.",
    ),
    "pair_twice": error(
        "“{value}”这一对在第 {first} 行已经有了。",
        "The pair “{value}” is there already in row {first}.",
        "每个方向只保留一行。",
        "Keep one row for each direction.",
    ),
    "row_repeated": warning(
        "该行与第 {first} 行相同。",
        "The row repeats row {first}.",
        "可以删去。",
        "It can be deleted.",
    ),
    "id_unknown": error(
        "“{value}”不在表 {tables} 中。",
        "“{value}” is not in {tables}.",
        "请改正编号，或在该表中补上这一行。{guess}",
        "Correct the id, or add the row there. {guess}",
    ),
    "unit_unknown": error(
        "“{place}”没有“{value}”；应为 {expected}。",
        "“{place}” has no “{value}”; expected is {expected}.",
        "车辆写车号（如 3），房间写 S3（单人间）或 T3（双人间）。",
        "Write a vehicle by its number (3), a room as S3 (single) or T3 (twin).",
    ),
    "days_reversed": error(
        "最后一天 {last} 早于第一天 {first}。",
        "The last day {last} is before the first day {first}.",
        "请对调或改正日期。",
        "Swap or correct the dates.",
    ),
    "dates_crossed": warning(
        "最迟到达日 {last} 早于最早出发日 {first}，此人无法安排。",
        "This worker must arrive by {last} but is available only from {first}, and cannot be served.",
        "请与本人或企业核对日期。",
        "Check the dates with the worker or the enterprise.",
    ),
    "person_twice": error(
        "与第 {first} 行“{other}”是同一人（姓名和身份证号 {value} 都相同）。",
        "This is the same person as “{other}” in row {first} (same name and identity number {value}).",
        "请只保留一行，或改正身份证号。",
        "Keep one of the rows, or correct the identity number.",
    ),
    "identity_shared": warning(
        "身份证号 {value} 与第 {first} 行“{other}”相同，但姓名不同。",
        "The identity number {value} is also that of “{other}” in row {first}, under another name.",
        "请与证件核对：其中一个录错了，或同一人登记了两次。",
        "Compare both with the cards: one is mistyped, or one person is registered twice.",
    ),
    "party_mixed": error(
        "同行组“{party}”的成员{what}不一致（与第 {first} 行相比）。",
        "The members of party “{party}” differ in {what} (compare row {first}).",
        "同行组须同为求职者或同属一家企业，并来自同一风险等级的地区；请拆分或改正。",
        "A party is all seekers or all of one enterprise, and of one risk; split or correct it.",
    ),
    "party_differs": error(
        "同行组“{party}”的成员{what}与该组已登记的成员不一致。",
        "A member of party “{party}” differs in {what} from those who are registered.",
        "同行组须同为求职者或同属一家企业，并来自同一风险等级的地区；请换一个组名，或将全组重新提交。",
        "A party is all seekers or all of one enterprise, and of one risk; name another or send it all anew.",
    ),
    "intention_ignored": warning(
        "“{worker}”已有企业，这条就业意向不起作用。",
        "“{worker}” has an enterprise already; the intention has no effect.",
        "请删去意向，或清空该人的企业编号。",
        "Delete the intention, or clear the worker's enterprise_id.",
    ),
    "present_above_workforce": warning(
        "在岗人数 {present} 多于用工总数 {workforce}。",
        "{present} are present, more than the workforce of {workforce}.",
        "请核对两个数字。",
        "Check both figures.",
    ),
    "risk_without_section": error(
        "风险等级“{risk}”出现在表 {where} 第 {first} 行，但政策中没有 [zones.{risk}]。",
        "The risk “{risk}” occurs in table {where}, row {first}, but the policy has no [zones.{risk}].",
        "请在政策中补上 zones.{risk}.admit、quarantine_nights 和 load_factor。",
        "Add zones.{risk}.admit, quarantine_nights and load_factor to the policy.",
    ),
    # Policy
    "policy_syntax": error(
        "policy.toml 的写法有误：{why}。",
        "policy.toml is not valid TOML: {why}.",
        "请对照 docs/formats.md 中的例子改正。",
        "Correct it by the example in docs/formats.md.",
    ),
    "key_missing": error(
        "政策缺少“{key}”（{chinese}）。",
        "The policy lacks “{key}”.",
        "请补上，例如 {example}。",
        "Add it, for example {example}.",
    ),
    "key_twice": error(
        "政策项“{key}”写了两次。",
        "The policy key “{key}” is given twice.",
        "请只保留一行。",
        "Keep one of the rows.",
    ),
    "key_unknown": warning(
        "不认识的政策项“{key}”，已忽略。",
        "The policy key “{key}” is not known and was ignored.",
        "{guess}如不需要，可以删去。",
        "{guess}Remove it if it is not needed.",
    ),
    "not_yes_no": error(
        "“{value}”既不是“是”也不是“否”。",
        "“{value}” is neither true nor false.",
        "请写 true 或 false（是 / 否）。",
        "Write true or false.",
    ),
    "not_a_window": error(
        "“{value}”不是一段时间。",
        "“{value}” is no span of clock times.",
        '请写两个时刻，例如 ["05:00", "22:00"]。',
        'Write two times of day, for example ["05:00", "22:00"].',
    ),
    "window_reversed": error(
        "时段 {value} 跨过了午夜。",
        "The window {value} runs over midnight.",
        "起点不能晚于终点；只有 night_ban 可以跨夜。",
        "Its start may not be after its end; only night_ban may pass midnight.",
    ),
    "window_empty": error(
        "夜间禁行的起止时刻相同（{value}）。",
        "The night ban begins and ends at the same time ({value}).",
        "请写两个不同的时刻；不设禁行则删去此项。",
        "Write two different times, or leave the key out for no ban.",
    ),
    "not_a_list": error(
        "“{value}”不是 {count} 个数字。",
        "“{value}” is not {count} numbers.",
        "请按 [8, 4, 2, 1] 的写法。",
        "Write it like [8, 4, 2, 1].",
    ),
}
