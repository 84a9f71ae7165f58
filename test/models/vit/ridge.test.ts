import fc from "fast-check";
import { expect, it } from "vitest";

import { fitRidge, predict } from "../../../models/vit/ridge.ts";

const vector = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 });

it("has no slope left in its cost where it was fitted, or it would be no least-squares fit", () => {
  const samples = fc.array(fc.tuple(vector, fc.constantFrom(0, 1), fc.constantFrom(1, 4)), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(samples, fc.constantFrom(0.1, 1), (given, penalty) => {
      const rows = given.map(([x, target, weight]) => ({
        features: Float32Array.from(x),
        targets: [target],
        weight,
      }));
      const fitted = fitRidge(rows, penalty);
      const [weights] = fitted;
      for (let at = 0; at < 4; at++) {
        // d/dw of Σ weight · (w·x - y)² + penalty · |w|²; the last one is the constant's.
        const slope = rows.reduce((sum, { features, targets, weight }) => {
          const miss = predict(fitted, features)[0]! - targets[0]!;
          return sum + weight * miss * (features[at] ?? 1);
        }, penalty * weights![at]!);
        expect(slope).toBeCloseTo(0, 3);
      }
    }),
  );
});

it("fits each output for itself", () => {
  const sample = (x: number, ...targets: number[]) => ({ features: Float32Array.of(x), targets, weight: 1 });
  const weights = fitRidge([sample(-1, 0, 5), sample(1, 2, 5)], 1e-9);
  const [rising, flat] = predict(weights, Float32Array.of(3));
  expect(rising).toBeCloseTo(4, 4);
  expect(flat).toBeCloseTo(5, 4);
});
