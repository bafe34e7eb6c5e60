"""Texts of data in several languages: what they are as plain text, and in each language."""

from __future__ import annotations

import copy
import pickle

import pytest

from geofleet.maps.elements import to_script
from geofleet.wording import Words, both, joined_words, say, worded

NIGHT = worded({"en": "freight by night", "es": "carga de noche"})


def test_plain_text_is_the_english_one() -> None:
    """Whoever knows nothing of languages reads English, in keys and messages too."""
    assert f"{NIGHT}!" == "freight by night!"
    assert {"freight by night": 1}[NIGHT] == 1
    assert both(NIGHT) == {"en": "freight by night", "es": "carga de noche"}
    assert both("van 7") == {"en": "van 7", "es": "van 7"}


@pytest.mark.parametrize(
    ("told", "plain", "spanish"),
    [
        ({"en": "a", "es": "a"}, "a", "a"),
        ({"en": "", "es": "b"}, "b", "b"),
        ({"en": " ", "es": "b"}, "b", "b"),
        ({"es": "b"}, "b", "b"),
        ({"en": "a"}, "a", "a"),
        ({}, "", ""),
    ],
)
def test_a_language_without_text_has_that_of_another(
    told: dict[str, str], plain: str, spanish: str
) -> None:
    """One text is no words: it is the same for everybody."""
    found = worded(told)
    assert (found, both(found)["es"], isinstance(found, Words)) == (plain, spanish, False)


def test_copies_keep_their_languages() -> None:
    """What goes to another process, or is copied, still knows Spanish."""
    for again in (pickle.loads(pickle.dumps(NIGHT)), copy.deepcopy(NIGHT), copy.copy(NIGHT)):
        assert both(again)["es"] == "carga de noche"


def test_words_in_messages_and_lists() -> None:
    """A message takes the words of its language, a list joins by language."""
    assert say("contingency.of_rules", name=NIGHT)["es"] == "Reglas: carga de noche."
    joined = joined_words([NIGHT, "SEDEMA"])
    assert both(joined) == {"en": "freight by night; SEDEMA", "es": "carga de noche; SEDEMA"}
    assert not isinstance(joined_words(["a", "b"]), Words)


def test_hostile_words_are_inert_in_a_script() -> None:
    """Words reach a page as texts by language, with nothing that could end its script."""
    bad = worded({"en": "</script><b>${x}", "es": "{{ 7*7 }} \u202e <!--"})
    script = to_script({"name": bad})
    assert "<" not in script
    assert "{{" not in script
    assert '"en"' in script
    assert '"es"' in script
