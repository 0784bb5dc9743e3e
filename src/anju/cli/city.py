"""`anju city`: a synthetic city lives a year in this center."""

import click

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _


class YearLivedError(AnjuError):
    """The center already holds a year of the city, whole or in part."""

    code = "CITY_YEAR_LIVED"


@click.group(help=_("合成城市"))
def city() -> None:
    """Group of the city's commands."""


@city.command(help=_("让合成城市在本中心生活一年"))
@click.option("--year", type=click.IntRange(2021, 2039), default=2024, show_default=True)
@click.option("--scale", type=click.IntRange(1, 10_000), default=100, show_default=True, help=_("1:N"))
@click.option("--seed", type=click.IntRange(0, 2**31), default=2024, show_default=True)
@click.option("--restart", is_flag=True, help=_("先清空合成城市填入的数据；真实数据不会被清空"))
def live(year: int, scale: int, seed: int, *, restart: bool) -> None:
    """Live a year; a center that holds one already must be emptied first."""
    from anju.cli.django_setup import ensure

    settings = ensure()
    from anju.city.live import live_year
    from anju.city.models import Run
    from anju.ledger.models import Journal
    from anju.platform import schema

    lived = Run.objects.exists()
    if restart and lived:  # only what the city itself filled is ever wiped
        schema.drop()
        schema.prepare()
    elif lived or Journal.objects.exists():
        raise YearLivedError(
            _("中心 {center} 已有账务数据。换一个中心：ANJU_CENTER=名称；或清空重来：--restart").format(
                center=settings.center
            )
        )
    live_year(year=year, scale=scale, seed=seed, folder=settings.home / "city" / settings.center, progress=click.echo)
