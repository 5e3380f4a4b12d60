/* Makes elements. In: a tag, a class name and children; text is always text, never markup.
   Out: an element. */
/* exported make */
"use strict";

function make(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  made.append(...children);
  return made;
}
