"""Numbers and dates as Babel writes them for a locale are read back; what is unclear is refused."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.interchange.cells import CellStyle, UnclearCellError

# How these places write, by the Unicode locale data that Babel carries.
WRITERS = {"es_MX": "point", "en_US": "point", "es_CL": "comma", "es_CO": "comma", "de_DE": "comma",
           "fr_FR": "comma"}  # fmt: skip


@settings(max_examples=40)
@given(
    number=st.decimals(-10_000_000, 10_000_000, places=3),
    locale=st.sampled_from(sorted(WRITERS)),
    grouped=st.booleans(),
)
def test_numbers_of_a_locale_come_back(number: Decimal, locale: str, grouped: bool) -> None:
    """Marks of thousands and of decimals are those of the convention that is named."""
    text = format_decimal(number, "#,##0.###", locale=locale, group_separator=grouped)
    style = CellStyle(decimal=WRITERS[locale])  # type: ignore[arg-type]
    assert style.number(text) == float(number)


@pytest.mark.parametrize("text", ["1.234,5", "1,234.5", "1,5", "12 000", "1_000", "abc", "nan"])
def test_without_a_convention_only_plain_numbers_are_read(text: str) -> None:
    """Text that could mean two numbers, or none, asks for the user's word."""
    with pytest.raises(UnclearCellError, match="a number like"):
        CellStyle().number(text)
    assert CellStyle().number("-99.1332") == -99.1332
    assert CellStyle().number("1e3") == 1000.0


@pytest.mark.parametrize(
    ("decimal", "text"), [("comma", "1.5"), ("comma", "1,234.5"), ("point", "1,5"),
                          ("point", "1.234,5"), ("comma", "12.34.567")]
)  # fmt: skip
def test_a_number_of_the_other_convention_is_no_number(decimal: str, text: str) -> None:
    """1.5 where commas are decimals is refused rather than read as fifteen."""
    with pytest.raises(UnclearCellError):
        CellStyle(decimal=decimal).number(text)  # type: ignore[arg-type]


@settings(max_examples=40)
@given(st.dates(datetime.date(2000, 1, 1), datetime.date(2099, 12, 31)))
def test_dates_of_a_locale_come_back(day: datetime.date) -> None:
    """Day first as in Spanish, month first as in the United States, ISO everywhere."""
    spanish = format_date(day, "dd/MM/yyyy", locale="es_MX")
    american = format_date(day, "M/d/yyyy", locale="en_US")
    assert CellStyle(dates="day_first").date(spanish) == day.isoformat()
    assert CellStyle(dates="month_first").date(american) == day.isoformat()
    for dates in ("iso", "day_first", "month_first"):
        style = CellStyle(dates=dates)  # type: ignore[arg-type]
        assert style.date(day.isoformat()) == day.isoformat()
        assert style.date(datetime.datetime(day.year, day.month, day.day, 9)) == day.isoformat()


@pytest.mark.parametrize("text", ["12/05/2024", "5/12/24", "2024-13-01", "31.02.2024", "4542"])
def test_an_unclear_date_is_refused(text: str) -> None:
    """No order of day and month is guessed, no day is made up."""
    with pytest.raises(UnclearCellError, match="a date like"):
        CellStyle().date(text)
    with pytest.raises(UnclearCellError):
        CellStyle(dates="day_first").date("13/13/2024")


@settings(max_examples=40)
@given(st.times())
def test_clock_times_come_back(time: datetime.time) -> None:
    """Spanish and English half-day words, spreadsheet fractions, plain text."""
    whole = time.replace(microsecond=0)
    said = whole.isoformat()
    style = CellStyle()
    for locale in ("en_US", "es_MX"):
        assert style.clock(format_time(whole, "h:mm:ss a", locale=locale)) == said
    assert style.clock(said) == style.clock(whole) == said
    seconds = whole.hour * 3600 + whole.minute * 60 + whole.second
    assert style.clock(seconds / 86_400) == said
    assert style.clock(datetime.timedelta(seconds=seconds)) == said


@pytest.mark.parametrize("text", ["8", "25:61", "mañana", "13:00 pm", "49:00"])
def test_no_time_is_made_up(text: str) -> None:
    """Half a time is none."""
    with pytest.raises(UnclearCellError, match="clock time"):
        CellStyle().clock(text)
    assert CellStyle().clock("25:30") == "25:30:00"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (45426, "2024-05-14"), (45426.354, "2024-05-14"), ("45426", "2024-05-14"),
        ("20240514", "2024-05-14"), ("14 de mayo de 2024", "2024-05-14"),
        ("14-MAY-2024", "2024-05-14"), ("1 ene. 2024", "2024-01-01"),
    ],
)  # fmt: skip
def test_dates_that_cannot_be_misread(text: object, day: str) -> None:
    """Days as spreadsheets count them, and months by their names, need no word of the user."""
    assert CellStyle().date(text) == day


def test_short_years_follow_the_order_that_is_said() -> None:
    """Two digits of a year are one only where the day is known to come first."""
    style = CellStyle(dates="day_first")
    assert style.date("14/05/24") == style.date("14-may-24") == "2024-05-14"
    with pytest.raises(UnclearCellError):
        CellStyle().date("14-may-24")


@pytest.mark.parametrize(
    ("text", "clock"),
    [("9 am", "09:00:00"), ("1 p. m.", "13:00:00"), ("13 hrs", "13:00:00"), ("8h", "08:00:00"),
     (45426.375, "09:00:00")],
)  # fmt: skip
def test_hours_alone_with_their_unit(text: object, clock: str) -> None:
    """A number that says that it is an hour is one."""
    assert CellStyle().clock(text) == clock


def test_two_times_are_not_one() -> None:
    """The second time of a window is not passed over in silence."""
    with pytest.raises(UnclearCellError):
        CellStyle().clock("09:00-13:00")
