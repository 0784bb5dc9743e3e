"""Who gets into which portal, and that nobody sees another's case: every address of a case, with every wrong visitor."""

import uuid
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from anju.cases import catalogue
from anju.cases.models import CaseMaterial
from anju.platform.people.models import Kind
from anju.web import access
from anju.web.urls import urlpatterns
from case_items.errand import Errand
from portal_walk import Walk, a_unit, clerk, member_user
from sign_ins import staff
from uploads import pdf

pytestmark = [pytest.mark.usefixtures("db")]
SECRET = "机密事由的内容"


@pytest.fixture(autouse=True)
def _errand():
    catalogue.register(Errand())
    yield
    catalogue.forget("T01")


def addresses(prefix: str, number: str, paper: int) -> dict[str, str]:
    """URL name → address of every page of a portal, of this case where a page is of a case."""
    more = {"question": ["what"], "material-add": ["proof"], "material-remove": [paper], "file": [paper]}
    found = {}
    for page in access.PORTAL_PAGES:
        if page in ("home", "items", "cases", "messages", "profile"):
            args = []
        elif page in ("item", "start"):
            args = ["T01"]
        else:
            args = [number, *more.get(page, [])]
        found[f"{prefix}-{page}"] = reverse(f"{prefix}-{page}", args=args)
    return found


def own_addresses(prefix: str) -> dict[str, str]:
    """URL name → address of every page that only this portal has, of something that is not there."""
    made_up = {"int": 999_999_999, "slug": "no-such-thing", "str": "no-such-thing", "uuid": uuid.uuid4()}
    found = {}
    for kind, own in access.PREFIXES.items():
        for page in access.OWN_PAGES[kind] if own == prefix else ():
            pattern = next(each for each in urlpatterns if getattr(each, "name", "") == f"{prefix}-{page}")
            args = {
                name: made_up[type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")]
                for name, converter in pattern.pattern.converters.items()
            }
            found[f"{prefix}-{page}"] = reverse(f"{prefix}-{page}", kwargs=args)
    return found


def of_cases(found: dict[str, str]) -> dict[str, str]:
    return {name: path for name, path in found.items() if "/cases/T01" in path}


def with_paper(visitor: Walk, **started):
    """A draft with a secret in it and a file."""
    case = visitor.start("T01", **started)
    visitor.send(f"cases/{case.number}/questions/what/", verb="continue", title=SECRET, rush="on")
    file = SimpleUploadedFile(f"{SECRET}.pdf", pdf())
    visitor.post(f"cases/{case.number}/materials/proof/", {"file-proof": file, "verb": "upload"})
    return case, CaseMaterial.objects.get(case=case).pk


def body(response) -> str:
    return unescape(b"".join(response).decode("utf-8", "replace"))


def test_every_page_of_a_portal_is_in_the_matrix():
    portals = {p.name for p in urlpatterns if getattr(p, "default_args", {}).get("portal") is not None}
    assert portals == access.PORTALS.keys() == {
        name for prefix in access.PREFIXES.values() for name in (*addresses(prefix, "T01", 1), *own_addresses(prefix))
    }  # fmt: skip


@pytest.mark.parametrize("door", ["employer", "member"])
def test_pages_that_one_portal_has_are_closed_at_the_other_door_and_show_nothing_unknown(door):
    owner = Walk(clerk(a_unit()) if door == "employer" else member_user())
    other = Walk(member_user() if door == "employer" else clerk(a_unit()))
    for name, path in own_addresses(door).items():
        assert other.client.get(path).status_code == 403, name
        assert Client().get(path).status_code == 302, name
        expected = {200, 405} if "no-such-thing" not in path else {404, 405}
        assert owner.client.get(path).status_code in expected, name


@pytest.mark.parametrize("door", ["employer", "member"])
def test_everybody_at_the_wrong_door_is_told_theirs_and_sees_nothing(door):
    unit = a_unit()
    owner = Walk(clerk(unit) if door == "employer" else member_user())
    case, paper = with_paper(owner, **({"account": unit.number} if door == "employer" else {}))
    other = Walk(member_user() if door == "employer" else clerk(a_unit()))
    teller, nobody = Client(), Client()
    teller.force_login(staff(f"t{case.number}", "teller"))
    nobody.force_login(staff(f"n{case.number}", ""))
    for name, path in addresses(door, case.number, paper).items():
        for client, told in (
            (other.client, "个人网厅" if door == "employer" else "单位网厅"), (teller, "工作台"), (nobody, "工作台"),
        ):  # fmt: skip
            for response in (client.get(path), client.post(path, {"verb": "later", "title": "x"})):
                assert response.status_code == 403, name
                assert told in body(response), name
                assert SECRET not in body(response)
                assert case.number not in body(response)
        response = Client().get(path)
        assert (response.status_code, "next=" in response["Location"]) == (302, True), name


def visitors_and_owners():
    unit, foreign = a_unit(), a_unit("别家")
    employer = Walk(clerk(unit))
    yield employer, {"account": unit.number}, [Walk(clerk(foreign)), Walk(clerk())]
    yield Walk(clerk()), {"account": "none"}, [Walk(clerk(unit)), Walk(clerk())]
    yield Walk(member_user()), {}, [Walk(member_user())]


def test_anothers_case_is_not_there_at_any_address():
    for owner, started, strangers in visitors_and_owners():
        case, paper = with_paper(owner, **started)
        found = addresses(owner.prefix, case.number, paper)
        assert len(of_cases(found)) == 13
        for stranger in strangers:
            for name, path in of_cases(found).items():
                for response in (
                    stranger.client.get(path),
                    stranger.client.post(path, {"version": "0", "stamp": "1", "title": "x", "verb": "declare"}),
                ):
                    assert response.status_code in ({404, 405}), name
                    if response.status_code == 404:
                        assert SECRET not in body(response)
                        assert case.subject not in body(response) or not case.subject
                        assert f"/{case.number}/tasks/" not in body(response)
            for page in ("", "cases/", "messages/", "items/T01/"):
                assert case.number not in stranger.get(page)
                assert SECRET not in stranger.get(page)
        case.refresh_from_db()
        assert case.state == "draft"
        assert SECRET in owner.get(f"cases/{case.number}/questions/what/")


def test_a_paper_of_ones_own_case_does_not_open_one_of_anothers():
    owner, stranger = Walk(member_user()), Walk(member_user())
    _case, paper = with_paper(owner)
    own, own_paper = with_paper(stranger)
    assert stranger.client.get(f"/member/cases/{own.number}/files/{own_paper}/").status_code == 200
    stranger.get(f"cases/{own.number}/files/{paper}/", status=404)
    stranger.post(f"cases/{own.number}/materials/{paper}/remove/", {})
    assert CaseMaterial.objects.get(pk=paper).removed_at is None


def test_colleagues_share_the_cases_of_their_unit_until_one_no_longer_acts_for_it():
    from anju.registry.models import UnitAgent

    unit = a_unit()
    one, other = Walk(clerk(unit)), Walk(clerk(unit))
    case, paper = with_paper(one, account=unit.number)
    assert case.number in other.get("cases/")
    assert SECRET in other.get(f"cases/{case.number}/questions/what/")
    other.send(f"cases/{case.number}/questions/money/", verb="continue", amount="5")
    assert other.client.get(f"/employer/cases/{case.number}/files/{paper}/").status_code == 200
    UnitAgent.objects.filter(unit=unit).delete()
    for gone in (one, other):  # the one who opened it has it no longer either
        assert case.number not in gone.get("cases/")
        for path in of_cases(addresses("employer", case.number, paper)).values():
            assert gone.client.get(path).status_code in (404, 405)


def test_a_person_does_not_see_through_one_portal_what_they_applied_for_in_the_other():
    from anju.platform.people.operations import open_sign_in
    from sign_ins import AT

    unit = a_unit()
    user = clerk(unit)
    employer = Walk(user)
    case, _paper = with_paper(employer, account=unit.number)
    private = open_sign_in(
        username=f"p{case.number}", password=None, person=user.person, by="tests", at=AT, kind=Kind.MEMBER
    )
    member = Walk(private)
    member.get(f"cases/{case.number}/", status=404)
    assert case.number not in member.get("cases/") + member.get("")


def test_the_front_page_leads_everybody_to_their_own_door():
    for user, home in ((clerk(), "/employer/"), (member_user(), "/member/")):
        client = Client()
        client.force_login(user)
        assert client.get("/")["Location"] == home
        refused = client.get("/trial-balance/")
        assert refused.status_code == 403
        assert f'href="{home}"' in body(refused)
        missing = client.get("/nowhere/")
        assert f'href="{home}"' in body(missing)


def test_portal_pages_carry_the_strict_policy_and_nothing_inline():
    import re

    visitor = Walk(member_user())
    case, paper = with_paper(visitor)
    for name, path in addresses("member", case.number, paper).items():
        response = visitor.client.get(path)
        if response.streaming or response.status_code == 405:
            continue
        assert response["Content-Security-Policy"].startswith("default-src 'none'"), name
        assert response["Cache-Control"] == "no-store"
        assert not re.search(r"\sstyle=|<style|<script|\son[a-z]+=|javascript:", response.content.decode()), name


def test_a_page_asks_few_questions(django_assert_max_num_queries):
    visitor = Walk(member_user())
    case, paper = with_paper(visitor)
    for name, path in addresses("member", case.number, paper).items():
        with django_assert_max_num_queries(30):
            assert visitor.client.get(path).status_code in (200, 302, 405), name
