"""What cases refuse: stable codes, a sentence that says what to do, and the database's refusals told as typed errors."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.refusals import Refusals, told


class CaseError(AnjuError):
    """A request about a case that is refused; nothing of it was written."""

    code: ClassVar[str] = "CASE"


class DeclarationError(CaseError):
    """A service item is declared in a way that cannot work; the program does not start."""

    code = "CASE_DECLARATION"


class UnknownItemError(CaseError):
    """No item of this code, or not through this channel or for this applicant."""

    code = "CASE_UNKNOWN_ITEM"


class UnknownCaseError(CaseError):
    """No case of this number, or not one that the asker may see."""

    code = "CASE_UNKNOWN"


class StaleCaseError(CaseError):
    """Somebody moved the case since it was read."""

    code = "CASE_STALE"


class StaleDraftError(CaseError):
    """The draft was saved in another window since it was read."""

    code = "CASE_STALE_DRAFT"


class NotAllowedError(CaseError):
    """The actor's post, office or part in the case does not allow the verb."""

    code = "CASE_NOT_ALLOWED"


class SamePersonError(CaseError):
    """Maker, applicant and checkers must be different persons, whatever account they use."""

    code = "CASE_SAME_PERSON"


class WrongStateError(CaseError):
    """The verb does not apply in the state of the case."""

    code = "CASE_WRONG_STATE"


class ReasonMissingError(CaseError):
    """The verb must say why."""

    code = "CASE_REASON"


class ItemChangedError(CaseError):
    """The item's definition changed since the case was accepted and the answers do not fit it any more."""

    code = "CASE_ITEM_CHANGED"


class PersonalDataError(CaseError):
    """An identity number in a reason, a summary or a result."""

    code = "CASE_PERSONAL_DATA"


class FormInvalidError(CaseError):
    """Answers that break rules of the form; `errors` has the sentences by field, "" for the form as a whole."""

    code = "CASE_FORM"

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {field: list(sentences) for field, sentences in errors.items()}
        field, sentences = next(iter(self.errors.items()))
        super().__init__(sentences[0], field=field)


class IneligibleError(CaseError):
    """Rules of eligibility that are not met; `failures` are their sentences."""

    code = "CASE_INELIGIBLE"

    def __init__(self, failures: Sequence[str], *, field: str = "") -> None:
        self.failures = list(failures)
        super().__init__(_("；").join(self.failures), field=field)


class MaterialsMissingError(CaseError):
    """Papers that are asked for and not there; `missing` are their codes."""

    code = "CASE_MATERIALS"

    def __init__(self, missing: Sequence[str], titles: Sequence[str]) -> None:
        self.missing = list(missing)
        super().__init__(_("还缺材料：{titles}；请补齐后再提交").format(titles=_("、").join(titles)), field="materials")


_KNOWN: Refusals = {
    "AN390": (StaleCaseError, "", "案件已被他人办理，请刷新后按最新状态办理"),
    "AN391": (WrongStateError, "", "案件的当前状态不允许此操作，请刷新后重试"),
    "cases_review_two_persons": (SamePersonError, "", "经办与复核须为两人：您是本案经办人，换账号也不能复核"),
    "cases_review_not_of_own": (SamePersonError, "", "不能审核本人的申请，请由他人办理"),
    "cases_review_once_a_round": (SamePersonError, "", "您已审核过上一级，下一级须由另一人审核"),
    "cases_event_no_identity": (PersonalDataError, "reason", "理由中含身份证件号码，请删去后提交"),
    "cases_case_no_identity": (PersonalDataError, "", "摘要或结果中含身份证件号码，请改用账号"),
    "cases_rating_case_id_key": (CaseError, "score", "本案已评价过，每案只评一次"),
}


def translated() -> AbstractContextManager[None]:
    """Turn the database's refusals inside the block into typed errors; others pass unchanged."""
    return told(_KNOWN)
