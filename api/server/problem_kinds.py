"""The codes that a refusal may bear, each with its cause and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workforce.faults import Text


@dataclass(frozen=True, slots=True)
class Kind:
    """A status, and texts that are templates over named values."""

    status: int
    title: Text
    remedy: Text


KINDS: Mapping[str, Kind] = {
    "not_confirmed": Kind(
        409,
        Text("目的地尚未全部确认接收。", "Not every destination has confirmed that it will receive."),
        Text("请先取得各下车点的确认。", "Get the word of each drop first."),
    ),
    "not_released": Kind(
        409,
        Text("尚未解除隔离。", "The quarantine is not over."),
        Text("解除隔离后再出具证明。", "The certificate can be had once the release is recorded."),
    ),
    "released_early": Kind(
        409,
        Text(
            "解除时隔离未满（至 {until}），不出具证明。", "Released before the quarantine ends, on {until}."
        ),
        Text(
            "期满后再次登记解除，即可出具；误登的解除请先更正。",
            "Record the release again when the days are over; void one that was recorded by mistake.",
        ),
    ),
    "certificate_taken": Kind(
        409,
        Text("此证明编号已发给他人。", "This number stands on somebody else's certificate."),
        Text(
            "请不填编号再次上报，由系统自动编号。",
            "Report it again without a number: the server gives the next one.",
        ),
    ),
    "nonce_reused": Kind(
        409,
        Text("此编号已用于另一条上报。", "This nonce stands for another report."),
        Text("请为新的上报另取编号。", "Give a new report a nonce of its own."),
    ),
    "nothing_to_void": Kind(
        409,
        Text("没有这条记录，或已更正过。", "There is no such event, or it is void already."),
        Text("请核对日志中的编号。", "Check its number in the log."),
    ),
    "report_faulty": Kind(
        422,
        Text("上报缺少、多出或写错：{fields}。", "Missing, too many or wrong in the report: {fields}."),
        Text("各类上报的内容见 docs/trip-log.md。", "docs/trip-log.md has what each kind says."),
    ),
    "owner_unfit": Kind(
        422,
        Text("没有这个账号，或其无权查看此问题。", "There is no such account, or it may not see the item."),
        Text(
            "可指定主管部门账号、所涉企业的账号；健康类问题可指定卫健人员。",
            "Give it to a planner, to an account of its enterprise or, where health is at stake, to health.",
        ),
    ),
    "symptoms_ahead": Kind(
        422,
        Text("发病时间在将来。", "The symptoms begin in the future."),
        Text("请核对日期、时间和时区。", "Check the day, the hour and the zone."),
    ),
    "report_names_person": Kind(
        422,
        Text("编号处填了身份证号或手机号。", "A person's number stands in the place of an id."),
        Text("请填人员编号；日志永久保存，不能含个人号码。", "Give the id: the log is kept for good."),
    ),
    "field_link_ended": Kind(
        404,
        Text("此链接不存在、已撤销或已过期。", "There is no such link, or it has ended."),
        Text("请向调度台索取新的链接。", "Ask the desk for a new link."),
    ),
    "field_code_wrong": Kind(
        403,
        Text("设备码不正确。", "The device code is wrong."),
        Text("四位设备码印在纸质乘车名单上。", "Its four digits stand on the paper manifest."),
    ),
    "field_code_wait": Kind(
        429,
        Text("设备码输错过多，请在 {seconds} 秒后再试。", "Too many wrong codes: try in {seconds} seconds."),
        Text("四位设备码印在纸质乘车名单上。", "Its four digits stand on the paper manifest."),
    ),
    "field_code_spent": Kind(
        403,
        Text("设备码输错次数过多，已停用。", "The device code was guessed too often and no longer works."),
        Text("请调度台为该车次换一个设备码。", "Ask the desk for another code of the trip."),
    ),
    "field_phones_full": Kind(
        409,
        Text("此链接绑定的手机已达上限。", "As many phones as it allows are bound to this link."),
        Text("请调度台解除一部，或另发链接。", "Ask the desk to end one of them, or for another link."),
    ),
    "not_a_drop": Kind(
        422,
        Text("该地点不是此车次的下车点。", "The trip has no such drop."),
        Text("接收方链接须指明一个下车点。", "A receiver's link names one of the trip's drops."),
    ),
    "bad_request": Kind(
        400,
        Text("请求无法读懂。", "The request cannot be made out."),
        Text("请按 HTTP 和 /docs 的说明发送。", "Send it as HTTP and /docs have it."),
    ),
    "not_signed_in": Kind(
        401,
        Text("请求没有有效的登录或密钥。", "The request carries no valid session or key."),
        Text("请先登录，或使用未过期的 API 密钥。", "Sign in, or use an API key that has not expired."),
    ),
    "wrong_password": Kind(
        401,
        Text("用户名或密码不正确。", "The login or the password is wrong."),
        Text(
            "请核对后重试；忘记密码请联系管理员。", "Try again, or ask an administrator for a new password."
        ),
    ),
    "wait": Kind(
        429,
        Text(
            "登录失败次数过多，请在 {seconds} 秒后再试。",
            "Too many failed sign-ins: try again in {seconds} seconds.",
        ),
        Text("忘记密码请联系管理员。", "Ask an administrator if the password is lost."),
    ),
    "link_waits": Kind(
        429,
        Text("输入有误，请在 {seconds} 秒后再试。", "That was wrong: try again in {seconds} seconds."),
        Text("请核对身份证号后四位。", "Look up the last four characters of your identity number."),
    ),
    "link_digits": Kind(
        403,
        Text("后四位与登记的不符。", "These are not the last four that the bureau has."),
        Text(
            "请核对后再试；连续五次有误，链接将失效，须请就业局重新发送。",
            "Look them up and try again; after five wrong tries the link ends, and you need another one.",
        ),
    ),
    "link_opened": Kind(
        409,
        Text("此链接已于 {at}（UTC）打开过。", "This link was opened before, on {at} (UTC)."),
        Text(
            "请用当时的手机和浏览器；如果不是本人打开的，请告诉就业局，由其重新发送。",
            "Use the phone and browser that opened it; if that was not you, tell the bureau, "
            "which sends another one.",
        ),
    ),
    "link_unproven": Kind(
        409,
        Text(
            "没有登记身份证号或手机号，无法确认是本人。",
            "No identity number or telephone is known to prove who you are.",
        ),
        Text("请就业局补登后再打开。", "Ask the bureau to add one, then open it."),
    ),
    "too_many_requests": Kind(
        429,
        Text("请求过于频繁。", "There are too many requests."),
        Text("请在 {seconds} 秒后再试。", "Try again in {seconds} seconds."),
    ),
    "too_much_at_once": Kind(
        429,
        Text(
            "同一地址同时上传的内容过多。", "Too much is being uploaded from this address at the same time."
        ),
        Text(
            "请在 {seconds} 秒后再试，一次上传一份。",
            "Try again in {seconds} seconds, one upload after the other.",
        ),
    ),
    "too_many_followers": Kind(
        429,
        Text("同时打开的进度订阅过多。", "Too many streams of events are open at the same time."),
        Text(
            "请关闭不用的页面后再试，或改为定时读取 /v1/jobs/编号。",
            "Close those that nobody reads, or read /v1/jobs/ID now and then.",
        ),
    ),
    "not_allowed": Kind(
        403,
        Text("该账号无权进行此操作。", "This account may not do that."),
        Text("请由有权限的人员办理。", "Ask somebody whose role covers it."),
    ),
    "scope_missing": Kind(
        403,
        Text("该密钥没有“{scope}”权限。", "This key lacks the scope {scope}."),
        Text("请使用具备该权限的密钥。", "Use a key that has it."),
    ),
    "not_found": Kind(
        404,
        Text("没有这样的内容，或不属于该账号。", "There is no such thing, or it is not this account's."),
        Text("请核对所填编号或地址。", "Check the id, or the address."),
    ),
    "method_not_allowed": Kind(
        405,
        Text("此地址不支持 {method}。", "This address does not know {method}."),
        Text("可用的方法见 /docs。", "See /docs for what it knows."),
    ),
    "invalid": Kind(
        422,
        Text("请求内容有误。", "The request is faulty."),
        Text("请按所列各项修改后重发。", "Mend what is listed and send it again."),
    ),
    "media_type": Kind(
        415,
        Text("不支持内容类型“{given}”。", "The content type {given} is not known here."),
        Text("可用的类型：{known}。", "Known are: {known}."),
    ),
    "too_slow": Kind(
        408,
        Text("请求在 {seconds} 秒内没有传完。", "The request did not arrive within {seconds} seconds."),
        Text("请检查网络后重发，或分批提交。", "Look at the network and send it again, or in parts."),
    ),
    "too_large": Kind(
        413,
        Text("请求超过 {limit} 字节。", "The request is larger than {limit} bytes."),
        Text("请分批提交。", "Send it in parts."),
    ),
    "stale": Kind(
        412,
        Text(
            "内容已被他人修改（现为第 {version} 版）。",
            "Somebody has changed it since (it is at version {version}).",
        ),
        Text("请重新读取后再改。", "Read it again, then change it."),
    ),
    "if_match_missing": Kind(
        428,
        Text("修改须带 If-Match。", "A change needs If-Match."),
        Text("请先读取，并带上返回的 ETag。", "Read it first and send the ETag that came with it."),
    ),
    "key_reused": Kind(
        422,
        Text("此 Idempotency-Key 已用于另一请求。", "This Idempotency-Key was used for another request."),
        Text("请为新请求换一个键。", "Use a new key for a new request."),
    ),
    "answer_erased": Kind(
        410,
        Text(
            "此请求已办理，但其回复涉及的个人信息已删除。",
            "The request was carried out, but its answer told of a person who was erased since.",
        ),
        Text("请查询现状，不要换键重发。", "Look up how things stand; do not send it again with a new key."),
    ),
    "foreign_origin": Kind(
        403,
        Text("请求来自其他网站的页面。", "The request comes from a page of another site."),
        Text(
            "请在本系统页面中操作；如使用反向代理，请核对 --public-url。",
            "Use this server's own pages; behind a reverse proxy, check --public-url.",
        ),
    ),
    "password_weak": Kind(
        422,
        Text(
            "密码过弱：须 12 个字符以上、不少于 5 个不同字符，且不含登录名。",
            "The password is weak: it needs 12 characters, 5 different ones, and must not hold the login.",
        ),
        Text("可用几个不相关的词组成一句。", "A few words that have nothing to do with each other do well."),
    ),
    "login_taken": Kind(
        409,
        Text("该登录名已被使用。", "Somebody has this login."),
        Text("请换一个登录名。", "Choose another one."),
    ),
    "subject_invalid": Kind(
        422,
        Text(
            "角色“{role}”的所属对象不合适：{why_zh}。",
            "The subject does not fit the role {role}: {why_en}.",
        ),
        Text(
            "企业、酒店、工人填编号，承运方填名称，输出地填区划代码，带队人员填“计划/车次”；其余角色不填。",
            "It is the id of an enterprise, hotel or worker, a carrier's name, counties of origin, a "
            "coordinator's PLAN/TRIP; none for other roles.",
        ),
    ),
    "idempotency_key_form": Kind(
        422,
        Text(
            "Idempotency-Key 须为 1 至 200 个可见 ASCII 字符。",
            "An Idempotency-Key is 1 to 200 visible ASCII characters.",
        ),
        Text("例如使用一个随机 UUID。", "Use a random UUID, for example."),
    ),
    "text_form": Kind(
        422,
        Text(
            "请求中有数据库不能保存的字符或数字。",
            "The request holds a character or a number that no database keeps.",
        ),
        Text(
            "请去掉空字符（U+0000）、不成对的代理字符和过大的整数。",
            "Take out U+0000, surrogates that stand alone and integers beyond 64 bits.",
        ),
    ),
    "conflict": Kind(
        409,
        Text("当前状态不允许：{why_zh}。", "It cannot be done as things stand: {why_en}."),
        Text("请先处理该情况。", "Settle that first."),
    ),
    "plan_frozen": Kind(
        409,
        Text("该计划已发布，不能再改。", "The plan is published and cannot be changed any more."),
        Text("请重新生成方案，再编制新计划。", "Make a new scenario and plan that."),
    ),
    "plan_breaks_rules": Kind(
        409,
        Text(
            "该计划违反 {violations} 条规则，不能发布。",
            "The plan breaks {violations} rules and cannot be published.",
        ),
        Text("违规内容见该计划的 check，改正后再发布。", "The plan's check lists them; mend them first."),
    ),
    "another_published": Kind(
        409,
        Text("该方案已发布了另一份计划。", "Another plan of the scenario is published."),
        Text("请重新生成方案，再编制新计划。", "Make a new scenario and plan that."),
    ),
    "scenario_overtaken": Kind(
        409,
        Text(
            "该方案生成之后又有计划发布，其车辆和房间此方案并不知道。",
            "A plan was published after the scenario was made, which does not know its vehicles and rooms.",
        ),
        Text("请重新生成方案，再编制新计划。", "Make a new scenario and plan that."),
    ),
    "departed_not_kept": Kind(
        409,
        Text(
            "以下车次已经发车，该计划却未予保留：{trips}。",
            "Trips that have left are not kept by the plan: {trips}.",
        ),
        Text("请保留这些车次，重新编制计划。", "Plan again and keep them."),
    ),
    "nothing_to_keep": Kind(
        422,
        Text("没有可以保留车次的旧计划。", "There is no older plan whose trips could be kept."),
        Text("请用 based_on 指明旧计划。", "Name it with based_on."),
    ),
    "trip_has_left": Kind(
        422,
        Text(
            "车次 {trip} 在本方案起始日之前出车，已计入占用。",
            "Trip {trip} leaves before the scenario's first day; it counts as busy already.",
        ),
        Text("请从 keep_trips 中去掉。", "Take it out of keep_trips."),
    ),
    "reason_missing": Kind(
        422,
        Text("查看姓名等个人信息须说明理由。", "Whoever reads names and numbers has to say why."),
        Text("请用 reason 写明理由；该次查看会记录在案。", "Say it with reason; the reading is recorded."),
    ),
    "agreement_unfounded": Kind(
        422,
        Text(
            "登记就业意向须说明求职者已同意的依据。",
            "Whoever enters an intention has to say how the seeker's agreement is known.",
        ),
        Text(
            "请用 reason 写明依据；若只是企业一方的意愿，请用 enterprise 写明企业。",
            "Say it with reason; where only the enterprise has agreed, name it with enterprise.",
        ),
    ),
    "enterprise_unregistered": Kind(
        409,
        Text("企业“{enterprise}”尚未登记。", "The enterprise {enterprise} is not registered yet."),
        Text(
            "请先登记企业资料（PUT /v1/records/enterprises/…）。",
            "Register it first (PUT /v1/records/enterprises/…).",
        ),
    ),
    "by_submission": Kind(
        409,
        Text(
            "人员信息只能通过提交登记或撤回。",
            "Workers are submitted and withdrawn, never written one by one.",
        ),
        Text(
            "请用 POST /v1/submissions/workers 或 POST /v1/workers/…/withdraw。",
            "Use POST /v1/submissions/workers, or POST /v1/workers/…/withdraw.",
        ),
    ),
    "not_now": Kind(
        409,
        Text(
            "返岗计划处于“{state}”状态，不能这样做。",
            "The return plan is in the state {state}; it cannot be done.",
        ),
        Text(
            "请先读取计划，看它目前的状态；审核方式由主管部门设定（{review}）。",
            "Read the plan to see where it stands; the bureau sets how plans are reviewed ({review}).",
        ),
    ),
    "no_choice": Kind(
        422,
        Text("“{decision}”不是可选的裁定。", "{decision} is none of the possible decisions."),
        Text("可选：{choices}。", "Possible are: {choices}."),
    ),
    "too_many_filled": Kind(
        409,
        Text("只剩 {open} 个空缺。", "Only {open} posts are open."),
        Text("请重新读取后再填。", "Read the vacancy again."),
    ),
    "over": Kind(
        409,
        Text("此事已了结（{state}）。", "It is over already ({state})."),
        Text("无需再处理。", "Nothing is left to do."),
    ),
    "internal": Kind(
        500,
        Text("服务器内部错误。", "The server failed."),
        Text(
            "请稍后重试；如再出现，请把请求编号告诉管理员。",
            "Try again; if it persists, tell the administrator the request id.",
        ),
    ),
    "too_busy": Kind(
        503,
        Text("服务器正在接收的内容过多。", "The server is taking in as much as it can hold."),
        Text("请在 {seconds} 秒后再试。", "Try again in {seconds} seconds."),
    ),
    "not_ready": Kind(
        503,
        Text("数据库暂不可用。", "The database is not available."),
        Text("请稍后重试。", "Try again soon."),
    ),
}
