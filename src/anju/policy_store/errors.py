"""What the store refuses beside the engine's own errors, and the database's refusals told as typed errors."""

from contextlib import AbstractContextManager
from typing import ClassVar

from anju.kernel.errors import AnjuError
from anju.platform.refusals import Refusals, told
from anju.policy.errors import OverlapError


class PolicyStoreError(AnjuError):
    """A request that the store refuses; nothing of it was written."""

    code: ClassVar[str] = "POLICY_STORE"


class EmptyStoreError(PolicyStoreError):
    """No pack has been approved yet, or not the version asked for."""

    code = "POLICY_STORE_EMPTY"


class OtherCenterError(PolicyStoreError):
    """The store holds the policy of another center."""

    code = "POLICY_STORE_OTHER_CENTER"


class UnknownProposalError(PolicyStoreError):
    """No proposal has this number."""

    code = "POLICY_STORE_UNKNOWN_PROPOSAL"


class ProposalDecidedError(PolicyStoreError):
    """Somebody has approved, rejected or withdrawn the proposal."""

    code = "POLICY_STORE_DECIDED"


class AlreadyProposedError(PolicyStoreError):
    """Another person has proposed the same content and it waits."""

    code = "POLICY_STORE_ALREADY_PROPOSED"


class SamePersonError(PolicyStoreError):
    """Maker and checker must be two persons; only the maker withdraws."""

    code = "POLICY_STORE_SAME_PERSON"


class StaleProposalError(PolicyStoreError):
    """What the proposal changes has been changed by another since it was made."""

    code = "POLICY_STORE_STALE"


class PackConflictError(PolicyStoreError):
    """The pack would change values that an approved package has changed."""

    code = "POLICY_STORE_PACK_CONFLICT"


class NothingChangedError(PolicyStoreError):
    """The proposal would change nothing that is in force."""

    code = "POLICY_STORE_NOTHING_CHANGED"


class RuleGapError(PolicyStoreError):
    """With the proposal a rule would meet a gap or a value that it cannot compute with."""

    code = "POLICY_STORE_RULE_GAP"


class DecisionKeyReusedError(PolicyStoreError):
    """The key stands for another decision."""

    code = "POLICY_STORE_DECISION_KEY_REUSED"


class UnknownDecisionError(PolicyStoreError):
    """No decision has this key."""

    code = "POLICY_STORE_UNKNOWN_DECISION"


class PersonalDataError(PolicyStoreError):
    """An identity number in a key or record."""

    code = "POLICY_STORE_PERSONAL_DATA"


class AppendOnlyError(PolicyStoreError):
    """Somebody tried to change or delete history."""

    code = "POLICY_STORE_APPEND_ONLY"


_KNOWN: Refusals = {
    "policy_store_proposal_two_persons": (SamePersonError, "", "复核人不得为空，也不得与提案人为同一人"),
    "policy_store_value_no_overlap": (OverlapError, "", "同一参数、同一范围的值在同一天重叠，请改正起止日期"),
    "policy_store_decision_no_identity": (PersonalDataError, "", "编号或记录中含身份证件号码，请改用业务编号"),
    "policy_store_proposal_maker_check": (PolicyStoreError, "", "提案人不得为空"),
    "platform_audit_no_identity": (PersonalDataError, "", "名称或理由中含身份证件号码，请改用业务编号"),
    "AN290": (AppendOnlyError, "", "政策历史只能追加，不能修改或删除"),
}


def translated() -> AbstractContextManager[None]:
    """Turn the database's refusals inside the block into typed errors; others pass unchanged."""
    return told(_KNOWN)
