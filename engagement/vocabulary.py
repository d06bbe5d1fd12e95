"""The words by which a commitment is judged, in English and German."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACTIONS = _words(
    """
    apply ask backup bake bike book build buy call cancel clean clear code complete cook create cut cycle
    delete design do draft draw drink eat edit email exercise file finish fix fold go hand hang help hike
    install invite join jog journal learn lift list listen mail make meditate meet memorize message move
    note open order organize outline pack paint pay phone plan plant play post practice practise prepare
    present print publish push-ups put quit read record refactor register rehearse remove repair reply
    research rest revise ride row run save schedule sell send share ship sign sing sketch sleep sort speak
    stretch study submit swim take talk teach tell text tidy throw translate update upload visit walk wash
    watch water work-out write

    abgeben abheften absagen absenden abschicken abschließen anmelden anrufen antworten aufhängen
    aufräumen ausmisten backen bauen beantworten beenden bestellen besuchen bezahlen buchen duschen
    einkaufen einreichen entwerfen erledigen erstellen essen fahren fertigstellen frühstücken gehen gießen
    joggen kaufen klettern kochen kündigen lernen lesen löschen machen malen meditieren melden notieren
    nähen ordnen packen planen programmieren putzen radeln recherchieren reden reparieren rudern rufe
    sagen schicken schlafen schreiben schwimmen senden singen skizzieren sortieren spazieren spenden
    sprechen spülen tanzen telefonieren testen treffen trinken turnen unterschreiben üben überarbeiten
    überweisen übersetzen verkaufen verschicken veröffentlichen vorbereiten wandern waschen wegwerfen
    wiederholen zahlen zeichnen laufen läufst läuft gehst schreib lies ruf
    """
)
"""What can be begun now; of German verbs the infinitive, and forms that differ by more than an ending."""

ENDS = _words(
    """
    apply book buy call cancel complete delete email file finish hand order pay phone post print publish
    register reply return send ship sign submit text upload visit mail

    abgeben abgebe abschicken abschicke abschließen absagen anmelden anrufen beantworten beenden bestellen
    bestelle bezahlen bezahle buchen buche einreichen einreiche erledigen fertigstellen kaufen kündigen
    kündige melden ruf rufe schicken schicke senden unterschreiben überweisen überweise verschicken
    veröffentlichen zahlen
    """
)
"""What is either done or not."""

ARTICLES = _words("a an the my your this that der die das den dem ein eine einen mein meine")

VAGUE = re.compile(
    r"\b(?:be (?:a )?(?:less|good|kinder|happier|nicer)|get (?:fit|in shape)|better|healthier|fitter"
    r"|more(?! than)|try(?:ing)?|improve|work on|focus on|as much as possible|maybe|someday|eventually"
    r"|stuff|things"
    r"|besser|gesünder|versuch(?:e|en)?|verbessern|mehr(?! als)|öfter|irgendwann"
    r"|irgendwie|vielleicht|möglichst|mich bemühen|sachen|dinge)\b"
)

_COUNT = (
    r"(?:\d+(?:[.,]\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty"
    r"|half an|eine?n?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|fünfzehn|zwanzig|dreißig)"
)
_UNIT = (
    r"(?:x|times?|pages?|words?|paragraphs?|chapters?|lines?|minutes?|mins?|hours?|hrs?|h|kms?|miles?|k|m"
    r"|meters?|laps?|steps|reps?|sets?|push-?ups|pull-?ups|sit-?ups|squats|glass(?:es)?|cups?|lit(?:er|re)s?"
    r"|emails?|mails|calls?|people|persons?|tasks?|tickets?|applications?|letters?|poems?|drafts?|slides?"
    r"|exercises?|lessons?|videos?|boxes|bags?|drawers?|rooms?|dollars|euros?|kg|pounds|grams?"
    r"|mal|seiten?|wörter|worte|absätze|absatz|kapitel|zeilen?|minuten?|min|stunden?|std|kilometer|schritte"
    r"|runden?|liegestütze?|kniebeugen|gläser|glas|tassen?|liter|anrufe?|leute|personen|aufgaben?"
    r"|bewerbungen?|briefe?|entwürfe|entwurf|folien?|übungen?|lektionen?|kisten?|schubladen?|zimmer|gramm"
    r"|bahnen?)"
)
AMOUNT = re.compile(rf"(?<!\w){_COUNT}[ -]?(?:[^\W\d]+ )?{_UNIT}(?!\w)|[€$£]\s?\d|\d\s?[€$%]")

TIMES = re.compile(
    r"(?<!\w)(?:\d{1,2}[:.]\d\d(?: uhr)?|\d{1,2} ?(?:am|pm|uhr)"
    r"|in (?:\d+|an?|\w+) (?:days?|weeks?|tag(?:en)?|wochen?)"
    r"|\d{1,2}\.\s?\d{1,2}\.(?:\s?20\d\d)?|20\d\d(?:-\d\d-\d\d)?|\d{1,2}(?:st|nd|rd|th))(?!\w)"
)
"""Figures that are no amount."""

HABIT = re.compile(
    r"\b(?:every|each|daily|weekly|after|before|when|at (?:lunch|breakfast|dinner)"
    r"|in the (?:morning|evening|afternoon)|jede[nrs]?|täglich|wöchentlich|nach|vor|wenn|sobald|morgens"
    r"|abends|mittags|beim|am (?:morgen|abend|nachmittag))\b"
)
