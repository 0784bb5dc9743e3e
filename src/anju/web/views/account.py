"""Signing in."""

from django.contrib.auth.views import LoginView

from anju.web.forms import SignInForm


class SignIn(LoginView):
    """Name and password, then the page that was asked for."""

    template_name = "anju/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
