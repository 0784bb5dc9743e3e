"""Accounts for the portals: a unit clerk makes their own, a member with a code that the counter hands out."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from anju.kernel.errors import AnjuError
from anju.kernel.identity import mask_name
from anju.platform.models import Kind, User
from anju.platform.people.errors import OtherPersonError
from anju.platform.people.operations import check_password, open_sign_in, register_person
from anju.registry.models import Member
from anju.registry.sign_ins import issue_activation, sign_up_member
from anju.web.access import viewer
from anju.web.sign_in_adapter import address_of
from anju.web.sign_in_doors import DOORS
from anju.web.sign_in_forms import EmployerSignUpForm, MemberSignUpForm, refuse
from anju.web.throttle import allow_attempt


@sensitive_post_parameters()
@login_not_required
@require_http_methods(["GET", "POST"])
def employer_sign_up(request: HttpRequest) -> HttpResponse:
    """A unit clerk's account. It acts for no unit until a unit is registered with it."""
    form = EmployerSignUpForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _may_try(request, form):
        try:
            _open_unit_clerk(form)
        except OtherPersonError:
            # The same words whatever is registered: nothing is told about anybody else.
            form.add_error("identity_number", _("证件号码与姓名不符，请核对或到柜台办理"))
        except AnjuError as error:
            refuse(form, error)
        else:
            messages.success(request, _("账号已开通，请登录"))
            return redirect(DOORS[Kind.UNIT].page)
    return render(request, "anju/sign_up.html", {"form": form, "door": DOORS[Kind.UNIT]})


@sensitive_post_parameters()
@login_not_required
@require_http_methods(["GET", "POST"])
def member_sign_up(request: HttpRequest) -> HttpResponse:
    """A member's account, with the code from the counter."""
    form = MemberSignUpForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _may_try(request, form):
        told = form.cleaned_data
        try:
            sign_up_member(
                number=told["number"], code=told["code"], username=told["username"], password=told["password"],
                at=timezone.now(),
            )  # fmt: skip
        except OtherPersonError:
            form.add_error("number", _("证件号码与姓名不符，请核对或到柜台办理"))
        except AnjuError as error:
            refuse(form, error)
        else:
            messages.success(request, _("账号已开通，请登录"))
            return redirect(DOORS[Kind.MEMBER].page)
    return render(request, "anju/sign_up.html", {"form": form, "door": DOORS[Kind.MEMBER]})


@require_http_methods(["GET", "POST"])
def activation(request: HttpRequest, number: str) -> HttpResponse:
    """At the counter: ask once more, then show a member's code, this once."""
    member = get_object_or_404(Member, number=number)
    context = {"member": member, "name": mask_name(member.name)}
    if request.method == "POST":
        try:
            code = issue_activation(member=member, by=viewer(request).username, at=timezone.now())
        except AnjuError as error:
            messages.error(request, error.message)
        else:
            context["code"] = code
    return render(request, "anju/activation.html", context)


@transaction.atomic
def _open_unit_clerk(form: EmployerSignUpForm) -> None:
    told = form.cleaned_data
    check_password(told["password"], user=User(username=told["username"]))
    person = register_person(name=told["name"], identity_number=told["identity_number"], phone=told["phone"])
    open_sign_in(
        username=told["username"], password=told["password"], person=person, by=told["username"], at=timezone.now(),
        kind=Kind.UNIT,
    )  # fmt: skip


def _may_try(request: HttpRequest, form: EmployerSignUpForm | MemberSignUpForm) -> bool:
    """Ten sign-ups from one address in a quarter of an hour: nobody finds out names or numbers by trying."""
    if allow_attempt(username="", address=address_of(request), now=timezone.now(), scope="sign-up"):
        return True
    form.add_error(None, _("尝试次数过多，请 15 分钟后再试"))
    return False
