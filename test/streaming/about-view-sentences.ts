/** A question, after the ones before it, and whether what is in view belongs to it. */
export interface ViewSentence {
  /** The last is the question. */
  readonly asked: readonly string[];
  readonly names: readonly string[];
  readonly isAboutView: boolean;
}

/** What the encoder calls what is in view in all of them. */
const IN_VIEW = ["American alligator", "African crocodile"];

function sentences(isAboutView: boolean, lines: string): ViewSentence[] {
  return lines
    .trim()
    .split("\n")
    .map((line) => ({ asked: line.split("|").map((text) => text.trim()), names: IN_VIEW, isAboutView }));
}

/** The rule was made with these; `|` parts a question from those before it. */
export const KNOWN_SENTENCES: readonly ViewSentence[] = [
  ...sentences(
    true,
    `
What is this?
What do you see?
What am I holding in my hand?
Look at that!
What color is it?
Is there a dog in the picture?
Is there a cat?
Who is there?
Can you read the sign?
What changed?
What does it say here?
How many people are in the room?
Is the light on?
Am I wearing a hat?
How do I look?
Describe the scene.
What is on the left?
What's behind me?
Do you know what animal this is?
What's that thing over there?
How long do alligators live?
Is anybody at the door?
What is the man doing?
What kind of bird is it?
What is this? | And what color is it?
What am I holding? | How about now?
What do you see? | And on the right?
What is this? | Does it bite?
What is this? | Who wrote Romeo and Juliet? | Does it have fur?
What is two plus three? | Is it a cat or a dog?
What is two plus three? | What kind of bird is it?
Who wrote Romeo and Juliet? | What is he doing?
Does the man have a beard?
Are people smiling?
Is there water in the glass?
How many chairs are there?
Is the dog black?
What month does the calendar show?
What's the time on the clock?
List all objects.
Hey Antiphon, is the door open?
Translate the sign.
Who is the man?
Where are the keys?
Which dog looks sad?
What is outside?
What is the capital of France? | What is this?
How many legs does a spider have? | And what do you see now?
Is it a dog or a cat?
Which one is bigger?
How many fingers am I holding up?
Read it to me.
What breed is the dog?
`,
  ),
  ...sentences(
    false,
    `
How many legs does a spider have?
What is the capital of France?
How do I boil an egg?
What color is a ripe banana?
Who wrote Romeo and Juliet?
What is two plus three?
Why is the sky blue?
What do bees make?
How far is the moon from the earth?
How many days are there in a week?
What's the largest ocean on Earth?
When did the Second World War end?
Tell me a joke.
Explain how rain forms.
What is photosynthesis?
Who invented the telephone?
what is the capital of germany
how tall is mount everest
Hello.
Thank you.
What is 17 times 23?
How do you say good morning in French?
What's the opposite of hot?
Can penguins fly?
What time is it?
What is a black hole?
What does a platypus look like?
How long does it take to fly to the moon?
What is this? | What is the capital of Spain?
What do you see? | How do airplanes fly?
What is the capital of France? | And of Italy?
What is the capital of France? | What about Germany?
What is the capital of France? | Does it have a river?
How many legs does a spider have? | And an ant?
Do cats see in the dark?
What's the weather in London?
Hey Antiphon, what is the capital of France?
OK. What do pandas eat?
Is the earth older than the sun?
`,
  ),
];

/** Written down before the rule was, and never looked at while it was made. */
export const HELD_OUT_SENTENCES: readonly ViewSentence[] = [
  ...sentences(
    true,
    `
What's this thing called?
Can you see me?
Tell me what you see.
What have I got here?
Please describe what is in front of the camera.
What colour is my shirt?
Are there any people?
Do you recognize that animal?
Is that a real one?
What's written on the box?
Who's in the picture?
Does this look ripe to you?
What is he holding?
Is the door open?
How many of them are there?
What do you think of my new haircut?
What's going on?
Where is the cat?
Are those apples or pears?
Could you tell me the name of this flower?
Is anyone sitting on the chair?
Has anything changed?
What's different now?
Am I smiling?
Is it safe to eat?
What is the animal in the image?
Are alligators dangerous?
What's next to the cup?
Is there something on the table?
What is it made of?
What's the text on the label?
Watch this.
What is this? | Where does it live?
What is on the left? | And in the middle?
What color is the car? | Is it new?
What is two plus three? | What do I have in my hand?
Tell me a joke. | Look, what is that?
What is this? | And now?
`,
  ),
  ...sentences(
    false,
    `
Who was the first president of the United States?
What is the boiling point of water?
How many planets are in the solar system?
What's the square root of 144?
How old is the universe?
Why do leaves fall in autumn?
Where do kangaroos live?
What is the chemical symbol for gold?
Who painted the Mona Lisa?
How do I make pancakes?
What language do they speak in Brazil?
Is a tomato a fruit or a vegetable?
How many minutes are there in an hour?
What's the fastest land animal?
Tell me about the Roman Empire.
Give me a recipe for apple pie.
What does the word "ubiquitous" mean?
Set a timer for five minutes.
who is albert einstein
what year did the titanic sink
how does a microwave work
Good morning.
How are you today?
What's the weather like in London?
Do fish sleep?
What is the difference between a lake and a pond?
Can you count to ten?
How much does an elephant weigh?
Which is heavier, gold or silver?
What do cows drink?
Translate "good night" into Spanish.
Write a short poem about spring.
How many bones does a human have?
What is the speed of light?
Are tomatoes healthy?
Who is the king of England?
What am I holding? | How many strings does a violin have?
What is the capital of Japan? | And how many people live there?
`,
  ),
];
