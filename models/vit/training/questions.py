"""Templated questions and answers about the cached pictures, for the projector's training and its examination."""

from pictures import COLLAGE, COLOURS, COUNTS, NOTHING, RENDERED, SCENE_LABELS, SHAPES, SINGLE, STATES

WHAT = ["What do you see?", "What is this?", "What am I holding?", "What is in the picture?", "Can you tell me what this is?"]
SURE = ["I see {a}.", "That looks like {a}.", "It's {a}.", "This is {a}."]
KIND = ["It looks like {a}, but I'm not sure which one.", "Some kind of {kind}, I think."]
UNSURE = ["I'm not sure what that is.", "I can't tell what that is."]
LEFT = ["What is on the left?", "What do you see on the left side?", "What is on the left side of the picture?"]
RIGHT = [question.replace("left", "right") for question in LEFT]
THERE = ["Is there {a} in the picture?", "Do you see {a}?", "Can you see {a}?", "Is that {a}?"]
YES, NO = ["Yes, I see {a}.", "Yes, there is {a}."], ["No, I don't see {a}.", "No, there is no {kind}."]
COLOUR = ["What colour is it?", "Which colour is the {shape}?", "What colour do you see?"]
HOW_MANY = ["How many {shapes} are there?", "How many {shapes} do you see?", "How many are there?"]
SHAPE = ["What shape is it?", "Which shape do you see?"]
STATE_ANSWERS = {
    "dark": "It's too dark, I can't see anything.",
    "blank": "I only see a blank wall, nothing else.",
    "blurred": "The picture is too blurred, I can't tell what it is.",
    "covered": "Something covers the camera, I can't see anything.",
    "noise": "I only see noise, I can't tell what it is.",
}
STATE_WORDS = {"dark": "dark", "blank": "blank", "blurred": "blur", "covered": "cover", "noise": "noise"}


def article(name):
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def labels_of(row):
    """The scene labels that are known to hold."""
    return [name for name, value in zip(SCENE_LABELS, row[3:], strict=True) if value == 1]


class Examiner:
    """Makes (question, answer, words one of which a right answer has, topic) for a truth row."""

    def __init__(self, classes, group):
        self.classes, self.group = classes, group

    def name(self, i):
        return self.classes[i]["clear"]

    def words(self, i):
        found = [*self.classes[i]["names"], self.classes[i]["clear"], *self.classes[i]["kinds"][:1]]
        return [word.lower() for word in found]

    def describe(self, i, sureness, rng):
        """What to say of class i: its name, its kind, or that one is not sure."""
        kinds = self.classes[i]["kinds"]
        if sureness == "name":
            return rng.choice(SURE).format(a=article(self.name(i)))
        if sureness == "kind" and kinds:
            return rng.choice(KIND).format(a=article(kinds[0]), kind=kinds[0])
        return rng.choice(UNSURE)

    def ask(self, row, sureness, rng):
        """`sureness` of whole, left and right: "name", "kind" or "none", from what the encoder makes of the picture."""
        kind, left, right = int(row[0]), int(row[1]), int(row[2])
        if kind == NOTHING:
            return self.about_nothing(row, rng)
        if kind == RENDERED:
            return self.about_shapes(row, rng)
        if rng.random() < 0.4:
            return self.about_presence({left, right}, rng)
        if kind == SINGLE:
            return rng.choice(WHAT), self.describe(left, sureness["whole"], rng), self.words(left), "what"
        side, i = rng.choice([("left", left), ("right", right)])
        question = rng.choice(LEFT if side == "left" else RIGHT)
        return question, self.describe(i, sureness[side], rng), self.words(i), "side"

    def about_presence(self, inside, rng):
        there = rng.random() < 0.5
        i = rng.choice(sorted(inside)) if there else rng.choice([c for c in self.group if c not in inside])
        a, kind = article(self.name(i)), self.name(i)
        answer = rng.choice(YES if there else NO).format(a=a, kind=kind)
        return rng.choice(THERE).format(a=a), answer, ["yes" if there else "no,"], "there"

    def about_nothing(self, row, rng):
        state = next(name for name in labels_of(row) if name in STATES)
        return rng.choice(WHAT), STATE_ANSWERS[state], [STATE_WORDS[state]], "nothing"

    def about_shapes(self, row, rng):
        labels = labels_of(row)
        colour = next(name for name in labels if name in COLOURS)
        shape = next(name for name in labels if name in SHAPES)
        count = next(name for name in labels if name in COUNTS)
        things = shape if count == "one" else f"{shape}s"
        topic = rng.choice(["colour", "count", "shape", "all"])
        if topic == "colour":
            return rng.choice(COLOUR).format(shape=shape), f"It's {colour}.", [colour], topic
        if topic == "count":
            return rng.choice(HOW_MANY).format(shapes=f"{shape}s"), f"I see {count}.", [count.split()[0]], topic
        if topic == "shape":
            return rng.choice(SHAPE), f"It's {article(shape)}.", [shape], topic
        return rng.choice(WHAT), f"I see {count} {colour} {things}.", [f"{colour} {shape}"], topic


def is_right(answer, words):
    return any(word in answer.lower() for word in words)
