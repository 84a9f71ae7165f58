import { AntiphonError } from "../../streaming/index.ts";
import type { Checkpoint } from "../checkpoint/index.ts";
import type { FloatTensor, LinearWeights, NormWeights } from "./layers.ts";

/** A checkpoint's tensors by name, below a common prefix, as layers take them. */
export class NamedTensors {
  readonly #checkpoint: Checkpoint;
  readonly #prefix: string;

  /** @param prefix - stands before every name, such as `vision_model.` */
  constructor(checkpoint: Checkpoint, prefix = "") {
    this.#checkpoint = checkpoint;
    this.#prefix = prefix;
  }

  /** The tensors below a further prefix. */
  below(prefix: string): NamedTensors {
    return new NamedTensors(this.#checkpoint, this.#prefix + prefix);
  }

  has(name: string): boolean {
    return this.#checkpoint.tensors.has(this.#prefix + name);
  }

  /** @throws AntiphonError `checkpoint-invalid` where the checkpoint has none of that name. */
  tensor(name: string): FloatTensor {
    const whole = this.#prefix + name;
    const info = this.#checkpoint.tensors.get(whole);
    if (info !== undefined)
      return { name: whole, dims: info.shape, floats: () => this.#checkpoint.floats(whole) };
    throw new AntiphonError("checkpoint-invalid", `${this.#checkpoint.path} has no tensor ${whole}`);
  }

  /** A matrix, or the kernels of a convolution, with its bias if it has one. */
  linear(place: string): LinearWeights {
    const weight = this.tensor(`${place}.weight`);
    return this.has(`${place}.bias`) ? { weight, bias: this.tensor(`${place}.bias`) } : { weight };
  }

  norm(place: string): NormWeights {
    return { gain: this.tensor(`${place}.weight`), bias: this.tensor(`${place}.bias`) };
  }

  /** How many places of that form there are, counted from 0: `placeOf(0).weight`, `placeOf(1).weight`, … */
  count(placeOf: (index: number) => string): number {
    let index = 0;
    while (this.has(`${placeOf(index)}.weight`)) index += 1;
    return index;
  }
}

/** The same numbers in another shape. */
export function reshaped(tensor: FloatTensor, dims: readonly number[]): FloatTensor {
  return { ...tensor, dims };
}

/** Some of a tensor's first axis, from `start` on. */
export function rowsOf(tensor: FloatTensor, start: number, count: number): FloatTensor {
  const [, ...inner] = tensor.dims;
  const size = inner.reduce((product, length) => product * length, 1);
  return {
    name: `${tensor.name}[${start}:${start + count}]`,
    dims: [count, ...inner],
    floats: async () => (await tensor.floats()).slice(start * size, (start + count) * size),
  };
}
