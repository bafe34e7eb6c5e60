"""Packed lines: a folium layer for a whole city, every link of it, hour by hour.

Three hundred thousand links with four variables over twenty-four hours fit in one page of fifteen
megabytes, drawn on one canvas. The class of every value is exact. What an hour's value is told to
be is as near to it as there is room for, and the page says how near: counts of vehicles and
emissions that go with them to within 2 or 3 %, four variables of independent noise to within a
quarter, and classes drawn by lot as their class alone. Sums of the day keep three digits.
On a page::

    from geofleet.maps.packed import LinesControl, PackedLines, Variable

    emitted = Variable(
        "nox", label=say("harm.nox"), unit=say("harm.grams_per_km_day"),
        hour_unit=say("harm.grams_per_km_hour"), values=links_by_hour,   # (links, 24), NaN: unknown
        colours=EMITTED, text=say("harm.nox_text"), group=say("harm.emitted"),
    )
    shown = PackedLines(
        links.geometry, [emitted, moved, access],
        texts={"name": names, "road": road_words}, numbers={"length_m": lengths},
        card=Card(title="name", untitled=say("lines.unnamed"), subtitle="road",
                  rows=[CardRow(say("harm.length"), "length_m", unit="m")]),
        identifier="streets",
    )
    shown.add_to(page)              # any folium map: a page of geofleet's or a plain one
    LinesControl(shown).add_to(page)    # on a plain map; on geofleet's pages the panel does it:

    Panel({... "groups": [{"kind": "lines", "name": "streets", "layer": Ref(shown.get_name()),
                           "label": say("harm.colour_by"), "selected": "nox", "hour": None,
                           "worst": 20, "find": say("harm.streets")}]})

In the page the layer is ``shown.get_name()`` (``packed_<identifier>``), an ``L.Layer`` made by
``geofleet.packedLines(spec)``. Rows there lie along a space-filling curve: ``shown.order[row]`` is
the place of the page's ``row`` in what was given here; two layers of one geometry have equal rows.

====================================  ==============================================================
``ready``                             promise that is kept once it can draw
``variables``                         ``[{name, label, kind, hours, whole, …}]``
``variable``, ``hour``                what is shown; hour ``null`` is the whole day
``setVariable(name)``                 and ``setHour(hour)``, ``show(name, hour)``
``legend()``                          ``{unit, text, items: [{shape, colour, width, dash, label}]}``
``valueOf(row, name?, hour?)``        ``{state, value, text, klass}``; state ``known``, ``less``,
                                      ``class``, ``unknown``, ``none``
``top(n)``                            rows by current value, greatest first
``find(text, n)``                     rows by title, blind to case and accents, each street once
``title(row)``, ``card(row)``         what the row is called; its table as an element
``bounds(row)``, ``go(row, o?)``      its box; move there, mark it and open its popup
``mark(row)``                         mark it only; ``mark(null)`` unmarks
``on("change", f)``                   ``f({variable, hour})``; also ``drawn``, ``pick`` (``row``)
====================================  ==============================================================

:func:`city_map` makes a whole page of it. ``geofleet.groups.lines(map, group)`` makes the controls
of one layer, or of several in step (``group.layers``): variable, hour with play, legend, worst
links.
"""

from geofleet.maps.packed.city import city_map
from geofleet.maps.packed.layer import Card, CardRow, LinesControl, PackedLines
from geofleet.maps.packed.variables import Category, Variable

__all__ = ["Card", "CardRow", "Category", "LinesControl", "PackedLines", "Variable", "city_map"]
