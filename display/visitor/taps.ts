/** Double taps and trembling hands: taps in quick succession at one place are one wish. */
import { onScopeDispose } from 'vue';

/** Nobody reads a page and touches it on purpose sooner than this after the last touch. */
const togetherMs = 400;
/** As far as a trembling finger strays, in CSS pixels of a screen 1080 wide. */
const nearPx = 60;

/**
 * A run of quick taps at one place counts on the step where it began; what it would touch on the steps that
 * follow is kept from it. `step` names what is shown now. Keys are not meant.
 */
export function useOneTap(step: () => string): void {
  let last = { at: Number.NEGATIVE_INFINITY, x: 0, y: 0, step: '' };
  function onClick(event: MouseEvent): void {
    if (event.detail === 0) return;
    const near = (nearPx * Math.min(innerWidth, innerHeight)) / 1080;
    const { timeStamp: at, clientX: x, clientY: y } = event;
    const together = at - last.at < togetherMs && Math.hypot(x - last.x, y - last.y) < near;
    last = { at, x, y, step: together ? last.step : step() };
    if (last.step === step()) return;
    event.stopPropagation();
    event.preventDefault();
  }
  addEventListener('click', onClick, true);
  onScopeDispose(() => removeEventListener('click', onClick, true));
}
