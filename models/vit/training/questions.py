"""Templated questions and answers about the cached pictures, for the projector's training and its examination."""

from collections import namedtuple

from pictures import COLLAGE, SINGLE

# `words`: a right answer has one of them; `note`: what a conversation is told beside the picture.
Asked = namedtuple("Asked", "question answer words topic note")

WHAT = ["What do you see?", "What is this?", "What am I holding?", "What is in the picture?", "Can you tell me what this is?"]
SURE = ["I see {a}.", "That looks like {a}.", "It's {a}.", "This is {a}."]
KIND = ["It looks like some kind of {kind}, but I'm not sure which one.", "Some kind of {kind}, I think."]
UNSURE = ["I'm not sure what that is.", "I can't tell what that is."]
LEFT = ["What is on the left?", "What do you see on the left side?", "What is on the left side of the picture?"]
RIGHT = [question.replace("left", "right") for question in LEFT]
BOTH = ["What do you see?", "What is in the picture?", "Describe the picture."]
BOTH_SURE = ["I see {a} on the left and {b} on the right.", "There is {a} on the left and {b} on the right."]
THERE = ["Is there {a} in the picture?", "Do you see {a}?", "Can you see {a}?", "Is that {a}?"]
YES, NO = ["Yes, I see {a}.", "Yes, there is {a}."], ["No, I don't see {a}.", "No, there is no {kind}."]
KIND_NOTE = "[the camera shows some {kind}; which one is not certain, so do not name one] "


def article(name):
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


class Examiner:
    """Asks about photos and collages, given their truth row and what the encoder is sure of."""

    def __init__(self, classes, group):
        self.classes, self.group = classes, group

    def name(self, i):
        return self.classes[i]["clear"]

    def words(self, i):
        found = [*self.classes[i]["names"], self.classes[i]["clear"], *self.classes[i]["kinds"][:1]]
        return [word.lower() for word in found]

    def ask(self, row, sure, evidence, rng):
        """
        `sure`: of whole, left and right, ("name", class), ("kind", its name) or ("none", None); `evidence`: their
        probabilities [4, 1000]. None where a conversation is not shown the picture, or where what the encoder says of it
        is not so.
        """
        kind, left, right = row[:3]
        named = [sure[region] for region in ("whole", "left", "right") if sure[region][0] == "name"]
        # A side that is one of the kind does not say which one the whole is.
        is_kind = sure["whole"][0] == "kind" and all(sure["whole"][1] in self.classes[i]["kinds"] for _, i in named)
        if kind not in (SINGLE, COLLAGE) or not (named or sure["whole"][0] == "kind"):
            return None
        note = KIND_NOTE.format(kind=sure["whole"][1]) if is_kind else ""
        if rng.random() < 0.2:
            return self.about_presence({left, right}, note, evidence, rng)
        if kind == SINGLE:
            answer = self.describe(left, named[0] if named and not is_kind else sure["whole"], rng)
            return answer and Asked(rng.choice(WHAT), answer, self.words(left), "what", note)
        if rng.random() < 0.2:
            return self.about_both(left, right, sure, note, rng)
        side, i = rng.choice([("left", left), ("right", right)])
        answer = self.describe(i, sure[side], rng)
        note = self.place_note(side, sure[side], evidence[1 if side == "left" else 3]) + note
        return answer and Asked(rng.choice(LEFT if side == "left" else RIGHT), answer, self.words(i), "side", note)

    def place_note(self, side, sureness, probabilities):
        """As `placeNotes` in streaming/sight-words.ts."""
        what, said = sureness
        if what == "none":
            return f"[on the {side}: nothing that you can recognise] " if probabilities.max() < 0.1 else ""
        return f"[on the {side}: {article(self.name(said) if what == 'name' else said)}] "

    def describe(self, i, sureness, rng):
        """What to say of class i: its name, its kind, or that one is not sure; nothing where what is sure is wrong."""
        what, said = sureness
        if what == "name" and said == i:
            return rng.choice(SURE).format(a=article(self.name(i)))
        if what == "kind" and said in self.classes[i]["kinds"]:
            return rng.choice(KIND).format(kind=said)
        return rng.choice(UNSURE) if what == "none" else None

    def about_both(self, left, right, sure, note, rng):
        if sure["left"] != ("name", left) or sure["right"] != ("name", right):
            return None
        a, b = article(self.name(left)), article(self.name(right))
        return Asked(rng.choice(BOTH), rng.choice(BOTH_SURE).format(a=a, b=b), self.words(left), "both", note)

    def about_presence(self, inside, note, evidence, rng):
        """With the note of a conversation (models/vit/find-things.ts), where that is right."""
        there = rng.random() < 0.5
        i = rng.choice(sorted(inside)) if there else rng.choice([c for c in self.group if c not in inside])
        a, own = article(self.name(i)), evidence[:, i]
        is_seen = ((own >= 0.002) & (own >= 0.1 * evidence.amax(1))).any().item()
        may_be = ((own >= 0.002) & (own >= 0.02 * evidence.amax(1))).any().item()
        if is_seen != may_be or is_seen != there or (there and note):
            return None
        found = f"[yes, the camera shows {a}] " if there else f"[no, the camera does not show {a}] "
        answer = rng.choice(YES if there else NO).format(a=a, kind=self.name(i))
        return Asked(rng.choice(THERE).format(a=a), answer, ["yes" if there else "no,"], "there", found + note)


def is_right(answer, words):
    return any(word in answer.lower() for word in words)
