"""Hold the word lists of the small grammar in ``grammar``.

Every verb belongs to exactly one group and every adverb to exactly one group,
so the verb decides which adverbs fit and nothing else in the sentence does:
subjects and phrases are shared by the groups.
"""

from typing import NamedTuple


class VerbGroup(NamedTuple):
    """Verbs as (base, third person, past) that select the same adverbs."""

    verbs: tuple
    adverbs: tuple
    subjects: str
    phrases: str


def _forms(text):
    return tuple(tuple(entry.split("/")) for entry in text.split())


def _group(verbs, adverbs, subjects="animate", phrases="place"):
    return VerbGroup(_forms(verbs), tuple(adverbs.split()), subjects, phrases)


VERB_GROUPS = (
    _group("move/moves/moved crawl/crawls/crawled creep/creeps/crept", "slow slowly", phrases="way"),
    _group(
        "run/runs/ran race/races/raced hurry/hurries/hurried rush/rushes/rushed", "fast quickly swiftly", phrases="way"
    ),
    _group("jump/jumps/jumped leap/leaps/leaped hop/hops/hopped", "high lightly", phrases="way"),
    _group("march/marches/marched climb/climbs/climbed", "steadily firmly", phrases="way"),
    _group("dance/dances/danced glide/glides/glided", "gracefully smoothly", phrases="way"),
    _group("sneak/sneaks/sneaked slip/slips/slipped", "silently secretly", phrases="way"),
    _group("whisper/whispers/whispered murmur/murmurs/murmured speak/speaks/spoke", "quietly softly"),
    _group("shout/shouts/shouted scream/screams/screamed roar/roars/roared", "loudly wildly"),
    _group("sleep/sleeps/slept rest/rests/rested dream/dreams/dreamed", "deeply soundly peacefully"),
    _group("wait/waits/waited stay/stays/stayed", "patiently calmly"),
    _group("fight/fights/fought struggle/struggles/struggled", "bravely fiercely"),
    _group("listen/listens/listened watch/watches/watched look/looks/looked", "carefully closely"),
    _group("work/works/worked study/studies/studied", "hard busily"),
    _group("laugh/laughs/laughed smile/smiles/smiled grin/grins/grinned", "happily merrily cheerfully"),
    _group("cry/cries/cried weep/weeps/wept sigh/sighs/sighed", "sadly bitterly"),
    _group("sing/sings/sang whistle/whistles/whistled", "sweetly gaily"),
    _group("eat/eats/ate drink/drinks/drank", "greedily eagerly"),
    _group("answer/answers/answered reply/replies/replied nod/nods/nodded", "politely kindly"),
    _group("tremble/trembles/trembled shiver/shivers/shivered", "badly nervously"),
    _group("write/writes/wrote draw/draws/drew paint/paints/painted", "neatly beautifully"),
    _group("shine/shines/shone glow/glows/glowed gleam/gleams/gleamed", "brightly clearly", subjects="thing"),
    _group(
        "rain/rains/rained snow/snows/snowed pour/pours/poured",
        "heavily constantly",
        subjects="weather",
        phrases="weather",
    ),
    _group("disappear/disappears/disappeared fade/fades/faded", "suddenly gradually", subjects="thing"),
)
ADVERBS = tuple(adverb for group in VERB_GROUPS for adverb in group.adverbs)

# Subjects as (singular, plural); names have no plural.
ANIMATE = _forms(
    "turtle/turtles dog/dogs cat/cats boy/boys girl/girls king/kings queen/queens man/men woman/women "
    "horse/horses bird/birds child/children farmer/farmers soldier/soldiers teacher/teachers student/students "
    "sister/sisters brother/brothers friend/friends doctor/doctors monkey/monkeys fox/foxes mouse/mice bear/bears"
)
THINGS = _forms("lamp/lamps star/stars light/lights fire/fires window/windows candle/candles eye/eyes picture/pictures")
PLACE_PHRASES = (
    "in the garden|near the river|under the tree|at the door|in the kitchen|beside the fire|on the hill|in the dark "
    "room|"
    "behind the old house|by the window|at home|in the village|on the bridge|at school|outside|in the morning|all day|"
    "at night"
).split("|")
WAY_PHRASES = (
    "across the field|through the forest|along the road|over the bridge|up the hill|down the street|"
    "around the garden|into the room|across the river|past the house|through the long grass|towards the sea"
).split("|")
WEATHER_PHRASES = (
    "in the morning|in the evening|at night|all day|in the village|in the mountains|by the sea|on the hill|over the "
    "city|"
    "on the roof|in the winter|outside"
).split("|")
PHRASES = {"place": PLACE_PHRASES, "way": WAY_PHRASES, "weather": WEATHER_PHRASES}
FEMALE_NAMES = "Anna Mary Alice Emily Jane Lucy Sara Rose Emma Meena Betty Nancy".split()
MALE_NAMES = "Tom John Peter Jack Henry George James Ravi Paul Bill Charles David".split()

ADJECTIVES = (
    "old new big small little red blue green white black heavy long short pretty strange beautiful "
    "dirty clean empty broken soft round warm cold fine golden"
).split()
COUNT_NOUNS = _forms(
    "box/boxes book/books door/doors key/keys letter/letters flower/flowers apple/apples stone/stones chair/chairs "
    "table/tables hat/hats shoe/shoes ball/balls bag/bags house/houses boat/boats tree/trees leaf/leaves "
    "bottle/bottles "
    "coat/coats knife/knives picture/pictures ring/rings basket/baskets"
)
MASS_NOUNS = "water milk money gold bread snow sand sugar wood butter".split()
SINGULAR_DETERMINERS = "this that a each every another".split()
PLURAL_DETERMINERS = "these those many several few both".split()
MASS_DETERMINERS = "much less".split()
TRANSITIVE_PASTS = "found saw bought took wanted lost carried sold painted hid dropped brought".split()

REFLEXIVES = "himself herself itself themselves myself yourself ourselves".split()
POSSESSIVES = "his her its their my your our".split()
SUBJECT_PRONOUNS = "he she it they".split()
REFLEXIVE_PASTS = "saw hurt washed blamed taught asked admired hid dressed found".split()
MASCULINE_NOUNS = "boy man king brother father uncle".split()
FEMININE_NOUNS = "girl woman queen sister mother aunt".split()
NEUTER_NOUNS = "cat dog machine bird engine mouse".split()
PREDICATES = "old new good ready gone beautiful broken strange here empty clean late".split()

NAME_STARTS = "Bra Tel Mor Kin Sa Lu Vel Dor Fen Gri Ha Jo Ka Ner Pol Ru Tam Ul Wes Yor Zin Ba Cor Del".split()
NAME_ENDS = "mo kin dan la ro tha vin sey ba nor ric zel mun tia wick ger lo ven dra pel".split()
