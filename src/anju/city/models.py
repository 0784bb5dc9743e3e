from django.db import models


class Run(models.Model):
    """A year lived in this center: what was asked for, and whether it came to its end."""

    year = models.IntegerField(primary_key=True)
    scale = models.IntegerField()
    seed = models.IntegerField()
    finished = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.year} 1:{self.scale}"
