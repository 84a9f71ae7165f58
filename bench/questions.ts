/** A question with an answer that can be checked by a word. */
export interface Question {
  readonly text: string;
  /** A right answer holds at least one of them. */
  readonly keyWords: readonly string[];
}

const question = (text: string, ...keyWords: string[]): Question => ({ text, keyWords });

/** Questions that a small assistant should answer, in everyday words. */
export const QUESTIONS: readonly Question[] = [
  question("What is the capital of France?", "Paris"),
  question("What color is a ripe banana?", "yellow"),
  question("How do I boil an egg?", "water", "minutes", "pot"),
  question("How many days are there in a week?", "seven"),
  question("What is two plus three?", "five"),
  question("Which planet do we live on?", "Earth"),
  question("What is the opposite of hot?", "cold"),
  question("What do bees make?", "honey"),
  question("How many legs does a spider have?", "eight"),
  question("What is the largest ocean on Earth?", "Pacific"),
  question("What is frozen water called?", "ice"),
  question("What language do people speak in Spain?", "Spanish"),
  question("What is the capital of Italy?", "Rome"),
  question("How many months are there in a year?", "twelve"),
  question("What animal says meow?", "cat", "cats", "kitten"),
  question("What is the first month of the year?", "January"),
  question("What do plants need to grow?", "water", "sunlight", "light", "soil"),
  question("What is the color of the sky on a clear day?", "blue"),
  question("Who wrote the play Romeo and Juliet?", "Shakespeare", "William Shakespeare"),
  question("What is the capital of Germany?", "Berlin"),
  question("How many minutes are there in one hour?", "sixty", "60"),
  question("What is the tallest mountain in the world?", "Everest"),
  question("What is ten minus four?", "six"),
  question("What gas do people need to breathe?", "oxygen"),
  question("What do you use to cut paper?", "scissors", "knife", "cutter"),
  question("What is the capital of Japan?", "Tokyo"),
  question("Which season comes after winter?", "spring"),
  question("What star gives the Earth its light?", "sun"),
  question("How many wheels does a bicycle have?", "two"),
  question("What is the color of fresh grass?", "green"),
  question("Which animal is known as man's best friend?", "dog", "dogs"),
  question("What do cows give us to drink?", "milk"),
];

/** How many of them are asked in writing where two language models are compared. */
export const WRITTEN_QUESTIONS = 20;

/** Asked for a long answer, to measure how fast it is written. */
export const LONG_QUESTIONS: readonly string[] = [
  "Tell me in detail, in at least ten sentences, how bread is baked at home.",
  "Explain in detail, in at least ten sentences, how rain comes about and where rivers begin.",
  "Describe in detail, in at least ten sentences, what a day on a farm looks like in summer.",
];
