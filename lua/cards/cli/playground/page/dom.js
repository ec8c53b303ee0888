// Making elements. Text is always text: nothing here reads HTML.

const SVG = "http://www.w3.org/2000/svg";

function finish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value);
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return element;
}

/** An element; an attribute that is a function is a listener, one that is false or undefined is left out, and so is such a child. */
export function el(name, attributes = {}, ...children) {
  return finish(document.createElement(name), attributes, children);
}

/** The same, of a picture. */
export function svg(name, attributes = {}, ...children) {
  return finish(document.createElementNS(SVG, name), attributes, children);
}

/** The element of this id. */
export function by(id) {
  return document.getElementById(id);
}

/** A word for who listens, not for who looks. */
export function spoken(text) {
  return el("span", { class: "spoken" }, text);
}
