"""What a look through the stored trip log can find: one catalogue of codes, in Chinese and English.

A code never changes its meaning; ``docs/trip-log.md`` lists them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workforce.faults import Text

FINDINGS: Mapping[str, Text] = {
    "event_missing": Text("编号不连续：缺少事件", "an event is missing from the sequence"),
    "event_unsound": Text("事件的内容不是规范格式", "the bytes of an event are not in canonical form"),
    "event_column_differs": Text("事件的列与其内容不符", "a column of an event differs from its content"),
    "recorded_backwards": Text("记录时间早于前一事件", "recorded before the event in front of it"),
    "leaf_differs": Text("叶哈希与事件内容不符", "a leaf hash differs from its event"),
    "node_differs": Text("树节点与其下的叶不符", "a node of the tree differs from its leaves"),
    "node_missing": Text("缺少树节点", "a node of the tree is missing"),
    "node_extra": Text("多出树节点", "a node of the tree stands where none belongs"),
    "detail_missing": Text("个人信息记录不见了", "the record of a personal part is missing"),
    "detail_extra": Text("个人信息不属于该事件", "a personal part belongs to no commitment"),
    "detail_unreadable": Text("个人信息无法解密", "a personal part does not open"),
    "detail_differs": Text("个人信息与承诺值不符", "a personal part differs from its commitment"),
    "voided_differs": Text("更正表与日志不符", "the table of voided events differs from the log"),
    "journey_differs": Text("工人状态与日志不符", "the state of a worker differs from the log"),
    "presence_differs": Text("工人的行踪与日志不符", "where a worker was differs from the log"),
    "run_differs": Text("车次状态与日志不符", "the state of a trip differs from the log"),
    "checkpoint_unsound": Text("检查点不是规范格式", "a checkpoint is not in its form"),
    "checkpoint_unsigned": Text("检查点没有有效签名", "a checkpoint bears no signature that holds"),
    "checkpoint_beyond": Text(
        "检查点所述事件多于日志：日志被截断", "a checkpoint speaks of more events than there are"
    ),
    "checkpoint_root_differs": Text(
        "检查点的根与日志不符：日志被改写", "the root of a checkpoint is not that of the log"
    ),
    "checkpoint_missing": Text("已公布的检查点不在数据库中", "a published checkpoint is not in the database"),
    "checkpoint_differs": Text(
        "已公布的检查点与数据库不同", "a published checkpoint is not the one of the database"
    ),
    "checkpoint_unpublished": Text(
        "数据库中的检查点没有公布的文件", "a checkpoint of the database has no published file"
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        code: key of ``FINDINGS``.
        where: an event's number, a node's ``level/position``, a checkpoint's size or file, a worker, a trip.
    """

    code: str
    where: str

    @property
    def text(self) -> Text:
        return FINDINGS[self.code]
