"""What the help says beside the options: a line for the list, what happens, an example to type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

__all__ = ["HELP", "CommandHelp", "add_help"]

_ORDER = "A new study, step by step: init, import, check, run, report."
_EXIT_CODES = (
    "Exit codes: 0 done, 1 internal error, 2 wrong arguments, 3 inputs with problems, "
    "4 a map or geocoding service failed, 5 a file could not be written, 130 stopped by Ctrl-C."
)


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """Help of one command.

    Parameters
    ----------
    line
        What it does, in the list of commands: at most 60 characters.
    more
        What it needs and what it leaves, under the options.
    examples
        Commands to type.
    """

    line: str
    more: str
    examples: tuple[str, ...]

    @property
    def epilog(self) -> str:
        """Text under the options; examples stay as they are written."""
        word = "Example:" if len(self.examples) == 1 else "Examples:"
        return "\n\n".join((self.more, "\n".join(("\b", word, *self.examples))))


# In the order of the list: a study from its beginning, then questions, then handing on.
HELP = {
    "init": CommandHelp(
        "Start a study: a folder with roads and empty tables.",
        "Give the roads by --place (asks map services on the internet) or by --osm (a file). The "
        "folder then holds settings (study.yaml), empty tables, and README.txt, which explains "
        "each column. Country and time zone decide speeds, fuels, engines and every clock time.",
        (
            "geofleet init my-city --osm my-city.osm.pbf --country CO",
            'geofleet init my-city --place "Coyoacán, Ciudad de México" \\',
            "    --country MX --timezone America/Mexico_City",
        ),
    ),
    "import": CommandHelp(
        "Bring stops from sheets, GPS, VROOM or Carta Porte.",
        "Rows are added to stops.csv of the study, with the vehicles and operators that are new; "
        "all of them, or none and a list of what cannot be taken. What can be read in two ways is "
        "never guessed: the answer names the option that says which.",
        (
            "geofleet import stops.xlsx --into my-city",
            "geofleet import ruta.csv --into my-city --decimal comma --dates day_first",
            "geofleet import telematics.csv --into my-city --kind gps --assume drop_kg=40",
            "geofleet import carta.xml --into my-city --places places.csv",
        ),
    ),
    "check": CommandHelp(
        "List every problem of a study's files; writes nothing.",
        "Each line names file, row, field, the value found and what was expected.",
        ("geofleet check my-city",),
    ),
    "run": CommandHelp(
        "Compute emissions, exposure, electric feasibility, maps.",
        "Results go to my-city/results: open maps/index.html in a browser. Needs a study that "
        "`geofleet check` finds no problem in; takes from seconds to minutes.",
        ("geofleet run my-city",),
    ),
    "report": CommandHelp(
        "Run, plan, and write all pages, briefs and figures.",
        "Pages go to my-city/report: open index.html in a browser. The page of the budget needs "
        "`plan` in study.yaml or --budget; the page of rules needs `policy` there, --rules or "
        "--pack. What a study does not have is left out, and said.",
        (
            "geofleet report my-city",
            "geofleet report my-city --budget 5000000 --language es",
        ),
    ),
    "brief": CommandHelp(
        "Write the briefs of a study alone, to print.",
        "One page to print for each reader: one map, one table, what the numbers rest on, open "
        "questions. --pdf needs a Chromium on this machine.",
        (
            "geofleet brief my-city --for official --language es",
            "geofleet brief my-city --for operator --operator op-1 --pdf",
        ),
    ),
    "plan": CommandHelp(
        "Choose who gets which technology, when, by a budget.",
        "Tables go to my-city/plan/tables, a map beside them. Settings are those under `plan` in "
        "study.yaml; options here replace them for this once.",
        (
            "geofleet plan my-city",
            "geofleet plan my-city --budget 900000 --objective pm25 -o plan-large",
        ),
    ),
    "policy": CommandHelp(
        "Put a study's day under access rules: what changes.",
        "Rules are the study's own, a file (--rules) or a pack (--pack). my-city/policy then has "
        "tables of each vehicle-day, of grams and people, and a map by hour.",
        (
            "geofleet policy my-city --rules rules.yaml",
            "geofleet policy my-city --pack mexico --bulletin bulletin.yaml \\",
            "    --zones areas.geojson --assume hologram=2",
        ),
    ),
    "price": CommandHelp(
        "Price one trip: fastest, cheapest, least-harm routes.",
        "Also what every other hour of departure would save. Writes a map and tables.",
        (
            "geofleet price my-city --from=-71.25,-29.93 --to=-71.22,-29.92 \\",
            "    --class rigid_12t --hour 8",
        ),
    ),
    "serve": CommandHelp(
        "Open a page where budget, hours and batteries move.",
        "Prints an address for the browser of this machine; Ctrl-C ends it. Needs the extra "
        "`desk`.",
        ("geofleet serve my-city", "geofleet serve my-city --budget 400000"),
    ),
    "export": CommandHelp(
        "Write results for a GIS, a traffic model, a statement.",
        "Needs the results of `geofleet run`.",
        (
            "geofleet export my-city --format gpkg -o for-qgis",
            "geofleet export my-city --format csv --layer links --layer stops -o tables",
        ),
    ),
    "may-drive": CommandHelp(
        "Say when one truck may drive; needs no study.",
        "What is not said of the truck is unknown, and the answer names it where it matters.",
        (
            "geofleet may-drive --pack mexico --date 2026-02-17 --inside zmvm \\",
            "    --nowhere-else --set plate=ABC-12-7 --set hologram=2 --set gvw_kg=7500",
        ),
    ),
    "costs": CommandHelp(
        "Cost every technology for trucks; needs no study.",
        "A ledger year by year, month one in cash, and the smallest help that makes it possible. "
        "Prices are those of Mexico.",
        ("geofleet costs truck.csv --year 2026 -o costs",),
    ),
    "access-map": CommandHelp(
        "Draw roads by what one truck may do, hour by hour.",
        "Needs no study: roads are any file of lines.",
        (
            "geofleet access-map roads.gpkg --rules rules.yaml --date 2024-05-14 \\",
            '    --set gvw_kg=7500 --attribution "© OpenStreetMap contributors" -o page.html',
        ),
    ),
    "demo": CommandHelp(
        "Run the bundled study of La Serena and Coquimbo.",
        "Real streets and people, a synthetic freight day; takes half a minute.",
        ("geofleet demo -o geofleet-demo",),
    ),
}


def add_help(app: typer.Typer) -> None:
    """Give each command its line, its words and its examples, and put them in order."""
    app.info.epilog = f"{_ORDER} `geofleet COMMAND --help` shows examples.\n\n{_EXIT_CODES}"
    names = list(HELP)

    def name_of(command: typer.models.CommandInfo) -> str:
        return str(command.name or getattr(command.callback, "__name__", ""))

    app.registered_commands.sort(key=lambda command: names.index(name_of(command)))
    for command in app.registered_commands:
        words = HELP[name_of(command)]
        command.short_help, command.epilog = words.line, words.epilog
