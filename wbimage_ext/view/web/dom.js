/* Makes elements. In: a tag, a class name and children; text is always text, never markup.
   Out: an element. */
/* exported make, makeButton */
"use strict";

function make(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  made.append(...children);
  return made;
}

/* A button; `label` is its name where its text is a sign, and its tooltip. */
function makeButton(className, text, label, act) {
  const made = make("button", className, text);
  made.type = "button";
  if (label) {
    made.setAttribute("aria-label", label);
    made.title = label;
  }
  made.addEventListener("click", act);
  return made;
}
