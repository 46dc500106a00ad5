"""The words that coaches and platforms write, and the kind of run, sort of workout or load that each means.

All words are plain: without accents and in small letters, as `plain` makes them. Which of several words
counts, titles.py says.
"""

import re
from unicodedata import combining, normalize

from calsync.training import Kind, Sort, Sport

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "đ": "d", "’": "'", "‘": "'", "–": "-", "—": "-"})


def plain(text: str) -> str:
    """`text` in small letters without accents, which people leave out as often as not."""
    decomposed = normalize("NFKD", text.casefold()).translate(_LETTERS)
    return "".join(letter for letter in decomposed if not combining(letter))


def words(*alternatives: str) -> re.Pattern[str]:
    """A pattern for any of these, as whole words."""
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(alternatives)})(?![a-z0-9])")


# Quality, in the order in which a title that names two is read: "tempo intervals" are a tempo run.
QUALITY: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        Kind.HILLS,
        words(
            "hills?", "hilly", "bergsprints?", "bakkelop", "uphills?", "bergauf\\w*", "berglaufe?",
            "bergintervalle?", "hugel\\w*",
            "cotes?", "cuestas?", "salite", "salita", "heuvels?", "heuveltraining", "ladeiras?", "subidas?",
            "backintervaller", "backtraning", "bakkeintervall\\w*", "bakkedrag", "bakketrening",
        ),
    ),
    (Kind.FARTLEK, words("fartleks?", "farlek", "fahrtspiel\\w*", "fartslek")),
    (
        Kind.TIME_TRIAL,
        words(
            "time[ -]?trials?", "tt", "park ?runs?", "cooper(?: test)?", "testlauf",
            "\\d+ ?(?:k|km|mile?) test",
            "fitness test", "threshold test", "benchmark",
        ),
    ),
    (
        Kind.THRESHOLD,
        words(
            "threshold", "schwelle\\w*", "seuils?", "umbral(?:es)?", "soglia", "limiar", "troskel\\w*",
            "terskel\\w*", "drempel\\w*", "lactate", "cruise", "lt[12]?", "sub ?-?t",
        ),
    ),
    (
        Kind.TEMPO,
        words(
            "tempos?", "race simulation",
            "rehearsal",
            "zugig\\w*", "flott\\w*",
            "tempo(?:lauf\\w*|laufe|dauerlauf\\w*|runs?|lopp|pass|okt|tr[ae]ning|wechsel\\w*|intervall\\w*|loop)",
            "mp", "hmp", "marathon[ -]?pace",
            "(?:half|hm)[ -](?:marathon )?pace",
            "half marathon pace", "race[ -]pace", "goal[ -]pace", "wettkampftempo", "renntempo",
            "marathontempo", "tempoduurloop", "tdl", "progressi(?:on|ve|f|vo|va)\\w*", "progressiv\\w*",
            "fast finish",
            "steigerungslauf",
            "ga ?2", "allure (?:marathon|semi|specifique|course)", "as ?(?:10|21|42)",
            "ritmo (?:de )?(?:gara|carrera|maratona?)",
            "endspurt", "crescendo", "zone ?[3]", "z3", "pace run",
        ),
    ),
    (
        Kind.INTERVALS,
        words(
            "intervals?", "intervall\\w*", "intervaltraining", "repeats?", "reps?", "repetitions?", "vo2",
            "vo2 ?-?max\\w*", "sprints?", "anaerobic", "anaerob\\w*", "speed\\w*",
            "track(?: session| workout)?",
            "bahn(?:training)?", "fractionnes?", "vma", "series", "ripetute", "intervalad[oa]s?", "tiros",
            "pyramid\\w*", "pyramide", "ladder", "yasso\\w*", "billat", "blokken", "korta",
            "langa intervaller",
            "[2-9]00s", "1[0-9]00s", "mile repeats?", "norwegian 4x4", "zone ?[45]", "z[45]", "intervalos",
            "intervallo", "intervalli", "surges?", "over ?-?unders?",
            "(?:15|20|30|40|45|60)[/-](?:15|20|30|40|45|60)", "cambi di ritmo", "cambios de ritmo",
        ),
    ),
)  # fmt: skip
# Quality too, if nothing says more.
HARD = words("hard", "key (?:workout|session)", "quality(?: session)?")
# These are a long run whatever else the title says.
LONG = words(
    "long ?-?runs?", "lsd", "long slow", "long easy", "long steady", "long progress\\w*",
    "lange[rn]? (?:lauf|dauerlauf|duurloop|loop)",
    "langer? lauf", "long ?lauf", "sorties? longues?", "tiradas? largas?", "rodaje largo", "carrera larga",
    "fondo largo", "lunghissimo", "lungo", "corsa lunga", "longao", "treino longo", "corrida longa",
    "rodagem longa", "langpass", "langtur", "langlopp", "langkjoring", "langdistans", "ldl",
    "(?:sunday|saturday|weekend) long", "long (?:hilly |trail )?run",
)  # fmt: skip
LONG_ALONE = words("long(?! weekend)", "lang(?:er|e)?", "longue", "larga", "largo")
RACE = words(
    "races?", "raceday", "wettkampf", "competition", "compet", "competicion", "competicao", "gara",
    "wedstrijd", "konkurranse",
    "tavling", "prova", "course officielle", "(?:half[ -]?|ultra[ -]?)?marath?on", "semi-marathon", "maraton",
    "halbmarathon", "maratona", "halvmaraton",
)  # fmt: skip
# What has the word in it and is no race.
NOT_A_RACE = re.compile(
    r"(?:pre|post|before|after|since|for|to|till|until|nach|vor|apres|avant)[ -]"
    r"(?:the |a |my |next |last |your )?(?:race|wettkampf|course|gara|marathon)s?(?: ?day)?"
    r"|(?:allure|ritmo|ritme|passo)\s+(?:de\s+)?(?:marathon|semi|maratona?|gara|carrera|course)"
    r"|(?:race|marathon|wettkampf|half[ -]marathon)[ -]?"
    r"(?:pace|effort|specific|simulation|prep\w*|week|tempo|"
    r"practice|plan|training|build|block|recovery|shakeout|shake-out|intervals?|intensity|rhythm|power|weight|"
    r"goal|speed|strategy|rehearsal|m\.?p\.?|gp)|racing flats?|marathon (?:m|hm)\b"
)
RECOVERY = words(
    "recovery", "recover", "regeneration\\w*", "regenerativ\\w*", "regen?", "recup\\w*", "recuperacion",
    "recupero", "herstel\\w*", "aterhamtning\\w*", "restitusjon\\w*", "restitution\\w*", "recuperacao",
    "regenerativo", "regenerativa", "defaticamento", "rigenerante", "auslaufen", "erholung\\w*",
)  # fmt: skip
EASY = words(
    "easy", "e-?run", "jog\\w*", "base", "aerobic", "zone ?[12]", "z[12]", "conversational", "shake ?-?outs?",
    "footing", "endurance(?: fondamentale)?", "ef", "dauerlauf", "locker\\w*", "ga ?1", "gld", "dl",
    "rodajes?", "suave",
    "trote", "trotar", "lento", "lenta", "lente", "fondo lento", "duurloop\\w*", "rustig\\w*", "leve",
    "rodagem", "facile", "facil",
    "distans\\w*", "distanspass", "lugn\\w*", "rolig\\w*", "lett\\w*", "latt\\w*", "maf", "strides?",
    "foundation",
    "walk[ /&+-]*run\\w*", "run[ /&+-]*walk\\w*", "walk and run", "run and walk", "couch to 5k", "c25k",
    "gentle", "slow", "relaxed", "wind ?sprints? only", "leicht\\w*", "ruhig\\w*", "souple", "tranquil\\w*",
    "corricare",
)  # fmt: skip
WALK_RUN = words(
    "walk[ /&+-]*runs?", "run[ /&+-]*walks?", "walk(?:ing)? and run(?:ning)?", "run(?:ning)? and walk(?:ing)?"
)
SHAKEOUT = words("shake ?-?outs?")
RUNNING = words(
    "runs?", "running", "jog\\w*", "laufs?", "laufen", "course a pied", "correr", "corsa", "hardlopen",
    "loop\\w*", "lopning", "loping", "lop\\w*", "footing", "dauerlauf", "duurloop", "rodaje", "corrida",
    "treadmill", "laufband", "trail", "strides?",
)  # fmt: skip

STRENGTH = words(
    "strength\\w*", "stronger", "gym", "weights", "weight training", "weightlifting", "lift", "lifting",
    "core", "mobility", "yoga", "pilates", "stretch\\w*", "kraft\\w*", "musculation", "renfo\\w*",
    "renforcement\\w*", "fuerza", "forza", "potenziamento", "kracht\\w*", "styrk[ea]\\w*", "s&c", "s & c",
    "conditioning", "plyo\\w*",
    "full body", "upper body", "lower body", "legs (?:&|and|\\+) core", "kettlebells?", "crossfit", "hiit",
    "foam roll\\w*", "activation", "prehab", "forca", "rumpf\\w*", "stabi\\w*", "ppg", "gainage",
    "blackroll\\w*",
    "mobilit\\w*", "beweglichkeit\\w*", "estiramientos?", "etirements?", "dehnen", "leg day", "gimnasio",
    "palestra", "musculacao", "squats?", "deadlifts?", "lunges?", "push-?ups?", "pull-?ups?", "planks?",
    "bench press", "calf raises?", "burpees?", "kniebeugen",
)  # fmt: skip
LIGHT = words(
    "mobilit\\w*", "yoga", "pilates", "stretch\\w*", "foam roll\\w*", "activation", "prehab", "blackroll\\w*",
    "beweglichkeit\\w*", "estiramientos?", "etirements?", "dehnen", "light",
)  # fmt: skip
NOT_LIGHT = words(
    "strength\\w*", "stronger", "legs", "kraft\\w*", "endurance", "fuerza", "forza", "styrk[ea]\\w*"
)
HEAVY = words(
    "heavy", "max(?:imal)? strength", "1 ?rm", "maximalkraft", "schwer\\w*", "fuerza maxima", "force max\\w*"
)
REST = re.compile(
    r"\W*(?:complete |full |total )?(?:rest(?:[ -]?day)?|day[ -]off|off(?:[ -]day)?|ruhetag|ruhe|pausentag|"
    r"trainingsfrei|repos(?: complet)?|jour de repos|descanso|dia de descanso|riposo|rust(?:dag)?|hviledag|"
    r"hvile|vilodag|vila|folga)\b"
)
OTHER = words(
    "bike\\w*", "biking", "rides?", "cycl\\w*", "spin(?:ning)?", "peloton", "zwift", "mtb",
    "rad(?:fahren|training|tour)?",
    "rennrad", "velo", "ciclismo", "bici\\w*", "swim\\w*", "schwimm\\w*", "natation", "natacion", "nuoto",
    "zwemmen",
    "rowing", "row", "rower", "erg", "elliptical", "crosstrainer", "ski", "skiing", "skilanglauf",
    "skitour\\w*", "ski-?erg", "rollerski\\w*", "langlauf", "hik(?:e|ing)",
    "wander\\w*",
    "cross[ -]?train\\w*", "x-?train\\w*", "massage", "physio\\w*", "brick", "aqua ?jog\\w*", "pool",
    "tennis",
    "football", "soccer", "climbing", "walk", "walking", "spazieren\\w*", "marche", "fietsen", "sykling",
    "cykling",
    "briefing", "report", "expo", "volunteer\\w*", "pick-?up", "dns", "watch(?:ing)? the",
    "triathlon", "duathlon", "notes?", "nutrition", "weigh[ -]in",
)  # fmt: skip

SPORTS: tuple[tuple[Sport, re.Pattern[str]], ...] = (
    (Sport.SWIM, words("swim\\w*", "schwimm\\w*", "natation", "natacion", "nuoto", "zwemmen")),
    (Sport.ROW, words("rowing", "row", "rower", "erg")),
    (
        Sport.SKI,
        words(
            "xc-ski", "ski", "skiing", "skilanglauf", "skitour\\w*", "ski-?erg", "rollerski\\w*", "langlauf",
        ),
    ),
    (Sport.HIKE, words("hik(?:e|ing)", "wander\\w*")),
    (
        Sport.RIDE,
        words(
            "bike\\w*", "biking", "rides?", "cycl\\w*", "spin(?:ning)?", "peloton", "zwift", "mtb", "brick",
            "rad(?:fahren|training|tour)?", "rennrad", "velo", "ciclismo", "bici\\w*", "fietsen", "sykling",
            "cykling",
        ),
    ),
    (
        Sport.OTHER,
        words("elliptical", "crosstrainer", "cross[ -]?train\\w*", "x-?train\\w*", "aqua ?jog\\w*"),
    ),
)  # fmt: skip
EASES_OFF = words(
    "(?:deload|recovery|rest|easy|down|cutback|taper) week", "tapering", "deload", "entlastung\\w*",
    "(?:entlastungs|ruhe|regenerations)woche", "semaine (?:de )?(?:recuperation|decharge|allegee)",
)  # fmt: skip

# What is written before a colon, as TrainingPeaks and Final Surge write it.
PREFIXES: dict[str, Sort] = {
    **dict.fromkeys(
        (
            "run", "running", "trail run", "treadmill run", "treadmill", "virtual run", "laufen", "lauf",
            "course",
            "course a pied", "correr", "carrera", "corsa", "corrida", "hardlopen", "lopning", "loping",
            "race",
            "track", "walk/run", "trail", "jog",
        ),
        Sort.RUN,
    ),
    **dict.fromkeys(
        (
            "strength", "strength training", "weights", "gym", "yoga", "mobility", "pilates", "core", "kraft",
            "krafttraining", "musculation", "renforcement", "fuerza", "forza", "kracht", "krachttraining",
            "styrke", "styrka", "s&c", "stretching", "forca",
        ),
        Sort.STRENGTH,
    ),
    **dict.fromkeys(
        (
            "day off", "rest", "rest day", "off", "ruhetag", "repos", "descanso", "riposo", "rustdag",
            "hviledag", "vilodag", "folga",
        ),
        Sort.REST,
    ),
    **dict.fromkeys(
        (
            "bike", "mtb", "mtn bike", "mountain bike", "cycling", "ride", "virtual ride", "swim",
            "swimming", "brick", "x-train", "cross train",
            "cross-train", "cross training", "crosstrain", "walk", "hike", "rowing", "row", "xc-ski",
            "ski", "skiing",
            "other", "custom", "note", "notes", "event", "goal", "elliptical", "rad", "radfahren", "velo",
            "schwimmen", "natation",
            "natacion", "ciclismo", "bicicleta", "nuoto", "bici", "fietsen", "zwemmen", "availability",
            "transition",
            "massage", "nutrition", "metrics", "triathlon", "multisport",
        ),
        Sort.OTHER,
    ),
}  # fmt: skip
EMOJI: dict[str, Sort] = {
    **dict.fromkeys("🏃", Sort.RUN),
    **dict.fromkeys("🏋💪🧘🤸", Sort.STRENGTH),
    **dict.fromkeys("🚴🚲🏊🚵🚣🎿⛷🚶🥾📝", Sort.OTHER),
    **dict.fromkeys("🛌😴💤", Sort.REST),
}
