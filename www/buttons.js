// Buttons that come and go with the state. One that has the keyboard's focus when it is switched
// off passes it on to the next that makes sense: the way to a picture is a few times Enter.

let isOrphaned = false;

export function setEnabled(button, isEnabled) {
  if (button.disabled === !isEnabled) return;
  if (!isEnabled && document.activeElement === button) isOrphaned = true;
  button.disabled = !isEnabled;
}

/** Hides or shows a button; hidden ones pass the focus on as well. */
export function setShown(button, isShown) {
  if (!isShown && document.activeElement === button) isOrphaned = true;
  button.hidden = !isShown;
}

/** After all are set: gives the focus to the first of `candidates` that can have it. */
export function adopt(candidates) {
  if (!isOrphaned) return;
  const holder = document.activeElement;
  const isHeld = holder && holder !== document.body && !holder.disabled && !holder.hidden;
  const heir = isHeld ? null : candidates.find((b) => !b.disabled && !b.hidden);
  if (heir) heir.focus({ preventScroll: true });
  if (isHeld || heir) isOrphaned = false;
}
