"""Read-only views of the ledger's tables, which are made by `sql/` and written by its functions alone."""

from django.db import models


class Subject(models.Model):
    """A line of the statutory chart of accounts (会计科目)."""

    code = models.TextField(primary_key=True)
    name = models.TextField()
    parent = models.ForeignKey("self", null=True, on_delete=models.DO_NOTHING)
    side = models.SmallIntegerField()
    klass = models.TextField(db_column="class")
    source = models.TextField()

    class Meta:
        managed = False
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Account(models.Model):
    """An account of the ledger under one subject; `side` is +1 debit-normal, -1 credit-normal."""

    id = models.BigIntegerField(primary_key=True)
    number = models.TextField(unique=True)
    subject = models.ForeignKey(Subject, on_delete=models.DO_NOTHING)
    name = models.TextField()
    side = models.SmallIntegerField()
    hot = models.BooleanField()
    opened_date = models.DateField()
    closed_date = models.DateField(null=True)

    class Meta:
        managed = False
        ordering = ["number"]

    def __str__(self) -> str:
        return self.number


class Balance(models.Model):
    """Balance and moment of an account that is not hot, signed debit positive, in fen and fen x days; see tables.sql."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.DO_NOTHING)
    amount = models.BigIntegerField()
    held = models.BigIntegerField()
    frozen = models.BigIntegerField()
    moment = models.BigIntegerField()
    settled_product = models.BigIntegerField()
    accrued = models.BigIntegerField()
    version = models.BigIntegerField()
    settled_day = models.IntegerField()
    earliest_day = models.IntegerField()
    latest_day = models.IntegerField()
    opened_day = models.IntegerField()
    side = models.SmallIntegerField()
    overdraft_allowed = models.BooleanField()
    closed = models.BooleanField()
    subject = models.ForeignKey(Subject, on_delete=models.DO_NOTHING)

    class Meta:
        managed = False

    def __str__(self) -> str:
        return f"{self.account_id}"


class Journal(models.Model):
    """One balanced, append-only posting."""

    key = models.TextField(unique=True)
    payload_hash = models.BinaryField()
    kind = models.TextField()
    reference = models.TextField()
    narrative = models.TextField()
    business_date = models.DateField()
    value_date = models.DateField()
    maker = models.TextField()
    checker = models.TextField(null=True)  # noqa: DJ001 - absent is not empty: nobody has checked
    reverses = models.OneToOneField("self", null=True, on_delete=models.DO_NOTHING, related_name="reversed_by")
    follows = models.ForeignKey("self", null=True, on_delete=models.DO_NOTHING, related_name="followed_by")
    posted_at = models.DateTimeField()

    class Meta:
        managed = False
        ordering = ["business_date", "id"]

    def __str__(self) -> str:
        return self.key
