"""What can be wrong with the files of a plan, with a submitted list, and with a command."""

from __future__ import annotations

from collections.abc import Mapping

from workforce.fault_kinds import FaultKind, error, warning

OF_USE: Mapping[str, FaultKind] = {
    # Files of a plan
    "plan_file_missing": error(
        "“{path}”里没有 {file}，不是一份完整的计划。",
        "“{path}” has no {file}; it is not a whole plan.",
        "请给出 guicheng plan 写出的文件夹。",
        "Name a folder that guicheng plan has written.",
    ),
    "plan_columns": error(
        "列名应当正好是：{expected}。",
        "The columns must be exactly: {expected}.",
        "请恢复原来的列名和次序。",
        "Restore the names and their order.",
    ),
    "plan_row_width": error(
        "该行有 {count} 格，表头有 {expected} 格。",
        "The row has {count} cells, the header has {expected}.",
        "请补齐或删去多余的格。",
        "Fill it up or take out what is too much.",
    ),
    "not_plain_whole": error(
        "“{value}”不是普通的整数写法。",
        "“{value}” is no plainly written whole number.",
        "只写数字，不带前导零、小数点和空格。",
        "Digits only: no leading zero, decimal point or space.",
    ),
    "not_plain_date": error(
        "“{value}”不是 YYYY-MM-DD 形式的日期。",
        "“{value}” is no date of the form YYYY-MM-DD.",
        "请写成 2020-03-01。",
        "Write it as 2020-03-01.",
    ),
    "not_plain_minute": error(
        "“{value}”不是 YYYY-MM-DDTHH:MM 形式的时刻。",
        "“{value}” is no time of the form YYYY-MM-DDTHH:MM.",
        "请写成 2020-03-01T08:30。",
        "Write it as 2020-03-01T08:30.",
    ),
    "plan_json_broken": error(
        "plan.json 无法读取：{why}。",
        "plan.json cannot be read: {why}.",
        "请恢复程序写出的文件。",
        "Restore the file that the program wrote.",
    ),
    "plan_figure": error(
        "plan.json 的“{key}”缺失或写法不对。",
        "“{key}” in plan.json is missing or badly written.",
        "请按 docs/formats.md 改正。",
        "Correct it by docs/formats.md.",
    ),
    "figures_disagree": error(
        "plan.json 的“{key}”写的是 {said}，按其他数字应为 {due}。",
        "“{key}” in plan.json says {said}; by the other figures it is {due}.",
        "请改正，或重新计划。",
        "Correct it, or plan again.",
    ),
    "kept_row_rewritten": error(
        "这一行属于保留的车次，内容未变，写法却变了：原为“{before}”，现为“{now}”。",
        "This row of a kept trip says the same in other words: it was “{before}”, now it is “{now}”.",
        "请照旧计划的文件逐字恢复，或用 guicheng replan 重新计划。",
        "Restore it letter by letter from the older plan, or plan again with guicheng replan.",
    ),
    "kept_trip_damaged": error(
        "应保留的车次“{trip}”在旧计划的文件中自相矛盾：{what}。",
        "The files of the older plan contradict themselves about trip “{trip}”, which is to be kept: {what}.",
        "请用 guicheng check 核对旧计划并恢复其文件，或不保留该车次。",
        "Check the older plan with guicheng check and restore its files, or do not keep the trip.",
    ),
    "plan_of_another_scenario": error(
        "该计划是为方案“{made_for}”编制的，而给出的方案是“{given}”。",
        "The plan was made for the scenario “{made_for}”; the scenario given is “{given}”.",
        "请给出配套的方案和计划；若只是方案改了名，请在政策的 name 中写回原名。",
        "Name a scenario and a plan that belong together; if only its name is new, restore it in the policy.",
    ),
    "folder_not_a_plan": error(
        "“{path}”里已有文件，但不是一份计划；为免丢失，没有写入。",
        "“{path}” has files and is no plan; nothing was written, so that nothing is lost.",
        "请换一个新的或空的文件夹。",
        "Choose a new or an empty folder.",
    ),
    # Submissions
    "rows_too_many": error(
        "共 {rows} 行，一次最多提交 {most} 行。",
        "There are {rows} rows; {most} can be submitted at once.",
        "请分几次提交，并删去表格下方的空行。",
        "Submit them in parts, and delete empty rows below the table.",
    ),
    "submitted_twice": error(
        "该行与第 {first} 行重复：{what}相同。",
        "The row repeats row {first}: it has the same {what}.",
        "请只保留一行；如确是两人，请补上各自的身份证号。",
        "Keep one of them; if they are two people, give the identity number of each.",
    ),
    "nobody_named": error(
        "该行没有工号、身份证号或手机号，无法与他人区分。",
        "The row has no own number, identity number or telephone to tell this person from others.",
        "请至少填写一项，最好是身份证号。",
        "Give at least one of them, best the identity number.",
    ),
    "home_missing": error(
        "没有住处：缺少区划代码和住址。",
        "There is no home: neither an administrative code nor an address.",
        "请填写现居住地的六位区划代码，或写明省、市、县的住址。",
        "Give the six digits of where the worker lives now, or an address with province, city and county.",
    ),
    "home_unknown": error(
        "无法从“{value}”确定是哪个县（市、区）。",
        "Which county “{value}” means cannot be told.",
        "请写全省、市、县，例如“甘肃省兰州市城关区”；或填写区划代码，不在名录中的再加经纬度。",
        "Write province, city and county in full, such as 甘肃省兰州市城关区, or the administrative code; "
        "with coordinates where the code is not in the list.",
    ),
    "enterprise_foreign": error(
        "该行写的企业“{value}”不是提交的企业。",
        "The row names “{value}”, which is not the enterprise that submits.",
        "请删去该行，或清空企业一栏。",
        "Delete the row, or clear the column of the enterprise.",
    ),
    "claimed_elsewhere": warning(
        "此人已由另一单位登记，归属待主管部门裁定；在此之前以先登记的为准。",
        "Somebody else has registered this worker; the bureau decides whose claim stands, "
        "until then the first one does.",
        "请与本人确认；如不归本企业，请撤回。",
        "Ask the worker; withdraw the row if it is not yours.",
    ),
    "windows_differ": warning(
        "此人的出发和到达日期与主管部门登记的不同，待裁定；在此之前以先登记的为准。",
        "The days differ from those that the bureau has for this worker; it decides which stand, "
        "until then the first ones do.",
        "请与本人核对日期。",
        "Check the days with the worker.",
    ),
    "claim_refused": warning(
        "主管部门已裁定此人不归本企业，该行不起作用。",
        "The bureau has decided that this worker is not yours; the row has no effect.",
        "如有异议，请联系主管部门。",
        "Ask the bureau if you disagree.",
    ),
    "offer_declined": error(
        "“{value}”已谢绝这个岗位。",
        "“{value}” has declined this vacancy.",
        "请删去该行；计划再次推荐时会重新征求本人意见。",
        "Delete the row; the seeker is asked again if a plan proposes it.",
    ),
    # What comes with a whole scenario
    "vacancy_kept": warning(
        "方案中没有岗位“{value}”；它是在平台上发布或修改的，予以保留。",
        "The scenario lacks the vacancy “{value}”; it was posted or changed in the pool, and stays.",
        "确已无效的，请在岗位列表中撤回。",
        "Withdraw it in the pool if it is no longer open.",
    ),
    "enterprise_kept": warning(
        "方案中没有企业“{value}”；其名下还有人员或岗位，予以保留。",
        "The scenario lacks the enterprise “{value}”; workers or vacancies name it, and it stays.",
        "请先撤回其人员和岗位，再删除企业。",
        "Withdraw these first, then remove the enterprise.",
    ),
    "number_shared": warning(
        "这些人员的身份证号相同而姓名不同，已全部收入并列为待办：{workers}。",
        "These people have the same identity number and other names; all are taken in, and it is to be "
        "settled whose it is: {workers}.",
        "请与证件核对，更正后重新导入。",
        "Compare it with the cards, mend it and import it again.",
    ),
    "claims_contradict": warning(
        "这些人员另有单位登记，且与方案不同，以待办中的裁定为准：{workers}。",
        "Somebody else says something else of these people than the scenario does; what is decided of them "
        "counts: {workers}.",
        "请在待办中裁定。",
        "Settle the items about them.",
    ),
    "figures_of_the_season": warning(
        "已有发布的计划：登记中的预算和岗位数是全季总数，已发车的部分会自动扣除。",
        "Plans are published: budgets and vacancies of the registry are those of the whole season; what "
        "trips that have left used is subtracted by itself.",
        "若文件是发车后导出的方案，其中的数字是余额，请改回全季总数。",
        "If the file was exported after trips had left, its figures are what was left: put the whole ones "
        "back.",
    ),
    # The command line
    "wrong_usage": error(
        "命令的写法有误：{why}。",
        "The command is not written rightly: {why}.",
        "用法见 {command} --help。",
        "See {command} --help.",
    ),
    "not_in_plan": error(
        "计划中没有车次或人员“{wanted}”。",
        "The plan has no trip or worker “{wanted}”.",
        "{guess}guicheng show PLAN 可列出全部车次。",
        "{guess}guicheng show PLAN lists its trips.",
    ),
    "file_exists": error(
        "“{path}”已经存在。",
        "“{path}” exists already.",
        "请换一个文件名，以免丢失原有内容。",
        "Choose another name, so that nothing is lost.",
    ),
    "backup_damaged": error(
        "“{path}”不是完整的备份。",
        "“{path}” is no whole back-up.",
        "请使用另一份备份；传输中损坏的请重新复制。",
        "Use another one; copy it again if it was damaged on the way.",
    ),
    "backup_newer": error(
        "备份来自更新的版本（{revision}）。",
        "The back-up is of a newer release ({revision}).",
        "请先升级本程序。",
        "Install that release first.",
    ),
    "database_not_empty": error(
        "数据库中已有内容。",
        "The database holds something already.",
        "请恢复到新的数据文件夹或空的数据库，以免覆盖。",
        "Restore into a new data folder or an empty database, so that nothing is lost.",
    ),
    "backup_of_other_keys": error(
        "“{path}”不是该备份的密钥。",
        "“{path}” holds other keys than those of the back-up.",
        "请放入备份当时的密钥文件；若该处的密钥尚未使用，可先移走。",
        "Put the keys there that were in use then; move these away if nothing was sealed with them.",
    ),
    "backup_without_keys": error(
        "备份中没有密钥，“{path}”也不存在。",
        "The back-up has no keys, and “{path}” is not there.",
        "请先放入当时的密钥文件，或使用以 --with-keys 做的备份。",
        "Put the keys there first, or use a back-up made with --with-keys.",
    ),
    "checkpoint_unreadable": error(
        "“{path}”不是检查点。",
        "“{path}” is no checkpoint.",
        "请查明它何时被改动；可从下载过的检查点恢复，原文件留作证据。",
        "Find out when it was changed; put a downloaded copy in its place, and keep it as evidence.",
    ),
    "log_shrunk": error(
        "日志只有 {size} 条事件，而已签名的检查点说有 {told} 条。",
        "The log has {size} events, while a signed checkpoint speaks of {told}.",
        "没有生成检查点。请执行 guicheng log verify，并恢复到该检查点之后的备份。",
        "No checkpoint was made. Run guicheng log verify, and restore a back-up made after that one.",
    ),
    "log_rewritten": error(
        "日志的前 {size} 条事件与已签名的检查点不符。",
        "The first {size} events of the log are not those of a signed checkpoint.",
        "没有生成检查点。请停止上报，执行 guicheng log verify，并保留检查点文件。",
        "No checkpoint was made. Stop reports, run guicheng log verify, and keep the files of checkpoints.",
    ),
    "log_key_missing": error(
        "检查点的签名密钥“{path}”不在。",
        "The key “{path}” that signs checkpoints is not there.",
        "请放回该文件；确已丢失时，用 guicheng log checkpoint --new-key 另起一把。",
        "Put it back; if it is lost for good, begin another with guicheng log checkpoint --new-key.",
    ),
    "log_key_unusable": error(
        "“{path}”不是该日志的密钥。",
        "“{path}” holds no key of this log.",
        "请放回当时的密钥文件。",
        "Put the file there that was in use.",
    ),
    "evidence_unreadable": error(
        "“{path}”不是行程证据文件（{why}）。",
        "“{path}” is no evidence file ({why}).",
        "请重新获取由 guicheng log prove 写出的文件。",
        "Ask again for a file that guicheng log prove has written.",
    ),
    "evidence_other_key": error(
        "该证据由另一把密钥签名：{given}。",
        "The evidence is signed with another key: {given}.",
        "请核对公钥的来源；不符的证据不可采信。",
        "Make sure where the public key is from; evidence of another key proves nothing.",
    ),
    "nothing_to_prove": error(
        "日志中没有关于“{subject}”的事件。",
        "The log has no event about {subject}.",
        "请核对编号；车次写作“计划/车次”。",
        "Check the id; a trip is written PLAN/TRIP.",
    ),
    "reason_required": error(
        "公开个人信息须说明理由。",
        "Personal parts are opened for a reason only.",
        "请用 --reason 写明；该次查看会记录在案。",
        "Say it with --reason; the reading is recorded.",
    ),
    "server_unreachable": error(
        "连接不上服务器 {url}：{why}。",
        "The server {url} cannot be reached: {why}.",
        "请检查网址、网络和证书。",
        "Check the address, the network and the certificate.",
    ),
    "server_refused": error(
        "服务器拒绝了请求（{refusal}）：{what}",
        "The server refused ({refusal}): {what}",
        "{remedy}",
        "{remedy}",
    ),
    "server_not_given": error(
        "没有给出服务器的{what}。",
        "The server's {what} is not given.",
        "请使用 --server 和 --key-file，或设置环境变量 GUICHENG_SERVER 和 GUICHENG_KEY。",
        "Use --server and --key-file, or set GUICHENG_SERVER and GUICHENG_KEY.",
    ),
    "server_untrusted": error(
        "无法通过 TLS 确认服务器 {url} 的身份：{why}。",
        "It cannot be told over TLS that {url} is the right server: {why}.",
        "请核对网址；证书若由本单位签发，请用 --ca 指明签发证书的文件。",
        "Check the address; if the certificate is of your own authority, name its file with --ca.",
    ),
    "server_address": error(
        "“{url}”不是服务器网址。",
        "“{url}” is no address of a server.",
        "请写成 https://bureau.example 的形式。",
        "Write it like https://bureau.example.",
    ),
    "server_key_form": error(
        "给出的密钥不是 API 密钥：含有空格、换行或非 ASCII 字符。",
        "What was given as the key is no API key: it has blanks, line breaks or other than ASCII characters.",
        "请只放入创建密钥时显示的以 gk_ 开头的一行。",
        "Give nothing but the line that begins with gk_, as it was shown when the key was made.",
    ),
    "job_failed": error(
        "编制任务 {job} 未能完成：{why}。",
        "The job {job} failed: {why}.",
        "请按原因处理后重新提交；管理员可在服务器日志中查看。",
        "Mend what it says and start it again; an administrator finds more in the server's log.",
    ),
    "cannot_read": error(
        "无法读取“{path}”：{why}。",
        "“{path}” cannot be read: {why}.",
        "请检查路径，以及是否有权读取。",
        "Check the path and that you may read it.",
    ),
    "cannot_write": error(
        "无法写入“{path}”：{why}。",
        "“{path}” cannot be written: {why}.",
        "请检查是否有权写入、磁盘是否有空间，或换一个位置。",
        "Check that you may write there and that the disk has room, or choose another place.",
    ),
}
