/** What a ridge regression is fitted to. */
export interface RidgeSample {
  readonly features: Float32Array;
  /** One value for each output. */
  readonly targets: readonly number[];
  /** How much it counts. */
  readonly weight: number;
}

/** Linear in the features, which stand before a constant 1: [outputs, features + 1]. */
export type RidgeWeights = readonly Float32Array[];

/**
 * Ridge regression (Hoerl and Kennard, 1970) in its dual form, which costs what there are samples and not what there are
 * features: W = Xᵀ (X Xᵀ + penalty · diag(1 / weight))⁻¹ Y. Some hundred samples take a fraction of a second.
 */
export function fitRidge(samples: readonly RidgeSample[], penalty: number): RidgeWeights {
  const factor = choleskyFactor(
    samples.map(({ features, weight }, row) => {
      const products = samples.slice(0, row + 1).map((other) => 1 + dot(features, other.features));
      products[row] = (products[row] ?? 0) + penalty / weight;
      return Float64Array.from(products);
    }),
  );
  const outputs = samples[0]?.targets.length ?? 0;
  return Array.from({ length: outputs }, (_, output) => {
    const duals = solve(
      factor,
      samples.map(({ targets }) => targets[output] ?? 0),
    );
    return combine(samples, duals);
  });
}

/** The regression's value for each output. */
export function predict(weights: RidgeWeights, features: Float32Array): number[] {
  return weights.map((row) => dot(row, features) + (row[features.length] ?? 0));
}

function combine(samples: readonly RidgeSample[], duals: Float64Array): Float32Array {
  const size = samples[0]?.features.length ?? 0;
  const row = new Float32Array(size + 1);
  for (const [index, { features }] of samples.entries()) {
    const dual = duals[index] ?? 0;
    for (let at = 0; at < size; at++) row[at] = (row[at] ?? 0) + dual * (features[at] ?? 0);
    row[size] = (row[size] ?? 0) + dual;
  }
  return row;
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < other.length; at++) sum += (one[at] ?? 0) * (other[at] ?? 0);
  return sum;
}

/** L of A = L Lᵀ; both by their rows up to the diagonal. A must be positive definite, which a penalty makes sure of. */
function choleskyFactor(matrix: readonly Float64Array[]): Float64Array[] {
  const factor: Float64Array[] = [];
  for (const source of matrix) {
    const row = new Float64Array(source.length);
    for (let column = 0; column < row.length; column++) {
      const other = factor[column] ?? row;
      let rest = source[column] ?? 0;
      for (let at = 0; at < column; at++) rest -= (row[at] ?? 0) * (other[at] ?? 0);
      row[column] = other === row ? Math.sqrt(rest) : rest / (other[column] ?? 1);
    }
    factor.push(row);
  }
  return factor;
}

/** x of L Lᵀ x = y. */
function solve(factor: readonly Float64Array[], right: readonly number[]): Float64Array {
  const x = Float64Array.from(right);
  for (const [row, values] of factor.entries()) {
    for (let at = 0; at < row; at++) x[row] = (x[row] ?? 0) - (values[at] ?? 0) * (x[at] ?? 0);
    x[row] = (x[row] ?? 0) / (values[row] ?? 1);
  }
  for (const [row, values] of [...factor.entries()].reverse()) {
    x[row] = (x[row] ?? 0) / (values[row] ?? 1);
    for (let at = 0; at < row; at++) x[at] = (x[at] ?? 0) - (values[at] ?? 0) * (x[row] ?? 0);
  }
  return x;
}
