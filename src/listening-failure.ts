import { AntiphonError } from "../streaming/index.ts";

export interface ListeningAddress {
  readonly host: string;
  readonly port: number;
}

/** How whoever reads it can choose another address. */
export interface AddressSettings {
  readonly host: string;
  readonly port: string;
}

/** Why a server cannot listen where it was told to, and what to do about it. */
export interface ListeningProblem {
  readonly code: "port-in-use" | "config-invalid";
  readonly what: string;
  readonly mend: string;
}

/** What a system error of listening means to somebody who chose the address; undefined for one that is not about it. */
export function listeningProblem(
  cause: unknown,
  { host, port }: ListeningAddress,
  settings: AddressSettings,
): ListeningProblem | undefined {
  const another = `choose another with ${settings.port} (0 takes any free one)`;
  switch ((cause as NodeJS.ErrnoException).code ?? "") {
    case "EADDRINUSE":
      return {
        code: "port-in-use",
        what: `port ${port} of ${host} is taken`,
        mend: `stop what runs there or ${another}`,
      };
    case "EACCES": {
      const what = `this user may not listen on port ${port} of ${host}`;
      return { code: "config-invalid", what, mend: `ports below 1024 mostly need root: ${another}` };
    }
    case "EADDRNOTAVAIL": {
      const mend = `choose one with ${settings.host} (127.0.0.1 for this machine alone, 0.0.0.0 for all networks)`;
      return { code: "config-invalid", what: `${host} is no address of this machine`, mend };
    }
    case "ENOTFOUND":
    case "EAI_AGAIN": {
      const mend = `correct it with ${settings.host}, or give an address such as 127.0.0.1`;
      return { code: "config-invalid", what: `no address is known for the name ${host}`, mend };
    }
    default:
      return undefined;
  }
}

/** The error to throw for one of listening: an AntiphonError that says what to do, or `cause` itself. */
export function listeningFailure(
  cause: unknown,
  address: ListeningAddress,
  settings: AddressSettings,
): unknown {
  const problem = listeningProblem(cause, address, settings);
  return problem === undefined
    ? cause
    : new AntiphonError(problem.code, `${problem.what}: ${problem.mend}`, { cause });
}
