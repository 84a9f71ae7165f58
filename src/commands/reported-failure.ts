/** Part of what was asked failed, and everything about it has been said: only the exit status is left to tell. */
export class ReportedFailure extends Error {
  constructor() {
    super("something failed");
    this.name = "ReportedFailure";
  }
}
