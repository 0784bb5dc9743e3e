"""Table of looks at money that somebody else paid (他人代缴)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from anju.contributions.models import Receipt


class ReceiptReview(models.Model):
    """That a receipt whose payer is not whom it pays for was looked at, by whom, when, with a note. Never changed."""

    receipt = models.OneToOneField(Receipt, primary_key=True, on_delete=models.PROTECT, related_name="review")
    note = models.CharField(_("核对意见"), max_length=200)
    by = models.CharField(_("核对人"), max_length=150)
    at = models.DateTimeField(_("核对时间"))

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(note=""), name="contributions_receiptreview_note")]

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.by}"
