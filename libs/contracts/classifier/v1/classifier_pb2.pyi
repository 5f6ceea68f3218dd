from contracts.erp.v1 import erp_pb2 as _erp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Evidence(_message.Message):
    __slots__ = ("episodes", "theta", "bad_of_last_5", "bad_of_last_12", "last_bad_days_late", "open_overdue_days", "rule")
    EPISODES_FIELD_NUMBER: _ClassVar[int]
    THETA_FIELD_NUMBER: _ClassVar[int]
    BAD_OF_LAST_5_FIELD_NUMBER: _ClassVar[int]
    BAD_OF_LAST_12_FIELD_NUMBER: _ClassVar[int]
    LAST_BAD_DAYS_LATE_FIELD_NUMBER: _ClassVar[int]
    OPEN_OVERDUE_DAYS_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    episodes: int
    theta: float
    bad_of_last_5: int
    bad_of_last_12: int
    last_bad_days_late: _containers.RepeatedScalarFieldContainer[int]
    open_overdue_days: int
    rule: str
    def __init__(self, episodes: _Optional[int] = ..., theta: _Optional[float] = ..., bad_of_last_5: _Optional[int] = ..., bad_of_last_12: _Optional[int] = ..., last_bad_days_late: _Optional[_Iterable[int]] = ..., open_overdue_days: _Optional[int] = ..., rule: _Optional[str] = ...) -> None: ...

class TierSince(_message.Message):
    __slots__ = ("tier", "at")
    TIER_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    tier: str
    at: str
    def __init__(self, tier: _Optional[str] = ..., at: _Optional[str] = ...) -> None: ...

class TierChanged(_message.Message):
    __slots__ = ("creditor_id", "customer_id", "old_tier", "new_tier", "unknown", "at", "reason", "reason_nl", "evidence", "version", "history")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    OLD_TIER_FIELD_NUMBER: _ClassVar[int]
    NEW_TIER_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REASON_NL_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    customer_id: str
    old_tier: str
    new_tier: str
    unknown: bool
    at: str
    reason: str
    reason_nl: str
    evidence: Evidence
    version: int
    history: _containers.RepeatedCompositeFieldContainer[TierSince]
    def __init__(self, creditor_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., old_tier: _Optional[str] = ..., new_tier: _Optional[str] = ..., unknown: _Optional[bool] = ..., at: _Optional[str] = ..., reason: _Optional[str] = ..., reason_nl: _Optional[str] = ..., evidence: _Optional[_Union[Evidence, _Mapping]] = ..., version: _Optional[int] = ..., history: _Optional[_Iterable[_Union[TierSince, _Mapping]]] = ...) -> None: ...

class ProfileChanged(_message.Message):
    __slots__ = ("creditor_id", "customer_id", "version", "episodes", "structural_days_late", "lateness_pmf", "weekday_factor", "best_channel", "best_window")
    CREDITOR_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EPISODES_FIELD_NUMBER: _ClassVar[int]
    STRUCTURAL_DAYS_LATE_FIELD_NUMBER: _ClassVar[int]
    LATENESS_PMF_FIELD_NUMBER: _ClassVar[int]
    WEEKDAY_FACTOR_FIELD_NUMBER: _ClassVar[int]
    BEST_CHANNEL_FIELD_NUMBER: _ClassVar[int]
    BEST_WINDOW_FIELD_NUMBER: _ClassVar[int]
    creditor_id: str
    customer_id: str
    version: int
    episodes: int
    structural_days_late: float
    lateness_pmf: _containers.RepeatedScalarFieldContainer[float]
    weekday_factor: _containers.RepeatedScalarFieldContainer[float]
    best_channel: str
    best_window: _erp_pb2.Window
    def __init__(self, creditor_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., version: _Optional[int] = ..., episodes: _Optional[int] = ..., structural_days_late: _Optional[float] = ..., lateness_pmf: _Optional[_Iterable[float]] = ..., weekday_factor: _Optional[_Iterable[float]] = ..., best_channel: _Optional[str] = ..., best_window: _Optional[_Union[_erp_pb2.Window, _Mapping]] = ...) -> None: ...
