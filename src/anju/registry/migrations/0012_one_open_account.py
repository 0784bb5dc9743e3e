from django.db import migrations, models


class Migration(migrations.Migration):
    """Whose account has closed may come back: one person has one open account."""

    dependencies = [("registry", "0011_accounts")]

    operations = [
        migrations.RemoveConstraint(
            model_name="member",
            name="registry_member_one_account",
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_date", None)),
                fields=("identity_index", "document_type", "document_country"),
                name="registry_member_one_account",
            ),
        ),
    ]
