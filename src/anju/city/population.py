"""Units and members: who contributes, where, how much, since when and until when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from anju.city.calibration import Members, Sector
from anju.city.careers import Departure
from anju.city.names import People, Sex, credit_code, unit_name
from anju.city.plan import ADJUSTMENT_MONTH, Member, Unit, monthly_amount
from anju.city.sampling import choose, places, share_out
from anju.city.setting import Setting
from anju.kernel.money import Fen, Rounding, divide
from anju.kernel.periods import Month
from anju.kernel.rates import ONE, PERCENT, Ppm

_YEAR_DAYS = 365
#: Months of contributions between the last settlement and the opening of the year.
_MONTHS_SINCE_SETTLEMENT = 6
#: Nobody retires before this age, and women go first; older members are men.
_WOMEN_RETIRE = 55


@dataclass(slots=True)
class Seat:
    """A job that pays contributions, before a person is put into it; `colleagues` share the unit. Amounts in fen."""

    unit: Unit
    base: Fen
    base_from_july: Fen
    first_month: Month
    colleagues: int
    carried: Fen = 0
    departure: Departure | None = None

    @property
    def monthly(self) -> Fen:
        return monthly_amount(self.base, self.unit)

    @property
    def opening_balance(self) -> Fen:
        """What stands on the account when the year begins (members of the opening only)."""
        return self.carried + _MONTHS_SINCE_SETTLEMENT * self.monthly


@dataclass(frozen=True, slots=True)
class Workplaces:
    """The units, the sector of each, and how many members each has when it begins."""

    units: list[Unit] = field(default_factory=list)
    sectors: list[Sector] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def add(self, unit: Unit, sector: Sector, size: int) -> None:
        """One more unit."""
        self.units.append(unit)
        self.sectors.append(sector)
        self.sizes.append(size)


def opening_workplaces(setting: Setting) -> Workplaces:
    """The units that remit when the year begins; every sector has at least one."""
    inputs, rng, year = setting.inputs.members, setting.stream("units"), setting.year
    spare = max(0, setting.part(inputs.opening_units) - len(inputs.sectors))
    unit_counts = [1 + more for more in share_out(spare, [sector.units for sector in inputs.sectors])]
    heads = share_out(setting.part(inputs.opening_members), [sector.members for sector in inputs.sectors])
    drawn: list[tuple[Sector, int, Ppm]] = []
    for sector, count, members in zip(inputs.sectors, unit_counts, heads, strict=True):
        weights = [inputs.unit_size.at(place) for place in places(rng, count)]
        sizes = [1 + more for more in share_out(max(0, members - count), weights)]
        drawn += [(sector, size, ratio) for size, ratio in zip(sizes, _exact_ratios(sector, sizes), strict=True)]
    rng.shuffle(drawn)
    offices = _offices(inputs, len(drawn), rng)
    pay_days = places(rng, len(drawn))
    found = Workplaces()
    for number, ((sector, size, _exact), ratio) in enumerate(zip(drawn, _whole_ratios(drawn), strict=True), 1):
        opened = date(year - rng.randrange(4, 25), rng.randrange(1, 13), rng.randrange(1, 29))
        pay_day = 5 + pay_days[number - 1] * 21 // ONE
        first_month = Month(year - 1, ADJUSTMENT_MONTH)
        unit = _unit(number, sector, offices[number - 1], ratio, opened, first_month, pay_day, rng)
        found.add(unit, sector, size)
    return found


def new_workplaces(setting: Setting, *, after: int) -> Workplaces:
    """The units that register during the year, numbered on from `after`."""
    inputs, rng = setting.inputs.members, setting.stream("new units")
    count = setting.part(inputs.new_units)
    growing = [sector for sector in inputs.sectors if sector.grows]
    months = sorted(1 + place * 12 // ONE for place in places(rng, count))
    sizes = [inputs.new_unit_size.at(place) for place in places(rng, count)]
    offices = _offices(inputs, count, rng)
    found = Workplaces()
    for number, (month_number, size, office) in enumerate(zip(months, sizes, offices, strict=True), after + 1):
        month, sector = Month(setting.year, month_number), rng.choice(growing)
        ratio = _whole_percent(sector.ratio.at(rng.randrange(ONE)))
        unit = _unit(number, sector, office, ratio, month.day(rng.randrange(1, 4)), month, rng.randrange(10, 26), rng)
        found.add(unit, sector, size)
    return found


def opening_seats(setting: Setting, work: Workplaces) -> list[Seat]:
    """Everybody who contributes when the year begins, with bases before and after July and the carried balance."""
    inputs, rng = setting.inputs.members, setting.stream("bases")
    seats = []
    for unit, sector, size in zip(work.units, work.sectors, work.sizes, strict=True):
        for place in places(rng, size):
            base = _base(inputs, sector.wages.at(place), inputs.wage_level)
            seats.append(Seat(unit, base, base, unit.first_month, size))
    for seat, place in zip(seats, places(setting.stream("base growth"), len(seats)), strict=True):
        growth = inputs.base_growth.at(place)
        seat.base_from_july = _base(inputs, seat.base, ONE + growth)
    _carry_over(setting, seats)
    return seats


def joining_seats(setting: Setting, opening: Sequence[Seat], work: Workplaces, fresh: Workplaces) -> list[Seat]:
    """The new members of the year: those with whom new units start, and the rest over the others by their size."""
    inputs, rng = setting.inputs.members, setting.stream("joiners")
    sectors = dict(zip((unit.number for unit in work.units), work.sectors, strict=True))
    rest = setting.part(inputs.new_members) - sum(fresh.sizes)
    joined: list[tuple[Unit, Sector, Month]] = []
    for unit, sector, size in zip(fresh.units, fresh.sectors, fresh.sizes, strict=True):
        joined += [(unit, sector, unit.first_month)] * size
    for beside, place in zip(choose(rng, opening, rest), places(rng, rest), strict=True):
        month = Month(setting.year, 1 + place * 12 // ONE)
        joined.append((beside.unit, sectors[beside.unit.number], month))
    joined.sort(key=lambda entry: entry[2])
    seats = []
    for (unit, sector, month), place in zip(joined, places(rng, len(joined)), strict=True):
        wage = divide(sector.wages.at(place) * inputs.starting_wage, ONE, Rounding.HALF_UP)
        base = _base(inputs, wage, inputs.wage_level)
        seats.append(Seat(unit, base, base, month, 0))
    return seats


def people(setting: Setting, seats: Sequence[Seat]) -> list[Member]:
    """Put a person into every seat; member numbers follow the order of the seats."""
    rng, registrar = setting.stream("people"), People(setting.stream("names"))
    ages = places(rng, len(seats))
    members = []
    for number, (seat, place) in enumerate(zip(seats, ages, strict=True), 1):
        joins = seat.first_month.year == setting.year
        born, sex = _birth(setting, seat, place, joins=joins, rng=rng)
        leaving = seat.departure
        members.append(
            Member(
                number=f"4306{number:08d}",
                name=registrar.name(sex),
                identity_number=registrar.identity_number(born, sex),
                phone=registrar.phone(),
                born=born,
                unit_number=seat.unit.number,
                opened=_opened(seat, born, joins=joins, year=setting.year, rng=rng),
                base=seat.base,
                base_from_july=seat.base_from_july,
                carried=seat.carried,
                first_month=seat.first_month,
                last_month=leaving.last_month if leaving else None,
                sealed=leaving.sealed if leaving else None,
            )
        )
    return members


def _unit(
    number: int, sector: Sector, office: str, ratio: Ppm, opened: date, first_month: Month, pay_day: int, rng: Random
) -> Unit:
    return Unit(
        number=f"4306{number:06d}",
        name=unit_name(rng.choice(sector.kinds), office, number),
        credit_code=credit_code(sector.code, number),
        office=office,
        sector=sector.name,
        unit_ratio=ratio,
        person_ratio=ratio,
        opened=opened,
        first_month=first_month,
        pay_day=pay_day,
    )


def _exact_ratios(sector: Sector, sizes: Sequence[int]) -> list[Ppm]:
    """A ratio for each unit: units lie side by side along the distribution, as wide as they are big, and each takes the
    mean over its width. So the mean over members does not depend on which unit is big.
    """
    total, before, ratios = sum(sizes), 0, []
    for size in sizes:
        ratios.append(sector.ratio.mean(before * ONE // total, (before + size) * ONE // total))
        before += size
    return ratios


def _whole_ratios(drawn: Sequence[tuple[Sector, int, Ppm]]) -> list[Ppm]:
    """The ratios in whole per cent, down or up so that what is lost with one unit is won with the next smaller one."""
    payrolls = [sector.wages.mean() * size for sector, size, _exact in drawn]
    ratios, lost = [0] * len(drawn), 0
    for place in sorted(range(len(drawn)), key=lambda place: -payrolls[place]):
        exact = drawn[place][2]
        wanted = exact + divide(lost, payrolls[place], Rounding.HALF_UP)
        down = exact // PERCENT * PERCENT
        up = down + PERCENT * (exact % PERCENT > 0)
        ratios[place] = up if up - wanted < wanted - down else down
        lost += (exact - ratios[place]) * payrolls[place]
    return ratios


def _whole_percent(ratio: Ppm) -> Ppm:
    return divide(ratio, PERCENT, Rounding.HALF_UP) * PERCENT


def _offices(inputs: Members, count: int, rng: Random) -> list[str]:
    shares = share_out(count, [share for _name, share in inputs.offices])
    names = [name for (name, _share), units in zip(inputs.offices, shares, strict=True) for _ in range(units)]
    rng.shuffle(names)
    return names


def _base(inputs: Members, wage: Fen, level: Ppm) -> Fen:
    """A contribution base between floor and ceiling."""
    base = divide(wage * level, ONE, Rounding.HALF_UP)
    return min(max(base, inputs.base_floor), inputs.base_ceiling)


def _carry_over(setting: Setting, seats: Sequence[Seat]) -> None:
    """Spread what the opening balance holds beside the half year's contributions over the members, by seniority."""
    drawn = places(setting.stream("seniority"), len(seats))
    weights = [
        setting.inputs.members.seniority.at(place) * seat.monthly for seat, place in zip(seats, drawn, strict=True)
    ]
    recent = _MONTHS_SINCE_SETTLEMENT * sum(seat.monthly for seat in seats)
    total = setting.part(setting.inputs.opening.contribution_balance) - recent
    for seat, carried in zip(seats, share_out(total, weights), strict=True):
        seat.carried = carried


def _birth(setting: Setting, seat: Seat, place: Ppm, *, joins: bool, rng: Random) -> tuple[date, Sex]:
    """Birthday and sex that fit the career: who retires reaches the age in that month, the others do not yet."""
    retires = seat.departure.retires if seat.departure else None
    if retires is not None:
        sex: Sex = rng.choice(("male", "female"))
        return retires.replace(year=retires.year - (60 if sex == "male" else _WOMEN_RETIRE)), sex
    new_year = date(setting.year, 1, 1)
    if joins:
        return new_year - timedelta(days=rng.randrange(20 * _YEAR_DAYS, 36 * _YEAR_DAYS)), rng.choice(
            ("male", "female")
        )
    born = new_year - timedelta(days=setting.inputs.members.age.at(place))
    return born, rng.choice(("male", "female")) if setting.year - born.year < _WOMEN_RETIRE else "male"


def _opened(seat: Seat, born: date, *, joins: bool, year: int, rng: Random) -> date:
    """The day on which the personal account was opened: before the first pay day, and years ago for most."""
    if joins:
        first_day = seat.unit.opened.day if seat.unit.first_month == seat.first_month else 1
        return seat.first_month.day(rng.randrange(first_day, seat.unit.pay_day))
    grown_up = born + timedelta(days=rng.randrange(21 * _YEAR_DAYS, 26 * _YEAR_DAYS))
    return min(grown_up, date(year - 1, 6, 20) - timedelta(days=rng.randrange(300)))
