import { AntiphonError } from "../../streaming/index.ts";
import type { ModelProto, NodeProto } from "../onnx/index.ts";

/**
 * Where an exported VITS network (Kim et al. 2021, arxiv.org/abs/2106.06103) can be cut. Exporters keep no common
 * names, so the places are found by structure: the decoder (HiFi-GAN) is what lies around the transposed convolutions.
 */
export interface VitsAnatomy {
  /** Latent after the flow, [1, channels, frames]: input of the decoder's first convolution. */
  readonly latent: string;
  /** Speaker conditioning that the decoder adds, [1, channels, 1]; undefined for one speaker. */
  readonly conditioning: string | undefined;
  /** Frames of each symbol, [1, 1, symbols], before noise and stretching are lost: the ceiling of the durations. */
  readonly durations: string;
  readonly output: string;
  /** Audio samples per frame: product of the decoder's upsampling rates. */
  readonly frameSamples: number;
}

/** Finds the places to cut; throws `graph-invalid` for a network that is not VITS. */
export function findAnatomy({ graph }: ModelProto): VitsAnatomy {
  const producers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const upsampling = graph.node.filter((node) => node.op_type === "ConvTranspose");
  const first = upsampling[0];
  const output = graph.output[0]?.name;
  const durations = findDurations(graph.node);
  if (first === undefined || output === undefined || durations === undefined) {
    throw new AntiphonError("graph-invalid", "not a VITS network: no durations or no upsampling");
  }
  const entry = findEntry(first, producers);
  const frameSamples = upsampling.reduce((product, node) => product * strideOf(node), 1);
  return { ...entry, durations, output, frameSamples };
}

/** The only ceiling whose running sum places symbols on the frames. */
function findDurations(nodes: readonly NodeProto[]): string | undefined {
  const ceilings = nodes.filter((node) => node.op_type === "Ceil").map((node) => node.output[0] ?? "");
  return (
    ceilings.find((name) => nodes.some((node) => node.op_type === "CumSum" && node.input[0] === name)) ??
    ceilings[0]
  );
}

/** Walks up from the first upsampling to the convolution before it, past activation and conditioning. */
function findEntry(
  first: NodeProto,
  producers: ReadonlyMap<string, NodeProto>,
): Pick<VitsAnatomy, "latent" | "conditioning"> {
  let conditioning: string | undefined;
  let node = producers.get(first.input[0] ?? "");
  while (node !== undefined && node.op_type !== "Conv") {
    const next: NodeProto | undefined = producers.get(node.input[0] ?? "");
    if (node.op_type === "Add") conditioning = node.input[1];
    node = next;
  }
  const latent = node?.input[0];
  if (latent === undefined) throw new AntiphonError("graph-invalid", "not a VITS network: no decoder");
  return { latent, conditioning };
}

function strideOf(node: NodeProto): number {
  const stride = node.attribute.find((attribute) => attribute.name === "strides")?.ints?.[0] ?? 1;
  return typeof stride === "number" ? stride : stride.toNumber();
}
