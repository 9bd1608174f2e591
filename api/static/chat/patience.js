/** Waiting between attempts: longer each time, cut short by `wake`. */
export class Patience {
  /** `steps`: milliseconds before the 2nd, 3rd … attempt; the last one repeats. */
  constructor(steps = [800, 1500, 3000, 6000, 12000, 20000]) {
    this.steps = steps;
    this.failures = 0;
    this.wake = () => {};
  }

  get tried() {
    return this.failures;
  }

  relax() {
    this.failures = 0;
  }

  /** Count a failure and wait; at least `atLeastMs` unless woken. */
  wait(atLeastMs = 0) {
    const step = this.steps[Math.min(this.failures, this.steps.length - 1)];
    this.failures += 1;
    // Up to 30 % more, so that a whole village does not come back in the same second.
    const pause = Math.max(step, atLeastMs) * (1 + 0.3 * Math.random());
    return new Promise((done) => {
      const timer = setTimeout(done, pause);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}
