"""Number series: gapless, one per series, place and year."""

from app.domain.accounting.series import NumberSeries
from app.domain.shared.documents import Series
from app.domain.shared.ids import NO_ID


def test_numbers_follow_one_another_without_gaps() -> None:
    series = NumberSeries(Series("SAL"), NO_ID, 2011, next_number=9, version=4)
    series, ninth = series.take("MAIN")
    series, tenth = series.take("MAIN")
    assert (ninth, tenth) == ("SAL/2011/MAIN/000009", "SAL/2011/MAIN/000010")
    assert series == NumberSeries(Series("SAL"), NO_ID, 2011, next_number=11, version=4)


def test_a_series_of_the_whole_company_names_no_place() -> None:
    _, number = NumberSeries(Series("JNL"), NO_ID, 2011, next_number=1_000_000, version=1).take()
    assert number == "JNL/2011/1000000"
